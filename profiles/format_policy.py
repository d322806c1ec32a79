"""What is done about files of a format, from what is known of them: rules as data, the first that fits decides. Pure.

An original is kept whatever a policy says: ``migrate`` means that a second form is made beside it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, TypeVar

from profiles.format_risk import Advice, Risk, RiskTable

SHIPPED_POLICY = "policy-1.toml"

W = TypeVar("W", bound=str)


class Action(StrEnum):
    """What is to be done, from nothing to most."""

    ACCEPT = "accept"
    WATCH = "watch"
    MIGRATE = "migrate"
    NEEDS_A_PERSON = "needs-a-person"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a condition that is None fits always. ``reason`` is said to people, without a full stop."""

    name: str
    action: Action
    reason: str
    known: bool | None = None
    formats: frozenset[str] | None = None
    verdicts: frozenset[str] | None = None
    risks: frozenset[Risk] | None = None
    advice: frozenset[Advice] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about some files and why. ``source`` and ``date`` tell who rated the format, and when, or None."""

    action: Action
    reason: str
    rule: str
    risk: Risk
    advice: Advice | None = None
    source: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the rules, in the order in which they are asked. The last ones together fit everything."""

    version: int
    rules: tuple[Rule, ...]

    def decide(self, puid: str | None, *, verdict: str, risks: RiskTable) -> Decision:
        """What is done about files of the format ``puid``, or of none that could be named.

        ``verdict`` is the word for how the identifiers stood to one another (``archive formats identify``).
        """
        entry = None if puid is None else risks.get(puid)
        risk = Risk.UNRATED if entry is None else entry.risk
        for rule in self.rules:
            if (
                (rule.known is None or rule.known is (puid is not None))
                and (rule.formats is None or puid in rule.formats)
                and (rule.verdicts is None or verdict in rule.verdicts)
                and (rule.risks is None or risk in rule.risks)
                and (rule.advice is None or (entry is not None and entry.advice in rule.advice))
            ):
                if entry is None:
                    return Decision(rule.action, rule.reason, rule.name, risk)
                day = entry.date.isoformat()
                return Decision(rule.action, rule.reason, rule.name, risk, entry.advice, entry.source, day)
        raise ValueError(f"policy {self.version} has no rule for {puid}, {verdict}, {risk}")


def is_worse(before: Decision, after: Decision) -> bool:
    """Whether a format got riskier: the level rose, or more is to be done than before."""
    levels, actions = list(Risk), list(Action)
    return levels.index(after.risk) > levels.index(before.risk) or (
        actions.index(after.action) > actions.index(before.action)
    )


@cache
def shipped_policy() -> Policy:
    """The policy that is shipped with this version."""
    data = resources.files("profiles").joinpath("data/formats", SHIPPED_POLICY).read_bytes()
    return read_policy(data.decode("utf-8"))


def read_policy(text: str) -> Policy:
    """A policy from TOML. Raises ValueError for what it does not understand."""
    document = tomllib.loads(text)
    return Policy(version=int(document["version"]), rules=tuple(_rule(found) for found in document["rule"]))


def _rule(found: dict[str, Any]) -> Rule:
    known = {"name", "action", "reason", "known", "formats", "verdicts", "risks", "advice"}
    if unknown := found.keys() - known:
        raise ValueError(f"rule {found.get('name')}: unknown keys {sorted(unknown)}")
    return Rule(
        name=found["name"],
        action=Action(found["action"]),
        reason=found["reason"],
        known=found.get("known"),
        formats=_words(found, "formats", str),
        verdicts=_words(found, "verdicts", str),
        risks=_words(found, "risks", Risk),
        advice=_words(found, "advice", Advice),
    )


def _words(found: dict[str, Any], key: str, kind: type[W]) -> frozenset[W] | None:
    return frozenset(kind(word) for word in found[key]) if key in found else None
