"""Preservation planning (the OAIS functional entity): what is known of the formats held, and how that moves on.

``decisions``: a person's word on what a file is. ``offered``, ``signatures``: newer signature files, pinned by their
digest, kept beside the archive. ``reidentify``, ``copies``: asking the present identifiers about everything held.
``risk_tables``: the ratings in use here, and what a newer table changes. The rules over them are data in ``profiles``;
telling formats apart is ``inspection``. Start with ``reidentify``.
"""
