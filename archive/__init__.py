"""The archive: packages evidence, keeps it, proves it was kept, and hands it over (OAIS).

One room per idea, imports pointing downward only: ``cli`` speaks to people, ``assembly`` opens an archive,
``ingest`` and ``audit`` are the OAIS functions, ``holdings`` records what is held, ``packages`` seals and reads
packages, ``bags``, ``inspection``, ``storage``, ``catalogue`` and ``custody`` are the workshops, ``model`` holds the
words. To follow one file through its life start with ``archive.ingest.delivery``.
"""

__version__ = "0.1.0"
