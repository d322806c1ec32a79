"""The official XML schemas, opened from a folder and never from the network.

The schemas import each other by addresses on the Web. A resolver answers those addresses from the folder and refuses
all others, so that a validation means the same thing on a machine without a network, in twenty years.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from posixpath import basename
from typing import Any, Final, cast
from xml.sax.saxutils import quoteattr

from lxml import etree

from premis.errors import PremisError
from premis.faults import Code, Fault
from premis.parsing import tree

# Namespace and file name in a schema folder. The last is only met in submission packages.
_REQUIRED: Final[tuple[tuple[str, str], ...]] = (
    ("http://www.loc.gov/METS/", "mets.xsd"),
    ("http://www.loc.gov/premis/v3", "premis-v3-0.xsd"),
    ("http://www.w3.org/1999/xlink", "xlink.xsd"),
    ("http://www.w3.org/XML/1998/namespace", "xml.xsd"),
    ("https://DILCIS.eu/XML/METS/CSIPExtensionMETS", "DILCISExtensionMETS.xsd"),
)
_OPTIONAL: Final[tuple[tuple[str, str], ...]] = (
    ("https://dilcis.eu/XML/METS/SIPExtensionMETS", "DILCISExtensionSIPMETS.xsd"),
)
# Addresses end in the file's name, but for the one that means "the newest PREMIS", which here is 3.0.
_OTHER_NAMES: Final = {"premis.xsd": "premis-v3-0.xsd"}


class Schemas:
    """METS 1.12, PREMIS 3.0, xlink and the CSIP extension, compiled as one.

    Together they are stricter than each alone: the METS schema lets the attributes of CSIP and the content of metadata
    pass unread. ``extensions`` are further schema files, by path, for a namespace of the caller's own. Not safe to
    share between threads while validating: libxml2 keeps the last errors with the schema.
    """

    def __init__(self, folder: Path, extensions: Sequence[Path] = ()) -> None:
        """Open and compile.

        Raises PremisError naming the schema that is missing or does not compile, OSError for one that is unreadable.
        """
        files = {name: _existing(folder / name) for _, name in _REQUIRED}
        optional = [(namespace, name) for namespace, name in _OPTIONAL if (folder / name).is_file()]
        files |= {name: folder / name for _, name in optional}
        imports = [*_REQUIRED, *optional]
        for number, path in enumerate(extensions):
            # A name of its own: two extensions may be files of the same name in different folders.
            name = f"extension-{number}.xsd"
            files[name] = _existing(path)
            imports.append((_target_namespace(path), name))
        self._schema = _compiled(files, imports)

    def faults(self, root: etree._Element) -> list[Fault]:
        """What the schemas find wrong with a document."""
        if self._schema.validate(root):
            return []
        # The stubs do not know that an error log is a sequence.
        return [_fault(entry) for entry in cast(Iterable[Any], self._schema.error_log)]


def validate(source: Path | bytes, schemas: Schemas) -> list[Fault]:
    """What is wrong with a METS or PREMIS document by its schema, in the document's order; nothing if it is valid.

    Raises OSError for a path that cannot be read.
    """
    try:
        root = tree(source)
    except PremisError as error:
        return [Fault(Code.NOT_XML, error.line, "", str(error), "XML 1.0")]
    return schemas.faults(root)


class _Local(etree.Resolver):
    """Answers the addresses of schemas with files of the folder; whatever else is asked for does not exist."""

    def __init__(self, files: dict[str, Path]) -> None:
        super().__init__()
        self._files = files
        self.refused: list[str] = []

    def resolve(  # type: ignore[override]  # the stubs forget the context
        self, system_url: str | None, public_id: str | None, context: Any
    ) -> Any:
        name = basename(system_url or "")
        path = self._files.get(_OTHER_NAMES.get(name, name))
        if path is None:
            # libxml2 turns this into a failure of its own, without the reason.
            self.refused.append(str(system_url))
            raise PremisError(f"{system_url} is not in the schema folder")
        # Bytes rather than a file name: the parser would judge a file name by its characters.
        return self.resolve_string(path.read_bytes(), context, base_url=name)


def _compiled(files: dict[str, Path], imports: Sequence[tuple[str, str]]) -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True, load_dtd=False, resolve_entities=False)
    resolver = _Local(files)
    parser.resolvers.add(resolver)
    statements = "".join(
        f"<xs:import namespace={quoteattr(namespace)} schemaLocation={quoteattr(name)}/>" for namespace, name in imports
    )
    driver = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{statements}</xs:schema>'
    try:
        return etree.XMLSchema(etree.fromstring(driver.encode(), parser))
    except etree.XMLSchemaParseError as error:
        if resolver.refused:
            asked = ", ".join(resolver.refused)
            raise PremisError(f"a schema asks for {asked}, which is not in the schema folder") from error
        raise PremisError(f"the schemas do not compile: {error}") from error


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise PremisError(f"the schema {path.name} is missing from {path.parent}")
    return path


def _target_namespace(path: Path) -> str:
    return tree(path).get("targetNamespace", "")


def _fault(entry: Any) -> Fault:
    element = _element_name(entry.message)
    return Fault(Code.SCHEMA, entry.line or None, element, entry.message, "METS 1.12.1 and PREMIS 3.0 schemas")


def _element_name(message: str) -> str:
    """The name in ``Element '{namespace}name': …``, which is how libxml2 begins what it says."""
    quoted = message.removeprefix("Element '").partition("'")[0] if message.startswith("Element '") else ""
    return quoted.rpartition("}")[2]
