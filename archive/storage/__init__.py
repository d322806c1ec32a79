"""Storage: places that keep packages and objects, behind two seams.

A ``StorageBackend`` (``backend``) keeps small objects under keys: the copies of the custody log, and what a form is
made of. A ``Location`` (``location``) keeps packages in one form and hands out a ``PackageReader`` for each; no caller
knows the form. ``forms`` picks the class: plain folders (``directory``), one tar file each (``tar_location``,
``tar_reader``, ``tar_format``), or memory, which tests put in their place. Everything is atomically visible and read
back from its medium.

``folders``, ``walking``, ``descent``, ``reading`` and ``direct`` read and write folders of this machine that are no
locations; ``tar`` and ``encryption`` are for what lies in quarantine.

Nothing here knows what a catalogue or a log is, and of a bag only which of its files come first in a tar. Start with
``location``.
"""
