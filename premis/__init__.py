"""PREMIS 3.0 and METS 1.12 (E-ARK CSIP 2.2), read, written and judged.

What lives here: frozen types named as the PREMIS data dictionary names its semantic units, a writer that streams
bytes in constant memory, a reader that keeps what the types have no place for, METS in the shape CSIP wants, and
offline validation against the official schemas plus what those schemas cannot say.

What does not: nothing here knows what an archive is, where packages live, or which events a file ought to have.
Rules about content belong to the caller; so do identifiers, dates and vocabularies of its own.

Start with `premis.model` (the words), then `premis.terms` (controlled values), then `premis.writer`. METS is in
`premis.mets`. Both writers need only the standard library; `premis.reader` and `premis.validation` need lxml, which
is why this package imports none of them for you.
"""
