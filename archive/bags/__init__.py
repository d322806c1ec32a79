"""Bags: reading, judging and writing the BagIt format (RFC 8493), versions 0.93 to 1.0.

What lives here: the text forms of a bag (``declaration``, ``manifests``, ``baginfo``, ``fetch``), how a listed name
finds its file (``paths``), the tag files of a bag as one frozen value (``structure``), the strict judgement of a whole
bag (``completeness`` decides, ``validation`` reads), and bagit-python as a second opinion (``second_opinion``, the only
door to that package).

What does not: choosing payload names and assembling packages (``archive.packages``), opening files on a disk or in a
store (``archive.storage`` provides a ``BagReader``), and deciding what becomes of a bag that is not valid. Content that
is wrong is a ``Finding``, never an exception: an invalid bag is kept, marked and counted.

Start with ``structure.read_structure`` for what a bag says about itself, then ``validation.validate``.
"""
