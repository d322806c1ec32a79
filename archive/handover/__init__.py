"""Handover: everything the archive holds, on volumes that a recipient can check with ``sha256sum`` alone.

``plan`` says what would go and what stands in the way, ``freeze`` fixes the set and the log's head, ``volume`` writes
one. A recipient needs no program of ours. Start with ``volume``.
"""
