"""The custody log: one record of every receipt and every event, so that the *set* can be proven whole (DESIGN §7).

Each record becomes a *leaf*, which says only that something was recorded on a day and commits to it with a salted
digest, and an *opening*, the record with its salt. Leaves may be public; openings are confidential. The leaves form a
Merkle tree (RFC 6962), whose *head* is the size of the log and the roots of its complete subtrees.

Pure: ``merkle`` (the tree), ``leaf`` (lines), ``head``, ``segments`` (names of files and what they cover), ``proofs``
(paths over the tree), ``checkpoint`` (signed notes), ``proof_files``, ``paper`` (checkpoints copied by hand). On
disk: ``lines`` (one file), ``log`` (the archive's own log: start here), ``examination`` (its full check), ``tree``
(node hashes, derived), ``notes`` (the checkpoints kept), ``copies`` and ``note_copies`` (what lies at the storage
locations, and the way back from there), ``history`` (what the leaves say the log was). ``keys`` makes and knows keys,
``signer`` signs and remembers, ``issue`` asks it for the next checkpoint.

Trusted time: ``judgement`` (is an authority's answer right: start here; ``der``, ``answers`` and ``chains`` read it),
``stamping`` (the queue of requests), ``authority`` (asking over HTTP), ``stamps`` (one folder for each token),
``stamp_examination``, ``stamp_copies``, ``revocation``, and ``instructions`` for people with nothing but ``openssl``.

Not here: what a record says (``archive.model.records``), how it is spelled (``archive.canonical``), where locations
are (``archive.storage``; ``copies`` takes any ``SegmentStore``), and what follows from a record
(``archive.holdings``).
"""
