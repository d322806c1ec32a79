"""What a file is, told from its bytes: format identification (DESIGN §4.3, §12).

``identification`` holds the words: a match names its basis, and an extension alone never names a format. Three
witnesses answer: ``fido_identifier``, ``siegfried_identifier`` and, for what no registry knows, ``local_identifier``;
``verdict`` says what may be said after hearing all of them, ``pool`` asks them about many files in several processes,
and ``found`` about whatever lies below a path. Beneath FIDO, ``signatures`` reads its tables into frozen values,
``index``, ``requirements`` and ``occurrence`` find the few that can fit, and ``containers`` looks inside ZIP and OLE
files. ``evidence_file`` reads a file within an allowance, ``exhibit`` decides what siegfried is shown, and ``deadline``
stops what takes too long. ``old_workbook`` finds the errors in cells of an XLS.

This package is the only door to ``fido`` and its ``olefile``, ``pygfried`` and ``hyperscan``; they are imported when
the first identifier is made. Everything read here comes from strangers, some of them hostile: reading is bounded,
nothing is ever written, and a file that cannot be understood is an answer with a warning, not an exception.
What to do about an unknown or risky format is decided in ``profiles``, not here. Start reading with ``identification``.
"""
