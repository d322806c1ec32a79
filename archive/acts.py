"""The acts that take two persons, each with what checks it, tells it and does it; and the one way to have one done."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archive.deaccession.carry_out import DELETION
from archive.handover.export import EXPORT
from archive.holdings.acting import Acting, Performance
from archive.holdings.approvals import require_agent, require_dual_control, require_ready
from archive.holdings.docket import Filed
from archive.holdings.erasing import ERASURE
from archive.holdings.holds import HOLD_LIFT
from archive.holdings.keyring import KEY_ADDITION, KEY_RETIREMENT
from archive.holdings.places import LOCATION_RETIREMENT
from archive.holdings.protection import POLICY
from archive.holdings.remarks import ALWAYS, require_no_remarks
from archive.holdings.setting_aside import SETTING_ASIDE
from archive.model.acts import Act
from profiles.finding import Finding

PERFORMANCES: Mapping[Act, Performance] = MappingProxyType(
    {
        Act.DELETION: DELETION,
        Act.LOCATION_RETIREMENT: LOCATION_RETIREMENT,
        Act.POLICY: POLICY,
        Act.KEY_ADDITION: KEY_ADDITION,
        Act.KEY_RETIREMENT: KEY_RETIREMENT,
        Act.HOLD_LIFT: HOLD_LIFT,
        Act.EXPORT: EXPORT,
        Act.SET_ASIDE: SETTING_ASIDE,
        Act.ERASURE: ERASURE,
    }
)


def may_be_asked(acting: Acting, act: Act, subjects: list[dict[str, object]]) -> None:
    """Raise where the act must not be asked for: nobody named, no two persons yet, or something forbids it."""
    _require_home(acting, act)
    doing = f"to ask for a {act}"
    require_agent(acting.holdings, doing)
    require_dual_control(acting.holdings, doing)
    PERFORMANCES[act].check(acting, subjects)


def may_be_approved(acting: Acting, filed: Filed) -> None:
    """Raise where something forbids the act that a request asks for, as things stand."""
    _require_home(acting, filed.record.act)
    _require_clean_log(acting, filed, "approving it")
    PERFORMANCES[filed.record.act].check(acting, filed.subjects())


def in_words(acting: Acting, filed: Filed) -> list[str]:
    """What a request asks for, for the eyes of a person."""
    return PERFORMANCES[filed.record.act].words(acting, filed.subjects())


def may_be_carried_out(acting: Acting, filed: Filed) -> None:
    """Raise where records of the log that took no effect forbid it, or this home does."""
    _require_home(acting, filed.record.act)
    _require_clean_log(acting, filed, "carrying it out")


def _require_home(acting: Acting, act: Act) -> None:
    """Only a new key may be had before a takeover, which may want to be signed with it."""
    if act is not Act.KEY_ADDITION:
        acting.holdings.seen().require_in_force()


def _require_clean_log(acting: Acting, filed: Filed, doing: str) -> None:
    if filed.record.act not in ALWAYS:
        require_no_remarks(acting.holdings.catalogue, f"request {filed.record.request} ({filed.record.act}): {doing}")


def carry_out(acting: Acting, request: str) -> list[Finding]:
    """Do what an approved request asks for; answer what a person should know.

    Raises UsageError where nobody is named, ArchiveError where the request is not ready or something forbids the act.
    """
    require_agent(acting.holdings, "to carry out a request")
    filed = require_ready(acting.holdings, request)
    if filed.done:
        return []
    may_be_carried_out(acting, filed)
    performance = PERFORMANCES[filed.record.act]
    if not filed.begun:
        performance.check(acting, filed.subjects())
    return performance.carry_out(acting, filed)
