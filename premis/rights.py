"""The Rights entity (PREMIS 3.0, section 4): on what basis the repository may do what."""

from dataclasses import dataclass
from typing import TypeAlias

from premis.identifiers import Identifier, LinkingAgent, LinkingObject, Unknown
from premis.terms import Term


@dataclass(frozen=True, slots=True)
class Period:
    """From a date to a date, both EDTF; without ``end`` it is open (the startDate and endDate of section 4)."""

    start: str
    end: str | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentationIdentifier:
    """A document that supports a rights statement, and in which role (4.1.3.5, 4.1.4.1, 4.1.5.5, 4.1.6.1)."""

    identifier: Identifier
    role: Term | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyrightInformation:
    """The copyright status in one country (4.1.3). ``jurisdiction`` is by custom an ISO 3166 code."""

    status: Term
    jurisdiction: str
    determination_date: str | None = None
    notes: tuple[str, ...] = ()
    documentation: tuple[DocumentationIdentifier, ...] = ()
    applicable_dates: Period | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class LicenseInformation:
    """A licence or other agreement: where it is, or what it says (4.1.4). Raises ValueError for an empty one."""

    documentation: tuple[DocumentationIdentifier, ...] = ()
    terms: str | None = None
    notes: tuple[str, ...] = ()
    applicable_dates: Period | None = None
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if not self.documentation and self.terms is None and not self.notes and self.applicable_dates is None:
            raise ValueError("licence information needs documentation, terms, a note or dates")


@dataclass(frozen=True, slots=True)
class StatuteInformation:
    """A law that permits or obliges (4.1.5). ``jurisdiction`` is by custom an ISO 3166 code."""

    jurisdiction: str
    citation: str
    determination_date: str | None = None
    notes: tuple[str, ...] = ()
    documentation: tuple[DocumentationIdentifier, ...] = ()
    applicable_dates: Period | None = None
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherRightsInformation:
    """A basis that is neither copyright, licence nor statute, such as consent or policy (4.1.6)."""

    basis: Term
    documentation: tuple[DocumentationIdentifier, ...] = ()
    applicable_dates: Period | None = None
    notes: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class RightsGranted:
    """One act the repository may perform, what limits it, and for how long (4.1.7)."""

    act: Term
    restrictions: tuple[str, ...] = ()
    term_of_grant: Period | None = None
    term_of_restriction: Period | None = None
    notes: tuple[str, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class RightsStatement:
    """What may be done with which objects, and why (4.1)."""

    identifier: Identifier
    basis: Term
    copyright: CopyrightInformation | None = None
    license: LicenseInformation | None = None
    statutes: tuple[StatuteInformation, ...] = ()
    other: OtherRightsInformation | None = None
    granted: tuple[RightsGranted, ...] = ()
    objects: tuple[LinkingObject, ...] = ()
    agents: tuple[LinkingAgent, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class RightsExtension:
    """Rights said in somebody else's XML (4.2); ``xml`` holds one or more serialised elements."""

    xml: bytes


Rights: TypeAlias = RightsStatement | RightsExtension
