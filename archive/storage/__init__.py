"""Storage: places that keep packages and objects, behind two seams.

A ``StorageBackend`` (``backend``) keeps small objects under keys: the copies of the custody log, and what a form is
made of. A ``Location`` (``location``) keeps packages in one form and hands out a ``PackageReader`` for each; no caller
knows the form. ``forms`` picks the class: so far there are plain folders (``directory``). Everything is
atomically visible and read back from its medium.

``folders``, ``walking``, ``descent``, ``reading`` and ``direct`` read and write folders of this machine that are no
locations; ``tar`` and ``encryption`` are for what lies in quarantine.

Nothing here knows what a bag, a catalogue or a log is. Start with ``location``.
"""
