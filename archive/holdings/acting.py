"""What an act works with that was asked for in a request, and what each such act can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from archive.config import Config
from archive.holdings.docket import Filed
from archive.holdings.holdings import Holdings
from archive.progress import Progress, Silent
from profiles.finding import Finding

Subjects = Sequence[Mapping[str, object]]
"""The exact list of what is acted upon, as it stands in a request."""


@dataclass(frozen=True, slots=True)
class Acting:
    """The archive an act works in. ``config`` holds the settings in force, not those that somebody wishes for."""

    holdings: Holdings
    config: Config
    home: Path
    staging: Path
    progress: Progress = field(default_factory=Silent)


@dataclass(frozen=True, slots=True)
class Performance:
    """One kind of act.

    ``check`` raises where the act must not be asked for, approved or carried out as things stand. ``words`` tells a
    person what it will do. ``carry_out`` does it, records it and closes the request; it may be begun again after a
    kill, and answers what a person should know.
    """

    check: Callable[[Acting, Subjects], None]
    words: Callable[[Acting, Subjects], list[str]]
    carry_out: Callable[[Acting, Filed], list[Finding]]


def text(subject: Mapping[str, object], name: str) -> str:
    """A text in an entry of the list; ValueError where the list has another form."""
    value = subject.get(name)
    if not isinstance(value, str):
        raise ValueError(f"the list has no text under '{name}'")
    return value


def number(subject: Mapping[str, object], name: str) -> int:
    """A number in an entry of the list; ValueError where the list has another form."""
    value = subject.get(name)
    if type(value) is not int:
        raise ValueError(f"the list has no number under '{name}'")
    return value


def texts(subject: Mapping[str, object], name: str) -> list[str]:
    """A list of texts in an entry of the list; ValueError where the list has another form."""
    value = subject.get(name)
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValueError(f"the list has no texts under '{name}'")
    return value
