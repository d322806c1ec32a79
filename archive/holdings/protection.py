"""The settings that protect the holdings: raised by one person, lowered only by two.

``archive.toml`` says what a person wishes. What holds is what the log recorded last, and what is stricter than that.
"""

from __future__ import annotations

from archive import config as configuration
from archive.config import Config, lowered, protective_settings, with_settings
from archive.errors import ArchiveError, UsageError
from archive.holdings.acting import Acting, Performance, Subjects, number, text
from archive.holdings.approvals import OPEN, carried_out, docket_now, needs_two_persons
from archive.holdings.docket import Filed
from archive.holdings.holdings import Holdings
from archive.model.records import PolicyRecord
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


def in_force(holdings: Holdings, wanted: Config) -> Config:
    """The configuration with the settings that hold now: what is lowered under dual control does not count yet."""
    return with_settings(wanted, _pending(holdings, wanted))


def settle(holdings: Holdings, wanted: Config) -> Config:
    """As ``in_force``, with what was raised recorded."""
    config = in_force(holdings, wanted)
    settings = protective_settings(config)
    if settings != holdings.catalogue.policy():
        holdings.record([policy(holdings, settings, request=None)])
    return config


def refused(holdings: Holdings, wanted: Config) -> list[Finding]:
    """A warning for each setting that is lowered, does not hold, and that nobody has asked for yet."""
    pending = _pending(holdings, wanted)
    if not pending:
        return []
    now, wishes = holdings.stamp.clock(), protective_settings(wanted)
    asked = [filed for filed in docket_now(holdings).requests.values() if filed.standing(now) in OPEN]
    named = {(subject.get("setting"), subject.get("to")) for filed in asked for subject in filed.subjects()}
    return [_refused(name, wishes[name], held) for name, held in pending.items() if (name, wishes[name]) not in named]


def policy(holdings: Holdings, settings: dict[str, int], *, request: str | None) -> PolicyRecord:
    """The record of the settings that hold from now on."""
    spelled = {name: str(value) for name, value in settings.items()}
    return PolicyRecord(**holdings.stamp(), settings=spelled, request=request)


def wished(holdings: Holdings, wanted: Config) -> list[dict[str, object]]:
    """The settings that ``archive.toml`` would lower, as they stand in a request."""
    recorded = holdings.catalogue.policy()
    less = lowered(protective_settings(wanted), recorded)
    return [{"setting": name, "from": recorded[name], "to": value} for name, value in sorted(less.items())]


def _pending(holdings: Holdings, wanted: Config) -> dict[str, int]:
    """The recorded value of each setting that is to be lowered and may not be by one person."""
    if not needs_two_persons(holdings):
        return {}
    recorded = holdings.catalogue.policy()
    return {name: recorded[name] for name in lowered(protective_settings(wanted), recorded)}


def _refused(name: str, wish: int, value: int) -> Finding:
    message = (
        f"archive.toml lowers the protection of the holdings ({name} = {wish}); {value} holds until two persons have "
        f"agreed: archive policy request, or put {value} back"
    )
    return Finding(FindingCode.POLICY_LOWERED, Severity.WARNING, name, message, "ADR 0016")


def _check(acting: Acting, subjects: Subjects) -> None:
    recorded = acting.holdings.catalogue.policy()
    wish = protective_settings(configuration.load(acting.home))
    for subject in subjects:
        name, before, after = text(subject, "setting"), number(subject, "from"), number(subject, "to")
        if name not in recorded or recorded[name] != before:
            raise ArchiveError(f"the setting {name} is {recorded.get(name)} by now, not {before}", hint="ask anew")
        if wish.get(name) != after:
            raise UsageError(
                f"archive.toml says {name} = {wish.get(name)}, and the request {after}",
                hint=f"put {after} into archive.toml, or ask anew",
            )


def _words(_acting: Acting, subjects: Subjects) -> list[str]:
    return [f"lower {text(s, 'setting')} from {number(s, 'from')} to {number(s, 'to')}" for s in subjects]


def _carry_out(acting: Acting, filed: Filed) -> list[Finding]:
    settings = acting.holdings.catalogue.policy()
    settings |= {text(subject, "setting"): number(subject, "to") for subject in filed.subjects()}
    request = filed.record.request
    acting.holdings.record([policy(acting.holdings, settings, request=request), carried_out(acting.holdings, request)])
    return []


POLICY = Performance(_check, _words, _carry_out)
