"""Packages: sealing and reading AIPs and accession packages, which are at once BagIt bags and E-ARK AIPs (DESIGN §5).

``content`` says what goes into a package, ``folder`` collects its files while remembering every digest, ``aip`` and
``accession`` write the two kinds of package, ``preservation``, ``items`` and ``rights`` turn facts into PREMIS,
``description`` into METS, ``explanations`` into texts for people; ``schemas`` keeps the official schemas where an
archive has them installed, and ``sealed`` reads back what a sealed package promised. The delivered bytes are never read
here: they were digested while they were copied.
"""
