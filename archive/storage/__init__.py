"""Storage: locations that keep bytes, and the one form in which packages lie there so far, plain folders.

A ``FileSystemBackend`` keeps small objects under keys (the copies of the custody log). A ``DirectoryLocation`` keeps
packages in ``directory`` form, each at ``<first two characters>/<identifier>/``, atomically visible and read back from
the medium. A ``DirectoryReader`` reads any bag folder without following a link or opening what is not a file.

Nothing here knows what a bag, a catalogue or a log is. Start with ``directory``; ``walking`` lists a tree by bytes
names.
"""
