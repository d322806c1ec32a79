"""Audit: every replica read in full, every difference a result, every repair from a copy verified in the same run.

``examination`` judges one replica (and tells rot from tampering), ``campaign`` goes over many and records what it saw,
``repair`` brings back what was damaged, ``incidents`` lets a person close what needed one. The scheduler asks "now?";
the audit answers "these": see ``campaign.due``. Start with ``campaign.audit``.
``custody.verify_custody`` is the other audit: of the custody log, and of everything that must agree with it.
"""
