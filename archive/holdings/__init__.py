"""Holdings: what is held, and the one way in which it comes to be recorded.

``holdings`` appends records to the custody log and lets the catalogue follow; ``apply`` is the fold that turns records
into catalogue rows, the same at the first recording, after a crash and when the catalogue is rebuilt. ``replicate``
brings packages to every location; ``checkpoints`` has the log signed, ``timestamping`` has the checkpoints
time-stamped. Start with ``holdings``.
"""
