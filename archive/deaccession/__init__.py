"""Deaccession: deleting files or packages on an approved request, so that nobody can say it was done in secret.

What is left of a package is sealed anew, stored and verified everywhere it can be reached; only then the old package
is removed, and a tombstone says how many files went. Receipts, leaves and commitments stay for ever. ``request`` says
what exactly would be deleted and what forbids it, ``carry_out`` does it, ``removal`` removes what is due, also years
later when an offline location comes back. Who may ask and approve is not decided here: ``archive.holdings.approvals``.
"""
