"""The Event and Agent entities (PREMIS 3.0, sections 2 and 3): what happened, and who or what took part."""

from dataclasses import dataclass

from premis.datetimes import check_datetime
from premis.identifiers import Identifier, LinkingAgent, LinkingEnvironment, LinkingObject, Unknown
from premis.terms import Term


@dataclass(frozen=True, slots=True)
class Detail:
    """A note that carries, or is replaced by, somebody else's XML (2.4 and 2.5.2).

    Where there is only a note, a plain ``str`` stands for it. ``extensions`` hold the content
    of one extension element each: serialised XML elements.
    """

    note: str | None = None
    extensions: tuple[bytes, ...] = ()
    unknown: tuple[Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class EventOutcome:
    """How an event ended (2.5): a term, notes, or both. Raises ValueError for neither."""

    outcome: Term | None = None
    notes: tuple[str | Detail, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the schema refuses."""
        if self.outcome is None and not self.notes:
            raise ValueError("an event outcome needs a term or a note")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to objects and that somebody can be asked about (section 2).

    ``date_time`` is a moment, date or interval that `premis.datetimes.check_datetime` accepts: the schema takes any
    string, so this type looks. Raises ValueError for one that does not exist.
    """

    identifier: Identifier
    type: Term
    date_time: str
    details: tuple[str | Detail, ...] = ()
    outcomes: tuple[EventOutcome, ...] = ()
    agents: tuple[LinkingAgent, ...] = ()
    objects: tuple[LinkingObject, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a date that is none."""
        check_datetime(self.date_time)


@dataclass(frozen=True, slots=True)
class Agent:
    """A person, an organization, software or hardware that acts in events or holds rights (section 3).

    ``identifier`` is the one that links use; an agent known by more has them in ``other_identifiers``.
    """

    identifier: Identifier
    names: tuple[str, ...] = ()
    type: Term | None = None
    version: str | None = None
    notes: tuple[str, ...] = ()
    extensions: tuple[bytes, ...] = ()
    other_identifiers: tuple[Identifier, ...] = ()
    linking_events: tuple[Identifier, ...] = ()
    linking_rights: tuple[Identifier, ...] = ()
    linking_environments: tuple[LinkingEnvironment, ...] = ()
    unknown: tuple[Unknown, ...] = ()
