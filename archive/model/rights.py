"""Rights: what was stated about an item, what people consented to, and what follows for passing it on. Pure.

``decide`` is the one place where statements become a decision, and it can be asked again on any day with the register
of consents as it then is. Strictest wins; unknown, contradicting or expired is embargo; every embargo says why. Codes
only: who a person is stands nowhere here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

from archive.model.terms import EMBARGO, Condition, Recipient, Terms, read_term, read_terms


class Basis(StrEnum):
    """Why the archive may hold something (``rights_basis``)."""

    CONSENT = "consent"
    STATUTE = "statute"
    PUBLIC = "public"
    MANDATE = "mandate"


UNREADABLE = "?"
"""Stands in a statement for words that are no code: such words may name somebody, and are not carried on."""

_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)|(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4})", re.ASCII)
_REFERENCE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9._+/-]{0,63}", re.ASCII)
_SEPARATORS = re.compile(r"[\s;,]+")


def is_reference(text: str) -> bool:
    """Whether ``text`` may be the code of a consent or a person: 64 characters at most, ASCII, with a digit.

    A name rarely has a digit, and people's names must never get into the log.
    """
    return _REFERENCE.fullmatch(text) is not None


def words_of(cell: str) -> tuple[str, ...]:
    """The words of a cell that may hold several, separated by blanks, commas or semicolons."""
    return tuple(word for word in _SEPARATORS.split(cell) if word)


def read_day(text: str) -> date | None:
    """The day meant by ``2030-09-01`` or ``1.9.2030``; None for anything else, and for days no calendar has."""
    match = _DAY.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = (match[name] or match[name[0]] for name in ("year", "month", "day"))
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Consent:
    """What one person allowed, by reference to the form: from when, until when, to whom, under which terms.

    ``scope`` and ``terms`` are code words of ``read_term``; ``withdrawn`` is the day the person took it back.
    """

    ref: str
    person: str | None
    scope: tuple[str, ...]
    terms: tuple[str, ...]
    given: date
    expires: date | None
    withdrawn: date | None = None

    def problem(self, today: date) -> str | None:
        """Why nothing can rest on it on that day; None where it holds."""
        if self.withdrawn is not None:
            return f"consent {self.ref} was withdrawn on {self.withdrawn}"
        if self.expires is not None and self.expires < self.given:
            return f"consent {self.ref} ends on {self.expires}, before it was given on {self.given}"
        if self.given > today:
            return f"consent {self.ref} begins on {self.given}"
        if self.expires is not None and self.expires < today:
            return f"consent {self.ref} expired on {self.expires}"
        if read_terms(self.scope).granted is None:
            return f"consent {self.ref} names nobody to whom anything may be passed on"
        return None


@dataclass(frozen=True, slots=True)
class Register:
    """The consents that matter for some items."""

    consents: tuple[Consent, ...] = ()

    def by_ref(self, ref: str) -> Consent | None:
        """The consent of that reference."""
        return next((consent for consent in self.consents if consent.ref == ref), None)

    def of_person(self, person: str) -> tuple[Consent, ...]:
        """Every consent a person gave."""
        return tuple(consent for consent in self.consents if consent.person == person)


@dataclass(frozen=True, slots=True)
class Statement:
    """What a producer stated about the rights in one item: code words by column, sorted, each once.

    Words that are no code stand as ``?``: they are kept in the producer's table and nowhere else. Terms that stand in
    one cell are one word, joined by commas: each recipient there may receive, but who is named in two cells must be
    named in both.
    """

    rights_basis: tuple[str, ...] = ()
    restriction: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    consent_ref: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    consent_expiry: tuple[str, ...] = ()

    @classmethod
    def read(cls, cells: Iterable[tuple[str, str]]) -> Statement:
        """The statement that cells make, each given with its column; a column of another name is a ValueError."""
        words: dict[str, set[str]] = {column.name: set() for column in fields(cls)}
        for column, cell in cells:
            if column not in words:
                raise ValueError(f"no statement of rights has a column {column!r}")
            words[column].update(coded(column, cell))
        return cls(**{column: tuple(sorted(found)) for column, found in words.items()})

    def as_text(self) -> dict[str, str]:
        """The words by column, joined by blanks, without empty columns: how records spell a statement."""
        return {name: " ".join(words) for name, words in self.items() if words}

    @classmethod
    def from_text(cls, text: Mapping[str, str]) -> Statement:
        """The statement that ``as_text`` spelled."""
        return cls(**{column: tuple(words.split(" ")) for column, words in text.items()})

    def items(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Columns and their words."""
        return ((column.name, getattr(self, column.name)) for column in fields(self))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was stated."""
        return not any(words for _, words in self.items())


def coded(column: str, cell: str) -> list[str]:
    """The code words of a cell in a column of ``Statement``; each that is none, as ``?``."""
    if column == "consent_expiry":
        day = read_day(cell)
        return [UNREADABLE if day is None else day.isoformat()] if cell.strip() else []
    words = [_code(column, word) for word in words_of(cell)]
    if column == "terms" and words:
        return [UNREADABLE if UNREADABLE in words else ",".join(sorted(set(words)))]
    return words


def _code(column: str, word: str) -> str:
    if column in ("consent_ref", "person"):
        return word if is_reference(word) else UNREADABLE
    if column == "rights_basis":
        return word.lower() if word.lower() in set(Basis) else UNREADABLE
    term = read_term(word)
    # "court" under restriction might mean only courts, or no court.
    is_code = not term.unknown and (column == "terms" or term.granted is None)
    return word.lower() if is_code else UNREADABLE


@dataclass(frozen=True, slots=True)
class Decision:
    """What may be done with an item: to whom it may be passed on, from when, until when, under which conditions.

    Nobody among ``recipients`` is an embargo, and ``reasons`` say why. The dates are days, both included.
    """

    recipients: frozenset[Recipient] = frozenset()
    conditions: frozenset[Condition] = frozenset()
    not_before: date | None = None
    until: date | None = None
    reasons: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = field(default=(), compare=False)
    """The consents it rests on, as they were."""

    def is_embargo(self, today: date) -> bool:
        """Whether nothing may be passed on to anybody that day."""
        return not any(self.allows(recipient, today) for recipient in self.recipients)

    def allows(self, recipient: Recipient, today: date) -> bool:
        """Whether ``recipient`` may receive it that day, provided the conditions are met."""
        begun = self.not_before is None or self.not_before <= today
        over = self.until is not None and self.until < today
        return recipient in self.recipients and begun and not over

    def in_words(self, today: date) -> str:
        """The decision in a line."""
        if not self.recipients:
            return f"{EMBARGO}: {'; '.join(self.reasons)}"
        parts = [f"to {', '.join(r for r in Recipient if r in self.recipients)}"]
        parts += [f"not before {self.not_before}"] if self.not_before is not None else []
        parts += [f"until {self.until}"] if self.until is not None else []
        parts += [str(condition) for condition in Condition if condition in self.conditions]
        return (f"{EMBARGO} for now; later " if self.is_embargo(today) else "") + "; ".join(parts)


NOTHING_STATED = Decision(reasons=("nothing is stated about its rights",))
"""The decision about what nobody stated anything about."""


def decide(
    statement: Statement | None,
    *,
    register: Register,
    today: date,
    defaults: Mapping[str, Sequence[str]] | None = None,
) -> Decision:
    """What follows from a statement and the consents it rests on.

    ``defaults`` are the terms an agreement gives for a basis, by its word, where a statement names nobody. Strictest
    wins: recipients are those whom every statement and every consent allows, limits add up. Embargo, with reasons:
    nothing stated, an unknown word, two bases, a consent that is missing, withdrawn, expired or somebody else's, terms
    that name or leave nobody.
    """
    if statement is None or statement.is_empty:
        return NOTHING_STATED
    consents, reasons = _consents(statement, register, today)
    reasons = [*_unreadable(statement), *_basis_problems(statement, consents), *reasons]
    terms = read_terms(statement.restriction)
    for cell in statement.terms:
        terms &= read_terms(words_of(cell))
    for consent in consents:
        terms &= read_terms((*consent.scope, *consent.terms))
    if terms.granted is None and len(statement.rights_basis) == 1 and defaults:
        terms &= read_terms(defaults.get(statement.rights_basis[0], ()))
    ends = [consent.expires for consent in consents if consent.expires is not None]
    ends += [day for text in statement.consent_expiry if (day := read_day(text)) is not None]
    until = min(ends, default=None)
    reasons += _limits(terms, until, today)
    if not reasons and terms.not_before is not None and until is not None and until < terms.not_before:
        reasons.append(f"it may be passed on from {terms.not_before}, and the consent ends on {until}")
    if reasons:
        return Decision(reasons=tuple(dict.fromkeys(reasons)), consents=consents)
    return Decision(terms.recipients, terms.conditions, terms.not_before, until, (), consents)


def _unreadable(statement: Statement) -> list[str]:
    return [
        f"a word under {column} is no code known here" for column, words in statement.items() if UNREADABLE in words
    ]


def _basis_problems(statement: Statement, consents: Sequence[Consent]) -> list[str]:
    bases = [basis for basis in statement.rights_basis if basis != UNREADABLE]
    if len(bases) > 1:
        return [f"it is stated to rest on {' and on '.join(bases)}, which contradict each other"]
    if bases == [Basis.CONSENT] and not (statement.consent_ref or statement.person):
        return ["it is stated to rest on consent, and no consent is named"]
    if not statement.rights_basis and not consents:
        return ["no basis is stated"]
    return []


def _consents(statement: Statement, register: Register, today: date) -> tuple[tuple[Consent, ...], list[str]]:
    """The consents a statement rests on, and why it cannot rest on them."""
    found: dict[str, Consent] = {}
    reasons = []
    for ref in statement.consent_ref:
        consent = register.by_ref(ref)
        if consent is not None:
            found[ref] = consent
        elif ref != UNREADABLE:
            reasons.append(f"consent {ref} is not in the register")
    owners = {consent.person for consent in found.values() if consent.person is not None}
    for person in statement.person:
        if statement.consent_ref:
            if owners and person not in owners and person != UNREADABLE:
                reasons.append(f"none of the consents named is that of person {person}")
            continue
        given = register.of_person(person)
        holding = [consent for consent in given if consent.problem(today) is None]
        found |= {consent.ref: consent for consent in holding or given}
        if not given and Basis.CONSENT in statement.rights_basis:
            reasons.append(f"no consent of person {person} is in the register")
    if statement.person:
        reasons += [
            f"consent {consent.ref} is that of another person"
            for consent in found.values()
            if consent.person is not None and consent.person not in statement.person
        ]
    for consent in found.values():
        problem = consent.problem(today)
        reasons += [] if problem is None else [problem]
    return tuple(found.values()), reasons


def _limits(terms: Terms, until: date | None, today: date) -> list[str]:
    if terms.unknown:
        return ["the terms hold a word that is not known here"]
    if terms.embargo:
        return ["an embargo without an end is stated"]
    if until is not None and until < today:
        return [f"the consent expired on {until}"]
    if terms.granted is None:
        return ["nobody is named to whom it may be passed on"]
    if not terms.recipients:
        return ["the terms leave nobody to whom it may be passed on"]
    return []
