"""Terms: the code words for who may receive something, who may not, from when, and under which conditions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Recipient(StrEnum):
    """Kinds of recipients, from those with the strictest duties to everybody."""

    COURT = "court"
    PROSECUTOR = "prosecutor"
    UN = "un"
    PARTNER = "partner"
    RESEARCH = "research"
    PUBLIC = "public"


class Condition(StrEnum):
    """What must be done before anything is passed on."""

    ASK_AGAIN = "ask-again"
    NO_IDENTITY = "no-identity"


EVERYBODY = frozenset(Recipient)
ALL = "all"
NONE = "none"
EMBARGO = "embargo"
WORDS = (
    *(str(recipient) for recipient in Recipient),
    ALL,
    *(f"no-{recipient}" for recipient in Recipient),
    EMBARGO,
    "embargo-YYYY[-MM[-DD]]",
    *(str(condition) for condition in Condition),
    NONE,
)
"""Every code word, for a person who wants to know them."""

_EMBARGO_UNTIL = re.compile(r"embargo-(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Terms:
    """To whom something may be passed on and to whom not, not before when, and under which conditions.

    ``granted`` is None where nobody was named. ``unknown``: a word stands among the terms that nobody here knows.
    """

    granted: frozenset[Recipient] | None = None
    denied: frozenset[Recipient] = frozenset()
    conditions: frozenset[Condition] = frozenset()
    not_before: date | None = None
    embargo: bool = False
    unknown: bool = False

    def __and__(self, other: Terms) -> Terms:
        """What holds where both hold: the strictest of either."""
        days = [day for day in (self.not_before, other.not_before) if day is not None]
        if self.granted is None or other.granted is None:
            granted = self.granted if other.granted is None else other.granted
        else:
            granted = self.granted & other.granted
        return Terms(
            granted=granted,
            denied=self.denied | other.denied,
            conditions=self.conditions | other.conditions,
            not_before=max(days, default=None),
            embargo=self.embargo or other.embargo,
            unknown=self.unknown or other.unknown,
        )

    @property
    def recipients(self) -> frozenset[Recipient]:
        """Who is left; nobody where nobody was named."""
        return (self.granted or frozenset()) - self.denied


def read_term(word: str) -> Terms:
    """The meaning of one code word; capitals do not matter.

    ``court``, ``prosecutor``, ``un``, ``partner``, ``research``, ``public`` and ``all`` say to whom; ``no-public`` and
    its like say to whom not; ``embargo`` says not at all, ``embargo-2030`` (also ``-2030-06``, ``-2030-06-30``) not
    before; ``ask-again`` and ``no-identity`` are conditions; ``none`` restricts nothing. Any other word is unknown.
    """
    code = word.lower()
    refused = code.removeprefix("no-")
    if code == ALL:
        return Terms(granted=EVERYBODY)
    if code in set(Recipient):
        return Terms(granted=frozenset({Recipient(code)}))
    if code in set(Condition):
        return Terms(conditions=frozenset({Condition(code)}))
    if code == EMBARGO:
        return Terms(embargo=True)
    if code == NONE:
        return Terms()
    if code.startswith("no-") and refused in set(Recipient):
        return Terms(denied=frozenset({Recipient(refused)}))
    day = _embargo_until(code)
    return Terms(unknown=True) if day is None else Terms(not_before=day)


def read_terms(words: Iterable[str]) -> Terms:
    """What several words mean that stand in one place: each recipient named may receive, and every limit holds."""
    found = [read_term(word) for word in words]
    named = [terms.granted for terms in found if terms.granted is not None]
    limits = Terms()
    for terms in found:
        limits &= Terms(None, terms.denied, terms.conditions, terms.not_before, terms.embargo, terms.unknown)
    return limits & Terms(granted=frozenset().union(*named) if named else None)


def _embargo_until(code: str) -> date | None:
    match = _EMBARGO_UNTIL.fullmatch(code)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None
