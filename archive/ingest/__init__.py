"""Ingest: from a delivered folder to sealed packages and an accession whose numbers add up.

Start with ``delivery.ingest``: the whole life of a delivery, one call per stage (DESIGN §4). ``survey`` looks,
``receive`` copies while digesting, ``examine`` identifies formats and checks delivered signatures, ``rights`` weighs
what was stated, ``appraise`` decides (pure), ``seal`` makes the package and places it, ``close`` ends the accession.
The delivered medium is never written to.

``metadata`` reads the producer's table, of any ``encoding`` and ``dialect``, into ``table``, which needs no memory;
``matching`` compares it with what was delivered. ``grouping`` says which files belong together.
"""
