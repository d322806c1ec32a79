"""The grammar of PREMIS 3.0 as data: which field is written as which element, in the order of the schema.

One table serves the writer and the reader, so that what one writes the other reads. It says nothing about XML
libraries, and nothing about which units are required: the types know that. Parts compare by identity, which makes them
cheap keys.
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from enum import Enum, auto
from functools import cache
from typing import Any, Final, TypeAlias

from premis import events as e
from premis import identifiers as i
from premis import objects as o
from premis import rights as r


class Kind(Enum):
    """What a leaf holds: text, a `premis.terms.Term`, a whole number, or serialised elements."""

    TEXT = auto()
    TERM = auto()
    NUMBER = auto()
    RAW = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A subunit without subunits; ``many`` where the field is a tuple."""

    element: str
    field: str
    kind: Kind
    many: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Nested:
    """A subunit that is a type of its own."""

    element: str
    field: str
    shape: "Shape"
    many: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Wrapped:
    """An element whose subunits are fields of the unit around it; not written when all of them are empty."""

    element: str
    parts: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Inlined:
    """A type of its own whose subunits stand directly in the element around it."""

    field: str
    shape: "Shape"


@dataclass(frozen=True, slots=True, eq=False)
class Noted:
    """A repeatable element that holds a note and extensions: a plain ``str``, or a `premis.events.Detail`."""

    element: str
    field: str
    shape: "Shape"


Part: TypeAlias = Leaf | Nested | Wrapped | Inlined | Noted


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A type of the model and the parts its element consists of, in order."""

    type: Callable[..., Any]
    parts: tuple[Part, ...]


@cache
def required_fields(type_: Callable[..., Any]) -> tuple[str, ...]:
    """Names of the fields that the constructor of a model type demands."""
    return tuple(field.name for field in fields(type_) if field.default is MISSING)  # type: ignore[arg-type]  # a class


def _text(element: str, field: str, many: bool = False) -> Leaf:
    return Leaf(element, field, Kind.TEXT, many)


def _term(element: str, field: str, many: bool = False) -> Leaf:
    return Leaf(element, field, Kind.TERM, many)


def _number(element: str, field: str) -> Leaf:
    return Leaf(element, field, Kind.NUMBER)


def _raw(element: str, field: str) -> Leaf:
    return Leaf(element, field, Kind.RAW, many=True)


def _identifier(element: str) -> Shape:
    return Shape(i.Identifier, (_text(f"{element}Type", "type"), _text(f"{element}Value", "value")))


def _link(type_: Callable[..., Any], element: str, *more: Part) -> Shape:
    return Shape(type_, (Inlined("identifier", _identifier(element)), *more))


_LINKING_AGENT: Final = _link(i.LinkingAgent, "linkingAgentIdentifier", _term("linkingAgentRole", "roles", many=True))
_LINKING_OBJECT: Final = _link(
    i.LinkingObject, "linkingObjectIdentifier", _term("linkingObjectRole", "roles", many=True)
)
_LINKING_ENVIRONMENT: Final = _link(
    i.LinkingEnvironment, "linkingEnvironmentIdentifier", _term("linkingEnvironmentRole", "roles", many=True)
)

# --- objects, section 1

_OBJECT_IDENTIFIERS: Final = Nested("objectIdentifier", "identifiers", _identifier("objectIdentifier"), many=True)
_LINKING_EVENTS: Final = Nested(
    "linkingEventIdentifier", "linking_events", _identifier("linkingEventIdentifier"), many=True
)
_LINKING_RIGHTS: Final = Nested(
    "linkingRightsStatementIdentifier", "linking_rights", _identifier("linkingRightsStatementIdentifier"), many=True
)
_ORIGINAL_NAME: Final = _text("originalName", "original_name")

_FIXITY: Final = Shape(
    o.Fixity,
    (
        _term("messageDigestAlgorithm", "algorithm"),
        _text("messageDigest", "digest"),
        _text("messageDigestOriginator", "originator"),
    ),
)
_FORMAT: Final = Shape(
    o.Format,
    (
        Wrapped("formatDesignation", (_text("formatName", "name"), _text("formatVersion", "version"))),
        Wrapped(
            "formatRegistry",
            (
                _text("formatRegistryName", "registry_name"),
                _text("formatRegistryKey", "registry_key"),
                _term("formatRegistryRole", "registry_role"),
            ),
        ),
        _text("formatNote", "notes", many=True),
    ),
)
_CREATING_APPLICATION: Final = Shape(
    o.CreatingApplication,
    (
        _text("creatingApplicationName", "name"),
        _text("creatingApplicationVersion", "version"),
        _text("dateCreatedByApplication", "date_created"),
        _raw("creatingApplicationExtension", "extensions"),
    ),
)
_INHIBITOR: Final = Shape(
    o.Inhibitor,
    (_term("inhibitorType", "type"), _term("inhibitorTarget", "targets", many=True), _text("inhibitorKey", "key")),
)
_CHARACTERISTICS: Final = Nested(
    "objectCharacteristics",
    "characteristics",
    Shape(
        o.ObjectCharacteristics,
        (
            _number("compositionLevel", "composition_level"),
            Nested("fixity", "fixity", _FIXITY, many=True),
            _number("size", "size"),
            Nested("format", "formats", _FORMAT, many=True),
            Nested("creatingApplication", "creating_applications", _CREATING_APPLICATION, many=True),
            Nested("inhibitors", "inhibitors", _INHIBITOR, many=True),
            _raw("objectCharacteristicsExtension", "extensions"),
        ),
    ),
    many=True,
)
_PRESERVATION_LEVELS: Final = Nested(
    "preservationLevel",
    "preservation_levels",
    Shape(
        o.PreservationLevel,
        (
            _term("preservationLevelType", "type"),
            _term("preservationLevelValue", "value"),
            _term("preservationLevelRole", "role"),
            _text("preservationLevelRationale", "rationales", many=True),
            _text("preservationLevelDateAssigned", "date_assigned"),
        ),
    ),
    many=True,
)
_SIGNIFICANT_PROPERTIES: Final = Nested(
    "significantProperties",
    "significant_properties",
    Shape(
        o.SignificantProperties,
        (
            _term("significantPropertiesType", "type"),
            _text("significantPropertiesValue", "value"),
            _raw("significantPropertiesExtension", "extensions"),
        ),
    ),
    many=True,
)
_STORAGE: Final = Nested(
    "storage",
    "storage",
    Shape(
        o.Storage,
        (
            Wrapped(
                "contentLocation",
                (_term("contentLocationType", "location_type"), _text("contentLocationValue", "location_value")),
            ),
            _term("storageMedium", "medium"),
        ),
    ),
    many=True,
)
_SIGNATURE: Final = Shape(
    o.Signature,
    (
        _term("signatureEncoding", "encoding"),
        _text("signer", "signer"),
        _term("signatureMethod", "method"),
        _text("signatureValue", "value"),
        _term("signatureValidationRules", "validation_rules"),
        _text("signatureProperties", "properties", many=True),
        _raw("keyInformation", "key_information"),
    ),
)
_SIGNATURES: Final = Nested(
    "signatureInformation",
    "signatures",
    Shape(
        o.SignatureInformation,
        (Nested("signature", "signature", _SIGNATURE), _raw("signatureInformationExtension", "extensions")),
    ),
    many=True,
)
_RELATED_OBJECT: Final = _link(o.RelatedObject, "relatedObjectIdentifier", _number("relatedObjectSequence", "sequence"))
_RELATED_EVENT: Final = _link(o.RelatedEvent, "relatedEventIdentifier", _number("relatedEventSequence", "sequence"))
_RELATIONSHIPS: Final = Nested(
    "relationship",
    "relationships",
    Shape(
        o.Relationship,
        (
            _term("relationshipType", "type"),
            _term("relationshipSubType", "sub_type"),
            Nested("relatedObjectIdentifier", "related_objects", _RELATED_OBJECT, many=True),
            Nested("relatedEventIdentifier", "related_events", _RELATED_EVENT, many=True),
            _term("relatedEnvironmentPurpose", "environment_purposes", many=True),
            _term("relatedEnvironmentCharacteristic", "environment_characteristic"),
        ),
    ),
    many=True,
)
_ENVIRONMENT: Final[tuple[Part, ...]] = (
    Nested(
        "environmentFunction",
        "environment_functions",
        Shape(
            o.EnvironmentFunction,
            (_term("environmentFunctionType", "type"), _text("environmentFunctionLevel", "level")),
        ),
        many=True,
    ),
    Nested(
        "environmentDesignation",
        "environment_designations",
        Shape(
            o.EnvironmentDesignation,
            (
                _text("environmentName", "name"),
                _text("environmentVersion", "version"),
                _text("environmentOrigin", "origin"),
                _text("environmentDesignationNote", "notes", many=True),
                _text("environmentDesignationExtension", "extensions", many=True),
            ),
        ),
        many=True,
    ),
    Nested(
        "environmentRegistry",
        "environment_registries",
        Shape(
            o.EnvironmentRegistry,
            (
                _text("environmentRegistryName", "name"),
                _text("environmentRegistryKey", "key"),
                _term("environmentRegistryRole", "role"),
            ),
        ),
        many=True,
    ),
    _raw("environmentExtension", "environment_extensions"),
)

# By the value of xsi:type, which is how the schema says the object category (1.2).
OBJECTS: Final[dict[str, Shape]] = {
    "intellectualEntity": Shape(
        o.IntellectualEntity,
        (
            _OBJECT_IDENTIFIERS,
            _PRESERVATION_LEVELS,
            _SIGNIFICANT_PROPERTIES,
            _ORIGINAL_NAME,
            *_ENVIRONMENT,
            _RELATIONSHIPS,
            _LINKING_EVENTS,
            _LINKING_RIGHTS,
        ),
    ),
    "representation": Shape(
        o.Representation,
        (
            _OBJECT_IDENTIFIERS,
            _PRESERVATION_LEVELS,
            _SIGNIFICANT_PROPERTIES,
            _ORIGINAL_NAME,
            _STORAGE,
            _RELATIONSHIPS,
            _LINKING_EVENTS,
            _LINKING_RIGHTS,
        ),
    ),
    "file": Shape(
        o.File,
        (
            _OBJECT_IDENTIFIERS,
            _PRESERVATION_LEVELS,
            _SIGNIFICANT_PROPERTIES,
            _CHARACTERISTICS,
            _ORIGINAL_NAME,
            _STORAGE,
            _SIGNATURES,
            _RELATIONSHIPS,
            _LINKING_EVENTS,
            _LINKING_RIGHTS,
        ),
    ),
    "bitstream": Shape(
        o.Bitstream,
        (
            _OBJECT_IDENTIFIERS,
            _SIGNIFICANT_PROPERTIES,
            _CHARACTERISTICS,
            _STORAGE,
            _SIGNATURES,
            _RELATIONSHIPS,
            _LINKING_EVENTS,
            _LINKING_RIGHTS,
        ),
    ),
}

# --- events and agents, sections 2 and 3


def _noted(element: str, field: str, note: str) -> Noted:
    extension = f"{note.removesuffix('Note')}Extension"
    return Noted(element, field, Shape(e.Detail, (_text(note, "note"), _raw(extension, "extensions"))))


EVENT: Final = Shape(
    e.Event,
    (
        Nested("eventIdentifier", "identifier", _identifier("eventIdentifier")),
        _term("eventType", "type"),
        _text("eventDateTime", "date_time"),
        _noted("eventDetailInformation", "details", "eventDetail"),
        Nested(
            "eventOutcomeInformation",
            "outcomes",
            Shape(
                e.EventOutcome,
                (
                    _term("eventOutcome", "outcome"),
                    _noted("eventOutcomeDetail", "notes", "eventOutcomeDetailNote"),
                ),
            ),
            many=True,
        ),
        Nested("linkingAgentIdentifier", "agents", _LINKING_AGENT, many=True),
        Nested("linkingObjectIdentifier", "objects", _LINKING_OBJECT, many=True),
    ),
)

AGENT: Final = Shape(
    e.Agent,
    (
        # The first identifier of the element is the agent's; the reader gives the others to the next part.
        Nested("agentIdentifier", "identifier", _identifier("agentIdentifier")),
        Nested("agentIdentifier", "other_identifiers", _identifier("agentIdentifier"), many=True),
        _text("agentName", "names", many=True),
        _term("agentType", "type"),
        _text("agentVersion", "version"),
        _text("agentNote", "notes", many=True),
        _raw("agentExtension", "extensions"),
        _LINKING_EVENTS,
        _LINKING_RIGHTS,
        Nested("linkingEnvironmentIdentifier", "linking_environments", _LINKING_ENVIRONMENT, many=True),
    ),
)

# --- rights, section 4

_PERIOD: Final = Shape(r.Period, (_text("startDate", "start"), _text("endDate", "end")))


def _documentation(element: str) -> Nested:
    shape = _link(r.DocumentationIdentifier, element, _term(f"{element.removesuffix('Identifier')}Role", "role"))
    return Nested(element, "documentation", shape, many=True)


_COPYRIGHT: Final = Shape(
    r.CopyrightInformation,
    (
        _term("copyrightStatus", "status"),
        _text("copyrightJurisdiction", "jurisdiction"),
        _text("copyrightStatusDeterminationDate", "determination_date"),
        _text("copyrightNote", "notes", many=True),
        _documentation("copyrightDocumentationIdentifier"),
        Nested("copyrightApplicableDates", "applicable_dates", _PERIOD),
    ),
)
_LICENSE: Final = Shape(
    r.LicenseInformation,
    (
        _documentation("licenseDocumentationIdentifier"),
        _text("licenseTerms", "terms"),
        _text("licenseNote", "notes", many=True),
        Nested("licenseApplicableDates", "applicable_dates", _PERIOD),
    ),
)
_STATUTE: Final = Shape(
    r.StatuteInformation,
    (
        _text("statuteJurisdiction", "jurisdiction"),
        _text("statuteCitation", "citation"),
        _text("statuteInformationDeterminationDate", "determination_date"),
        _text("statuteNote", "notes", many=True),
        _documentation("statuteDocumentationIdentifier"),
        Nested("statuteApplicableDates", "applicable_dates", _PERIOD),
    ),
)
_OTHER_RIGHTS: Final = Shape(
    r.OtherRightsInformation,
    (
        _documentation("otherRightsDocumentationIdentifier"),
        _term("otherRightsBasis", "basis"),
        Nested("otherRightsApplicableDates", "applicable_dates", _PERIOD),
        _text("otherRightsNote", "notes", many=True),
    ),
)
_GRANTED: Final = Shape(
    r.RightsGranted,
    (
        _term("act", "act"),
        _text("restriction", "restrictions", many=True),
        Nested("termOfGrant", "term_of_grant", _PERIOD),
        Nested("termOfRestriction", "term_of_restriction", _PERIOD),
        _text("rightsGrantedNote", "notes", many=True),
    ),
)
RIGHTS_STATEMENT: Final = Shape(
    r.RightsStatement,
    (
        Nested("rightsStatementIdentifier", "identifier", _identifier("rightsStatementIdentifier")),
        _term("rightsBasis", "basis"),
        Nested("copyrightInformation", "copyright", _COPYRIGHT),
        Nested("licenseInformation", "license", _LICENSE),
        Nested("statuteInformation", "statutes", _STATUTE, many=True),
        Nested("otherRightsInformation", "other", _OTHER_RIGHTS),
        Nested("rightsGranted", "granted", _GRANTED, many=True),
        Nested("linkingObjectIdentifier", "objects", _LINKING_OBJECT, many=True),
        Nested("linkingAgentIdentifier", "agents", _LINKING_AGENT, many=True),
    ),
)
