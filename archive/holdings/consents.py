"""The register of consents: what people allowed, by code, and what rests on it.

The custody log holds every entry, correction and withdrawal; nothing here knows who a person is. What follows from a
consent is decided in ``archive.model.rights``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import ConsentRow, FileRightsRow, FileRow
from archive.errors import UsageError
from archive.holdings.holdings import Holdings
from archive.model.identifiers import new_identifier
from archive.model.names import shown
from archive.model.records import ConsentRecord, ConsentWithdrawnRecord, Record
from archive.model.rights import Consent, Register, Statement, is_reference, read_day, words_of
from archive.model.terms import WORDS, read_term, read_terms


def read_consent(
    *, ref: str, person: str | None, scope: str, terms: str, given: str, expires: str | None
) -> tuple[Consent | None, list[str]]:
    """The consent that these words make, and what is wrong with them; None where something is.

    Days are ``2020-09-01`` or ``1.9.2020``.
    """
    problems = []
    for what, code in (("the reference", ref), ("the person", person)):
        if code and not is_reference(code):
            problems.append(
                f"{what} '{shown(code)}' is no code: up to 64 letters and digits, with a digit; never a name"
            )
    if not ref:
        problems.append("it has no reference")
    begins, ends = read_day(given), read_day(expires) if expires else None
    if begins is None:
        problems.append(
            f"'{shown(given)}' is no day it can have been given on" if given else "no day of giving is said"
        )
    if expires and ends is None:
        problems.append(f"'{shown(expires)}' is no day it can end on")
    if begins is not None and ends is not None and ends < begins:
        problems.append(f"it ends on {ends}, before it was given on {begins}")
    granted, limits = words_of(scope.lower()), words_of(terms.lower())
    unknown = [word for word in (*granted, *limits) if read_term(word).unknown]
    if unknown:
        problems.append(f"'{shown(unknown[0])}' is no code known here; known are {', '.join(WORDS)}")
    elif read_terms(granted).granted is None:
        problems.append("its scope names nobody to whom anything may be passed on")
    if problems or begins is None:
        return None, problems
    return Consent(ref, person or None, _sorted(granted), _sorted(limits), begins, ends), []


def register(holdings: Holdings, consents: Sequence[Consent], *, reason: str = "") -> list[Consent]:
    """Enter consents into the register, all or none; answer those that were not there in these words already.

    A consent that is there in other words is a correction and wants a ``reason``. Raises UsageError for a correction
    without one, for one consent twice, and for one that was withdrawn.
    """
    new = check(holdings.catalogue, consents, reason=reason)
    known = {row.ref: row.id for row in holdings.catalogue.consents_of(refs=[consent.ref for consent in new])}
    records: list[Record] = [
        ConsentRecord(
            **holdings.stamp(reason),
            consent=known.get(consent.ref) or new_identifier(),
            ref=consent.ref,
            person=consent.person,
            scope=" ".join(consent.scope),
            terms=" ".join(consent.terms),
            given=consent.given.isoformat(),
            expires=None if consent.expires is None else consent.expires.isoformat(),
        )
        for consent in new
    ]
    holdings.record(records)
    return new


def check(catalogue: Catalogue, consents: Sequence[Consent], *, reason: str) -> list[Consent]:
    """What ``register`` would enter; raises as it would."""
    known = {row.ref: _consent(row) for row in catalogue.consents_of(refs=[consent.ref for consent in consents])}
    seen: dict[str, Consent] = {}
    new = []
    for consent in consents:
        if seen.setdefault(consent.ref, consent) is not consent:
            raise UsageError(
                f"consent {consent.ref} is given twice", hint="give each consent once; nothing was entered"
            )
        there = known.get(consent.ref)
        if there is not None and replace(there, withdrawn=None) == consent:
            continue
        if there is not None and there.withdrawn is not None:
            raise UsageError(
                f"consent {consent.ref} was withdrawn on {there.withdrawn}",
                hint="what the person consents to now is a new consent, with a reference of its own",
            )
        if there is not None and not reason:
            raise UsageError(
                f"consent {consent.ref} is in the register in other words",
                hint="to correct it, give --reason TEXT, which stands in the custody log for ever",
            )
        new.append(consent)
    return new


def withdraw(holdings: Holdings, ref: str, *, on: date, reason: str) -> Consent:
    """Write down that the person took the consent back. Raises UsageError where there is none to take back."""
    row = _row(holdings.catalogue, ref)
    consent = _consent(row)
    if consent.withdrawn is not None:
        raise UsageError(f"consent {ref} was withdrawn on {consent.withdrawn} already", hint="nothing was changed")
    holdings.record([ConsentWithdrawnRecord(**holdings.stamp(reason), consent=row.id, withdrawn=on.isoformat())])
    return replace(consent, withdrawn=on)


def get(catalogue: Catalogue, ref: str) -> Consent:
    """The consent of that reference; UsageError where there is none."""
    return _consent(_row(catalogue, ref))


def _row(catalogue: Catalogue, ref: str) -> ConsentRow:
    row = catalogue.consent(ref)
    if row is None:
        raise UsageError(f"there is no consent {shown(ref)}", hint="archive consent list shows them")
    return row


def all_consents(catalogue: Catalogue, *, ending_by: date | None = None) -> list[Consent]:
    """Every consent by reference; those that end on or before a day, the earliest first, where one is given."""
    if ending_by is None:
        return [_consent(row) for row in catalogue.consents()]
    found = [_consent(row) for row in catalogue.consents(before=ending_by.isoformat())]
    return sorted(found, key=lambda consent: (consent.expires or ending_by, consent.ref))


def register_for(catalogue: Catalogue, statements: Iterable[Statement]) -> Register:
    """The consents that matter for these statements."""
    refs, persons = dict[str, None](), dict[str, None]()
    for statement in statements:
        refs |= dict.fromkeys(statement.consent_ref)
        persons |= dict.fromkeys(statement.person)
    return Register(tuple(_consent(row) for row in catalogue.consents_of(refs=refs, persons=persons)))


def statement_of(row: FileRightsRow | None) -> Statement | None:
    """What was stated about a file, from its row."""
    return None if row is None else Statement.from_text(json.loads(row.statement))


def resting_on(catalogue: Catalogue, consent: Consent) -> Iterator[FileRow]:
    """The held files that rest on a consent, by package."""
    return catalogue.resting_on(consent.ref, consent.person)


def _consent(row: ConsentRow) -> Consent:
    return Consent(
        ref=row.ref,
        person=row.person,
        scope=words_of(row.scope),
        terms=words_of(row.terms),
        given=date.fromisoformat(row.given),
        expires=None if row.expires is None else date.fromisoformat(row.expires),
        withdrawn=None if row.withdrawn is None else date.fromisoformat(row.withdrawn),
    )


def _sorted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(words)))
