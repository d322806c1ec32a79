"""Ingest: from a delivered folder to sealed packages and an accession whose numbers add up.

Start with ``delivery.ingest``: the whole life of a delivery, one call per stage (DESIGN §4). ``survey`` looks,
``receive`` copies while digesting, ``metadata`` reads the producer's table, ``examine`` identifies formats,
``appraise`` decides (pure), ``seal`` makes the package and places it, ``close`` ends the accession. The delivered
medium is never written to.
"""
