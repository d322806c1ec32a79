"""Validation of METS and PREMIS, gathered: by the official schemas, and by what those cannot say.

`premis.schemas` opens the schemas and never the network; `premis.references` follows references through a package;
`premis.faults` is what both answer with. The schemas come first: references are judged as if the document were valid.
"""

from premis.faults import Code, Fault
from premis.references import check_premis, check_references
from premis.schemas import Schemas, validate

__all__ = ["Code", "Fault", "Schemas", "check_premis", "check_references", "validate"]
