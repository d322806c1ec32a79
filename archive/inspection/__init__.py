"""What a file is, told from its bytes: format identification (DESIGN §4.3, §12).

``identification`` holds the words: a match names its basis, and an extension alone never names a format.
``fido_identifier`` answers with opf-fido's signatures; ``pool`` does so for many files in several processes. Beneath
them, ``signatures`` reads FIDO's tables into frozen values and matches them, ``containers`` looks inside ZIP and OLE
files, ``evidence_file`` reads a file within an allowance, and ``deadline`` stops what takes too long.

This package is the only door to ``fido`` and its ``olefile``; FIDO costs 200 ms to import and is imported when the
first identifier is made. Everything read here comes from strangers, some of them hostile: reading is bounded, nothing
is ever written, and a file that cannot be understood is an answer with a warning, not an exception. What to do about
an unknown or risky format is decided in ``profiles``, not here. Start reading with ``identification``.
"""
