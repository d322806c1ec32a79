"""What is done about files of a format: the shipped policy, and the rules it is made of."""

from __future__ import annotations

import itertools
import re
from datetime import date

import pytest

from archive.inspection.local_signatures import BY_HEAD, BY_MEMBERS
from archive.model.formats import Kind
from profiles.format_policy import Action, Decision, Policy, Rule, is_worse, read_policy, shipped_policy
from profiles.format_risk import Advice, Risk, RiskEntry, shipped_bytes
from profiles.risk_reading import Reading, read_table

RATED = [(risk, advice) for risk in Risk if risk is not Risk.UNRATED for advice in Advice]
OWN = {signature.format.puid for signature in (*BY_HEAD, *BY_MEMBERS)}
DAY = date(2026, 3, 20)


def decide(puid: str | None = "fmt/1", verdict: str = "agreed", rated: tuple[Risk, Advice] | None = None) -> Decision:
    risks = {} if rated is None or puid is None else {puid: RiskEntry(puid, *rated, "NARA NF00001", DAY)}
    return shipped_policy().decide(puid, verdict=verdict, risks=risks)


def test_whatever_is_known_of_a_format_there_is_a_decision_with_a_reason() -> None:
    for verdict, rated, puid in itertools.product(
        [*Kind, "decided", "of a later version"], [None, *RATED], [None, "fmt/1", "local/wacz"]
    ):
        decision = decide(puid, verdict, rated)
        assert decision.reason and decision.rule


def test_an_unknown_format_needs_a_person_whatever_the_verdict() -> None:
    assert {decide(None, verdict).action for verdict in Kind} == {Action.NEEDS_A_PERSON}
    assert decide(None, "unknown").rule == decide(None, "suggested").rule == "unknown"


def test_a_format_no_table_rates_needs_a_person() -> None:
    decision = decide("fmt/1")
    assert (decision.action, decision.risk, decision.source) == (Action.NEEDS_A_PERSON, Risk.UNRATED, None)


@pytest.mark.parametrize("verdict", [kind for kind in Kind if kind.needs_a_person])
def test_a_file_whose_format_is_disputed_or_damaged_needs_a_person_at_any_risk(verdict: Kind) -> None:
    assert {decide("fmt/1", verdict, rated).action for rated in RATED} == {Action.NEEDS_A_PERSON}


@pytest.mark.parametrize("verdict", ["agreed", "refined", "one-by-bytes", "text", "local", "decided"])
def test_what_is_settled_goes_by_its_risk(verdict: str) -> None:
    actions = {rated: decide("fmt/1", verdict, rated).action for rated in RATED}
    assert {actions[Risk.LOW, advice] for advice in Advice} == {Action.ACCEPT}
    assert {actions[Risk.MODERATE, advice] for advice in Advice} == {Action.WATCH}
    assert actions[Risk.HIGH, Advice.TRANSFORM] is Action.MIGRATE
    assert {actions[Risk.HIGH, a] for a in Advice if a is not Advice.TRANSFORM} == {Action.NEEDS_A_PERSON}


def test_a_decision_tells_who_rated_the_format_and_when() -> None:
    decision = decide("fmt/1", "agreed", (Risk.HIGH, Advice.TRANSFORM))
    assert (decision.risk, decision.advice) == (Risk.HIGH, Advice.TRANSFORM)
    assert (decision.source, decision.date) == ("NARA NF00001", "2026-03-20")


def test_every_format_of_our_own_has_a_rule_until_a_table_rates_it() -> None:
    for puid in OWN:
        assert decide(puid, "local").action in (Action.ACCEPT, Action.WATCH), puid
        assert decide(puid, "local", (Risk.HIGH, Advice.TRANSFORM)).action is Action.MIGRATE


def test_the_rules_name_verdicts_and_formats_that_exist() -> None:
    for rule in shipped_policy().rules:
        assert (rule.verdicts or set()) <= set(Kind)
        assert (rule.formats or set()) <= OWN
    names = [rule.name for rule in shipped_policy().rules]
    assert len(set(names)) == len(names)


def test_the_shipped_table_and_policy_together() -> None:
    reading = read_table(shipped_bytes(), name="shipped")
    assert isinstance(reading, Reading)
    said = {
        puid: shipped_policy().decide(puid, verdict="agreed", risks=reading.table).action
        for puid in ("fmt/412", "fmt/40", "x-fmt/8", "fmt/999999")
    }
    assert list(said.values()) == [Action.ACCEPT, Action.WATCH, Action.MIGRATE, Action.NEEDS_A_PERSON]


def test_what_is_worse() -> None:
    low, moderate, high, none = (
        decide("fmt/1", "agreed", rated)
        for rated in (
            (Risk.LOW, Advice.KEEP), (Risk.MODERATE, Advice.KEEP), (Risk.HIGH, Advice.TRANSFORM), None,
        )
    )  # fmt: skip
    assert is_worse(low, moderate) and is_worse(moderate, high) and is_worse(low, high)
    assert is_worse(low, none), "nobody rates it any more"
    assert is_worse(none, high) and is_worse(none, moderate), "somebody rated it, and not as low"
    assert not is_worse(high, moderate) and not is_worse(moderate, low) and not is_worse(none, low)
    assert not any(is_worse(one, one) for one in (low, moderate, high, none))
    assert is_worse(high, decide("fmt/1", "agreed", (Risk.HIGH, Advice.KEEP))), "the way out is gone"


def test_a_policy_without_a_rule_that_fits_is_a_mistake_of_whoever_wrote_it() -> None:
    with pytest.raises(ValueError, match="no rule"):
        Policy(9, (Rule("never", Action.ACCEPT, "never", verdicts=frozenset()),)).decide(None, verdict="x", risks={})


@pytest.mark.parametrize(
    "text",
    [
        '[[rule]]\nname="a"\naction="burn"\nreason="r"',
        '[[rule]]\nname="a"\naction="accept"\nreason="r"\nrisk=["low"]',
        '[[rule]]\nname="a"\naction="accept"\nreason="r"\nrisks=["lowish"]',
    ],
)
def test_a_misspelt_policy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.compile("burn|risk|lowish")):
        read_policy("version = 2\n" + text)
