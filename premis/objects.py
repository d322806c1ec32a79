"""The Object entity (PREMIS 3.0, section 1): intellectual entities, representations, files, bitstreams.

Units that most objects have come first among the fields; the writer puts all of them in the order of the schema.
What the schema refuses, and is cheap to see, the constructors refuse. An extension is ``bytes``: the content of one
extension element, one or more XML elements serialised so that they are well formed outside any document.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from premis.identifiers import Identifier, Unknown
from premis.terms import Term

# PREMIS has no code for "not identified"; this spelling is ours and every reader of ours knows it.
UNKNOWN_FORMAT_NAME: Final = "unknown"

# xs:long, the type of the schema's size element.
_LARGEST_SIZE: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Fixity:
    """A digest that lets anybody see whether the octets are still the same (1.5.2).

    ``digest`` is written as given, by custom lower-case hexadecimal. ``originator`` is who computed it, when it was
    not the repository that writes the document (1.5.2.3).
    """

    algorithm: Term
    digest: str
    originator: str | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """What the octets are: a name, an entry in a format registry, or both (1.5.4).

    A format that could not be identified is ``Format(name="unknown")``, with the reason in ``notes`` (1.5.4.3).
    Raises ValueError without a name and a registry entry, for half a registry entry, for a version without a name.
    """

    name: str | None = None
    version: str | None = None
    registry_name: str | None = None
    registry_key: str | None = None
    registry_role: Term | None = None
    notes: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if (self.registry_name is None) != (self.registry_key is None):
            raise ValueError("a format registry entry needs both a registry name and a key")
        if self.name is None and self.registry_key is None:
            raise ValueError("a format needs a name or a registry entry")
        if self.version is not None and self.name is None:
            raise ValueError("a format version needs a format name")
        if self.registry_role is not None and self.registry_key is None:
            raise ValueError("a format registry role needs a registry entry")

    @property
    def is_unknown(self) -> bool:
        """Whether this says that the format was not identified."""
        return self.name == UNKNOWN_FORMAT_NAME and self.registry_key is None


@dataclass(frozen=True, slots=True)
class CreatingApplication:
    """The program or device that made the object, and when (1.5.5). ``date_created`` is EDTF (1.5.5.3)."""

    name: str | None = None
    version: str | None = None
    date_created: str | None = None
    extensions: tuple[bytes, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if self.name is None and self.version is None and self.date_created is None and not self.extensions:
            raise ValueError("a creating application needs a name, a version, a date or an extension")


@dataclass(frozen=True, slots=True)
class Inhibitor:
    """Something that keeps the content from being used, such as encryption or a password (1.5.6)."""

    type: Term
    targets: tuple[Term, ...] = ()
    key: str | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectCharacteristics:
    """Technical facts about one layer of a file or bitstream (1.5).

    ``composition_level`` is 0 for the content itself and counts the layers of compression or encryption around it;
    None where that is not said (1.5.1). ``size`` is octets (1.5.3). Raises ValueError without a format or with a
    negative number.
    """

    composition_level: int | None = None
    fixity: tuple[Fixity, ...] = ()
    size: int | None = None
    formats: tuple[Format, ...] = ()
    creating_applications: tuple[CreatingApplication, ...] = ()
    inhibitors: tuple[Inhibitor, ...] = ()
    extensions: tuple[bytes, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if not self.formats:
            raise ValueError('object characteristics need a format; one not identified is Format(name="unknown")')
        if self.composition_level is not None and self.composition_level < 0:
            raise ValueError(f"a composition level counts from 0: {self.composition_level}")
        if self.size is not None and not 0 <= self.size <= _LARGEST_SIZE:
            raise ValueError(f"a size is a number of octets below 2**63: {self.size}")


@dataclass(frozen=True, slots=True)
class PreservationLevel:
    """How far the repository undertakes to preserve the object, why, and since when (1.3)."""

    value: Term
    type: Term | None = None
    role: Term | None = None
    rationales: tuple[str, ...] = ()
    date_assigned: str | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class SignificantProperties:
    """A quality that must survive every preservation action (1.4)."""

    type: Term | None = None
    value: str | None = None
    extensions: tuple[bytes, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if self.type is None and self.value is None and not self.extensions:
            raise ValueError("significant properties need a type, a value or an extension")


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the object is kept (1.7): a location of a stated type (1.7.1), a medium (1.7.2), or both."""

    location_type: Term | None = None
    location_value: str | None = None
    medium: Term | None = None
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if (self.location_type is None) != (self.location_value is None):
            raise ValueError("a content location needs both a type and a value")
        if self.location_type is None and self.medium is None:
            raise ValueError("storage needs a content location or a medium")


@dataclass(frozen=True, slots=True)
class Signature:
    """A digital signature over the object, made before or outside the repository (1.8.1)."""

    encoding: Term
    method: Term
    value: str
    validation_rules: Term
    signer: str | None = None
    properties: tuple[str, ...] = ()
    key_information: tuple[bytes, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class SignatureInformation:
    """A digital signature, or its description in somebody else's XML (1.8)."""

    signature: Signature | None = None
    extensions: tuple[bytes, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if self.signature is None and not self.extensions:
            raise ValueError("signature information needs a signature or an extension")


@dataclass(frozen=True, slots=True)
class RelatedObject:
    """The other end of a relationship; ``sequence`` is its place where order matters (1.13.3)."""

    identifier: Identifier
    sequence: int | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class RelatedEvent:
    """An event that brought a relationship about; ``sequence`` is its place in time (1.13.4)."""

    identifier: Identifier
    sequence: int | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class Relationship:
    """How this object stands to others (1.13). Raises ValueError without a related object."""

    type: Term
    sub_type: Term
    related_objects: tuple[RelatedObject, ...]
    related_events: tuple[RelatedEvent, ...] = ()
    environment_purposes: tuple[Term, ...] = ()
    environment_characteristic: Term | None = None
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if not self.related_objects:
            raise ValueError("a relationship needs a related object")


@dataclass(frozen=True, slots=True)
class EnvironmentFunction:
    """What kind of hardware or software an environment is (1.9)."""

    type: Term
    level: str
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentDesignation:
    """What an environment is called (1.10). The schema makes its extension plain text."""

    name: str
    version: str | None = None
    origin: str | None = None
    notes: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvironmentRegistry:
    """Where an environment is described by a registry (1.11)."""

    name: str
    key: str
    role: Term | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class IntellectualEntity:
    """A coherent whole that people describe and ask for, whatever files it is made of (category intellectualEntity).

    The four ``environment`` fields belong to entities that are environments. Raises ValueError without an identifier.
    """

    identifiers: tuple[Identifier, ...]
    preservation_levels: tuple[PreservationLevel, ...] = ()
    significant_properties: tuple[SignificantProperties, ...] = ()
    original_name: str | None = None
    environment_functions: tuple[EnvironmentFunction, ...] = ()
    environment_designations: tuple[EnvironmentDesignation, ...] = ()
    environment_registries: tuple[EnvironmentRegistry, ...] = ()
    environment_extensions: tuple[bytes, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    linking_events: tuple[Identifier, ...] = ()
    linking_rights: tuple[Identifier, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        _need_identifier(self.identifiers)


@dataclass(frozen=True, slots=True)
class Representation:
    """The files that together render one intellectual entity (category representation).

    Raises ValueError without an identifier.
    """

    identifiers: tuple[Identifier, ...]
    preservation_levels: tuple[PreservationLevel, ...] = ()
    significant_properties: tuple[SignificantProperties, ...] = ()
    original_name: str | None = None
    storage: tuple[Storage, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    linking_events: tuple[Identifier, ...] = ()
    linking_rights: tuple[Identifier, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        _need_identifier(self.identifiers)


@dataclass(frozen=True, slots=True)
class File:
    """A named, ordered run of octets that an operating system knows (category file).

    ``original_name`` is the name the object came with, before any change (1.6). Raises ValueError without an
    identifier or without characteristics.
    """

    identifiers: tuple[Identifier, ...]
    characteristics: tuple[ObjectCharacteristics, ...]
    original_name: str | None = None
    storage: tuple[Storage, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    linking_events: tuple[Identifier, ...] = ()
    linking_rights: tuple[Identifier, ...] = ()
    preservation_levels: tuple[PreservationLevel, ...] = ()
    significant_properties: tuple[SignificantProperties, ...] = ()
    signatures: tuple[SignatureInformation, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        _need_identifier(self.identifiers)
        if not self.characteristics:
            raise ValueError("a file needs object characteristics")


@dataclass(frozen=True, slots=True)
class Bitstream:
    """Octets inside a file that have properties of their own (category bitstream).

    Raises ValueError without an identifier or without characteristics.
    """

    identifiers: tuple[Identifier, ...]
    characteristics: tuple[ObjectCharacteristics, ...]
    storage: tuple[Storage, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    linking_events: tuple[Identifier, ...] = ()
    linking_rights: tuple[Identifier, ...] = ()
    significant_properties: tuple[SignificantProperties, ...] = ()
    signatures: tuple[SignatureInformation, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        _need_identifier(self.identifiers)
        if not self.characteristics:
            raise ValueError("a bitstream needs object characteristics")


Object: TypeAlias = IntellectualEntity | Representation | File | Bitstream


def _need_identifier(identifiers: tuple[Identifier, ...]) -> None:
    if not identifiers:
        raise ValueError("an object needs an identifier")
