"""From statements and consents to a decision: strictest wins, what is not clear is embargo, and it says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model.rights import (
    NOTHING_STATED,
    Consent,
    Decision,
    Register,
    Statement,
    decide,
    is_reference,
    read_day,
)
from archive.model.terms import WORDS, Condition, Recipient

TODAY = date(2026, 11, 22)


def consent(ref: str = "CF-1", **said: object) -> Consent:
    base = Consent(ref, None, ("court", "un"), (), date(2020, 9, 1), date(2030, 9, 1))
    return replace(base, **said)  # type: ignore[arg-type]


REGISTER = Register(
    (
        consent("CF-1"),
        consent("CF-2", scope=("court", "prosecutor", "partner"), terms=("ask-again",), expires=date(2028, 1, 1)),
        consent("CF-3", scope=("all",), terms=("no-public",), expires=None),
        consent("CF-4", scope=("all",), terms=("embargo-2030",), expires=None),
        consent("CF-5", scope=("partner",)),
        consent("CF-6", scope=("all",), terms=("embargo",)),
        consent("CF-7", scope=("all",), terms=("as-the-lawyer-says",)),
        consent("CF-8", scope=()),
        consent("CF-9", expires=date(2019, 1, 1)),
        consent("OLD-1", expires=TODAY - timedelta(days=1)),
        consent("LAST-1", expires=TODAY),
        consent("SOON-1", given=TODAY + timedelta(days=1)),
        consent("GONE-1", withdrawn=date(2026, 1, 1)),
        consent("P1-1", person="P-1"),
        consent("P2-1", person="P-2", expires=TODAY - timedelta(days=1)),
        consent("P2-2", person="P-2", scope=("un",)),
        consent("P3-1", person="P-3", withdrawn=TODAY),
    )
)


def said(**cells: str) -> Statement:
    return Statement.read(cells.items())


def decided(statement: Statement | None, defaults: Mapping[str, tuple[str, ...]] | None = None) -> Decision:
    return decide(statement, register=REGISTER, today=TODAY, defaults=defaults)


@pytest.mark.parametrize(
    ("cells", "recipients"),
    [
        ({"rights_basis": "consent", "consent_ref": "CF-1"}, "court un"),
        ({"consent_ref": "CF-1"}, "court un"),
        ({"rights_basis": "CONSENT", "consent_ref": "CF-1"}, "court un"),
        ({"rights_basis": "consent", "consent_ref": "CF-1; CF-2"}, "court"),
        ({"rights_basis": "consent", "consent_ref": "CF-1", "restriction": "no-un"}, "court"),
        ({"rights_basis": "consent", "consent_ref": "CF-1", "restriction": "none"}, "court un"),
        ({"rights_basis": "consent", "consent_ref": "CF-1", "terms": "un, public"}, "un"),
        ({"rights_basis": "consent", "consent_ref": "CF-3"}, "court prosecutor un partner research"),
        ({"rights_basis": "public", "terms": "all"}, "court prosecutor un partner research public"),
        (
            {"rights_basis": "public", "terms": "all", "restriction": "no-public"},
            "court prosecutor un partner research",
        ),
        ({"rights_basis": "public", "terms": "all", "consent_ref": "CF-1"}, "court un"),
        ({"rights_basis": "statute", "terms": "court prosecutor"}, "court prosecutor"),
        ({"rights_basis": "mandate", "terms": "un", "person": "P-9"}, "un"),
        ({"rights_basis": "consent", "person": "P-1"}, "court un"),
        ({"person": "P-1"}, "court un"),
        ({"rights_basis": "consent", "person": "P-1", "consent_ref": "P1-1"}, "court un"),
        ({"rights_basis": "consent", "person": "P-1", "consent_ref": "CF-1"}, "court un"),
        ({"rights_basis": "consent", "person": "P-2"}, "un"),
        ({"rights_basis": "consent", "person": "P-1 P-2"}, "un"),
        ({"rights_basis": "public", "terms": "court un", "restriction": "embargo-2020"}, "court un"),
        ({"rights_basis": "consent", "consent_ref": "LAST-1"}, "court un"),
        ({"rights_basis": "public", "terms": "un", "consent_expiry": TODAY.isoformat()}, "un"),
    ],
)
def test_the_strictest_of_everything_stated_holds(cells: dict[str, str], recipients: str) -> None:
    decision = decided(said(**cells))
    assert decision.reasons == ()
    assert decision.recipients == {Recipient(word) for word in recipients.split()}
    for recipient in Recipient:
        assert decision.allows(recipient, TODAY) == (recipient in recipients.split())
    assert not decision.is_embargo(TODAY)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({}, "nothing is stated"),
        ({"restriction": "no-public"}, "no basis is stated"),
        ({"terms": "all"}, "no basis is stated"),
        ({"person": "P-9", "terms": "all"}, "no basis is stated"),
        ({"rights_basis": "public"}, "nobody is named"),
        ({"rights_basis": "public", "restriction": "no-public"}, "nobody is named"),
        ({"rights_basis": "statute", "terms": "public", "restriction": "no-public"}, "leave nobody"),
        ({"rights_basis": "hope", "terms": "all"}, "a word under rights_basis"),
        ({"rights_basis": "public", "terms": "all mankind"}, "a word under terms"),
        ({"rights_basis": "public", "terms": "all", "restriction": "спросить маму"}, "a word under restriction"),
        ({"rights_basis": "public", "terms": "all", "restriction": "court"}, "a word under restriction"),
        ({"rights_basis": "public", "terms": "all", "consent_ref": "письмо"}, "a word under consent_ref"),
        ({"rights_basis": "public", "terms": "all", "person": "Мария"}, "a word under person"),
        ({"rights_basis": "public", "terms": "all", "consent_expiry": "forever"}, "a word under consent_expiry"),
        ({"rights_basis": "consent; public", "terms": "all"}, "contradict each other"),
        ({"rights_basis": "consent", "terms": "all"}, "no consent is named"),
        ({"rights_basis": "consent", "consent_ref": "CF-404"}, "CF-404 is not in the register"),
        ({"rights_basis": "consent", "consent_ref": "CF-1 CF-404"}, "CF-404 is not in the register"),
        ({"rights_basis": "consent", "consent_ref": "cf-1"}, "cf-1 is not in the register"),
        ({"rights_basis": "public", "terms": "all", "consent_ref": "CF-404"}, "CF-404 is not in the register"),
        ({"rights_basis": "consent", "consent_ref": "CF-1 CF-5"}, "leave nobody"),
        ({"rights_basis": "consent", "consent_ref": "CF-6"}, "embargo without an end"),
        ({"rights_basis": "consent", "consent_ref": "CF-7"}, "a word that is not known"),
        ({"rights_basis": "consent", "consent_ref": "CF-8", "terms": "all"}, "CF-8 names nobody"),
        ({"rights_basis": "consent", "consent_ref": "CF-9"}, "before it was given"),
        ({"rights_basis": "consent", "consent_ref": "OLD-1"}, f"expired on {TODAY - timedelta(days=1)}"),
        ({"rights_basis": "consent", "consent_ref": "CF-1 OLD-1"}, "OLD-1 expired"),
        ({"rights_basis": "public", "terms": "all", "consent_ref": "OLD-1"}, "OLD-1 expired"),
        ({"rights_basis": "consent", "consent_ref": "SOON-1"}, "SOON-1 begins"),
        ({"rights_basis": "consent", "consent_ref": "GONE-1"}, "GONE-1 was withdrawn"),
        ({"rights_basis": "consent", "person": "P-9"}, "no consent of person P-9"),
        ({"rights_basis": "consent", "person": "P-1 P-9"}, "no consent of person P-9"),
        ({"rights_basis": "consent", "person": "P-3"}, "P3-1 was withdrawn"),
        ({"rights_basis": "consent", "person": "P-2", "consent_ref": "P1-1"}, "P1-1 is that of another person"),
        ({"rights_basis": "consent", "person": "P-1 P-2", "consent_ref": "P1-1"}, "none of the consents named"),
        ({"rights_basis": "public", "terms": "all", "restriction": "embargo"}, "embargo without an end"),
        ({"rights_basis": "public", "terms": "un", "consent_expiry": "2026-11-21"}, "expired on 2026-11-21"),
        ({"rights_basis": "public", "terms": "un", "consent_expiry": "21.11.2026"}, "expired on 2026-11-21"),
        ({"rights_basis": "consent", "consent_ref": "CF-1", "restriction": "embargo-2031"}, "the consent ends on"),
    ],
)
def test_what_is_unknown_contradicting_or_over_is_embargo_and_says_why(cells: dict[str, str], reason: str) -> None:
    decision = decided(said(**cells))
    assert decision.recipients == frozenset()
    assert decision.is_embargo(TODAY)
    assert any(reason in told for told in decision.reasons), decision.reasons
    assert decision.in_words(TODAY).startswith("embargo: ")


def test_nobody_said_anything() -> None:
    assert decided(None) == NOTHING_STATED
    assert decided(Statement()) == NOTHING_STATED


def test_an_embargo_with_an_end_lasts_until_that_day_and_not_longer() -> None:
    decision = decided(said(rights_basis="consent", consent_ref="CF-4"))
    eve = date(2029, 12, 31)
    assert decision.is_embargo(TODAY) and decision.is_embargo(eve)
    assert decision.in_words(TODAY).startswith("embargo for now; later to court")
    assert decision.allows(Recipient.COURT, date(2030, 1, 1))


def test_the_earliest_end_counts_and_ends_everything() -> None:
    decision = decided(said(rights_basis="consent", consent_ref="CF-1 CF-2"))
    assert decision.until == date(2028, 1, 1)
    assert decision.conditions == {Condition.ASK_AGAIN}
    assert decision.allows(Recipient.COURT, date(2028, 1, 1))
    assert decision.is_embargo(date(2028, 1, 2))


def test_an_agreement_may_say_what_a_basis_allows_where_the_table_names_nobody() -> None:
    defaults = {"public": ("court", "un")}
    assert decided(said(rights_basis="public"), defaults).recipients == {Recipient.COURT, Recipient.UN}
    assert decided(said(rights_basis="public", restriction="no-un"), defaults).recipients == {Recipient.COURT}
    assert decided(said(rights_basis="public", terms="partner"), defaults).recipients == {Recipient.PARTNER}
    assert decided(said(rights_basis="statute"), defaults).reasons == ("nobody is named to whom it may be passed on",)


def test_words_that_are_no_code_are_not_carried_on() -> None:
    statement = Statement.read(
        [("restriction", "не показывать Марии Ивановой"), ("person", "Ivanova"), ("consent_ref", "CF-1, letter")]
    )
    assert statement.as_text() == {"restriction": "?", "person": "?", "consent_ref": "? CF-1"}


def test_two_cells_of_terms_allow_what_both_allow() -> None:
    cells = [("rights_basis", "public"), ("terms", "court un"), ("terms", "un, partner"), ("terms", "UN;court")]
    statement = Statement.read(cells)
    assert statement.as_text()["terms"] == "court,un partner,un"
    assert decided(statement).recipients == {Recipient.UN}
    assert decided(Statement.read([*cells, ("terms", "court")])).reasons == (
        "the terms leave nobody to whom it may be passed on",
    )


def test_a_column_of_another_kind_is_a_slip_of_the_programmer() -> None:
    with pytest.raises(ValueError):
        Statement.read([("place", "Minsk")])


@pytest.mark.parametrize("text", ["CF-0003", "P-14", "2024/117", "a1", "1", "X" * 63 + "1"])
def test_a_reference_is_a_code(text: str) -> None:
    assert is_reference(text)


@pytest.mark.parametrize("text", ["", "Ivanova", "Мария-1", "CF 3", "-1", "1\n", "X" * 64 + "1", "a1;b2", "?1", "١"])
def test_a_name_is_no_reference(text: str) -> None:
    assert not is_reference(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-09-01", date(2020, 9, 1)),
        (" 1.9.2020 ", date(2020, 9, 1)),
        ("01.09.2020", date(2020, 9, 1)),
        ("2020-02-30", None),
        ("30.2.2020", None),
        ("2020", None),
        ("01/09/2020", None),
        ("٢٠٢٠-09-01", None),
        ("", None),
    ],
)
def test_a_day_is_read_or_not_at_all(text: str, day: date | None) -> None:
    assert read_day(text) == day


CELLS = st.fixed_dictionaries(
    {},
    optional={
        "rights_basis": st.sampled_from(["consent", "public", "statute", "consent public", "?", ""]),
        "restriction": st.lists(st.sampled_from([*WORDS[:14], "embargo-2030", "x"]), max_size=3).map(" ".join),
        "terms": st.lists(st.sampled_from([*WORDS[:7], "x"]), max_size=3).map(" ".join),
        "consent_ref": st.lists(st.sampled_from([c.ref for c in REGISTER.consents] + ["CF-404"]), max_size=3).map(
            " ".join
        ),
        "person": st.lists(st.sampled_from(["P-1", "P-2", "P-3", "P-9"]), max_size=2).map(" ".join),
        "consent_expiry": st.sampled_from(["", "2020-01-01", "2031-01-01", "x"]),
    },
)


@given(CELLS)
def test_a_statement_survives_the_log(cells: dict[str, str]) -> None:
    statement = Statement.read(cells.items())
    assert Statement.from_text(statement.as_text()) == statement


@given(CELLS, CELLS)
def test_saying_more_never_opens_what_was_closed_to_somebody(one: dict[str, str], other: dict[str, str]) -> None:
    """Once a basis and terms are stated, more statements only take away."""
    base = said(rights_basis="public", terms="all")
    first = Statement.read([*base_cells(base), *one.items()])
    more = Statement.read([*base_cells(first), *other.items()])
    before, after = decided(first), decided(more)
    if more.person == first.person:  # another person's consent may answer for one that failed before
        assert after.recipients <= before.recipients
    assert (after.recipients == frozenset()) == bool(after.reasons)


def base_cells(statement: Statement) -> list[tuple[str, str]]:
    return [(column, word) for column, words in statement.items() for word in words]


@given(CELLS, st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_nothing_ever_raises_and_an_embargo_has_a_reason(cells: dict[str, str], today: date) -> None:
    decision = decide(Statement.read(cells.items()), register=REGISTER, today=today)
    assert bool(decision.recipients) != bool(decision.reasons)
    assert decision.in_words(today)
