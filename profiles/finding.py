"""``Finding``: content is wrong, and this is how it is said. Imports nothing, so that anyone may import it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    """The content breaks the rule that is named."""
    WARNING = "warning"
    """Acceptable, and somebody should know."""
    INFO = "info"
    """A fact worth keeping."""


class Data(Mapping[str, str]):
    """Text by name, in the order given; cannot be changed, and may be hashed."""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: Mapping[str, str]) -> None:
        """Take a copy of ``pairs``."""
        self._pairs = dict(pairs)

    def __getitem__(self, name: str) -> str:
        """The text of that name."""
        return self._pairs[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in order."""
        return iter(self._pairs)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._pairs)

    def __hash__(self) -> int:
        """Equal ones have the same."""
        return hash(frozenset(self._pairs.items()))

    def __repr__(self) -> str:
        """As it was given."""
        return repr(self._pairs)


NO_DATA = Data({})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found about one subject.

    ``code`` is stable and machine-readable (``profiles.finding_codes``), ``subject`` the thing meant (a path, an
    identifier; lossy text where the name is not UTF-8), ``message`` a sentence for a person, ``source`` the rule (for
    example ``RFC 8493 §2.1.3``). ``data`` is for programs, by name, such as ``{"package": "0193…"}``; nothing reads
    the message instead.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    source: str = ""
    data: Mapping[str, str] = NO_DATA

    def __post_init__(self) -> None:
        """Freeze the data."""
        if not isinstance(self.data, Data):
            object.__setattr__(self, "data", Data(self.data))


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """A finding as answers and papers spell it; ``data`` stands there where there is any."""
    told = {field.name: getattr(finding, field.name) for field in fields(finding) if field.name != "data"}
    told |= {"code": str(finding.code), "severity": str(finding.severity)}
    return told | ({"data": dict(finding.data)} if finding.data else {})


def finding_from_json(told: Mapping[str, Any]) -> Finding:
    """The finding that ``finding_as_json`` spelled so. Raises ValueError, TypeError or KeyError for anything else."""
    return Finding(**{**told, "severity": Severity(told["severity"])})
