"""How records of the custody log become bytes, and bytes records again (DESIGN §7.1, §7.7, §7.8).

``value_codec`` spells the fields of frozen classes; ``record_codec`` spells records: it picks the class by kind and
version, puts private fields into lines of their own, and leads older versions to the newest class. Start there.

Nothing here judges a record: whether its kind was announced is ``archive.model.announced``, whether it contradicts what
stands before it is the fold's question.
"""
