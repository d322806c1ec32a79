"""Requests, approvals, and what is asked before an act that nobody may do alone: may it be done now.

What is asked and approved lives in the custody log. For lists it is found by the catalogue; before an act the whole
log is read, because the catalogue is only an index, and every signature is checked again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from archive import canonical
from archive.config import ApprovalPolicy
from archive.custody.times import set_back
from archive.errors import ArchiveError, UsageError
from archive.holdings.docket import PAPERS, Docket, Filed, Standing, dual_control, examine_acts
from archive.holdings.erasures import LogReading, erasure_numbers, unlawful_erasures
from archive.holdings.holdings import Holdings
from archive.holdings.statements import SALT_SIZE, Draft
from archive.model.acts import UNNAMED, Act
from archive.model.identifiers import new_identifier
from archive.model.moments import format_moment
from archive.model.records import (
    ApprovalRecord,
    CarriedOutRecord,
    Record,
    RequestRecord,
    RequestWithdrawnRecord,
    SealRecord,
)
from archive.model.sentences import behind_the_log
from profiles.finding import Finding

OPEN = (Standing.WAITING, Standing.DELAYED, Standing.READY, Standing.BEGUN)
"""How a request stands that may still be carried out."""


def docket_now(holdings: Holdings) -> Docket:
    """The docket as the catalogue finds it in the log: quick, for looking."""
    papers = holdings.catalogue.papers()
    return Docket.of(holdings.archive, ((paper.number, holdings.log.record(paper.number)) for paper in papers))


def docket_from_log(holdings: Holdings) -> Docket:
    """The docket from the whole log: slow, for acting."""
    return Docket.of(holdings.archive, _in_effect(holdings, PAPERS))


def examine(holdings: Holdings) -> list[Finding]:
    """Every key, policy, approval and act in the log that was not allowed when it was recorded."""
    papers = _in_effect(holdings, PAPERS | {SealRecord.kind})
    findings = list(examine_acts(holdings.archive, papers, fallen=set_back(holdings.log)))
    if erasure_numbers(holdings.catalogue):
        told = {finding.subject for finding in findings}
        unlawful = unlawful_erasures(holdings.archive, LogReading(holdings.log))
        findings += [finding for finding in unlawful if finding.subject not in told]
    return findings


def _in_effect(holdings: Holdings, kinds: frozenset[str]) -> Iterator[tuple[int, Record]]:
    """The records of these kinds, but for those that took no effect."""
    without_effect = {row.number for row in holdings.catalogue.remarks()}
    return ((n, record) for n, record in holdings.log.records(kinds=kinds) if n not in without_effect)


def needs_two_persons(holdings: Holdings) -> bool:
    """Whether dual control is in force: two persons have, or had, an approver's key."""
    return dual_control(holdings.catalogue.keys())


def require_dual_control(holdings: Holdings, doing: str) -> None:
    """Raise ArchiveError where there are no two persons yet who could ask and approve."""
    if not needs_two_persons(holdings):
        raise ArchiveError(
            f"{doing} takes two persons with an approver's key each, and this archive has not got them yet",
            hint="for each: archive agent add CODE --role approver; archive key new NAME --role approver --holder CODE",
        )


def require_agent(holdings: Holdings, doing: str) -> None:
    """Raise UsageError unless whoever acts is a registered agent: acts that matter are never done as ``unnamed``."""
    actor = holdings.stamp.actor
    if actor in {agent.code for agent in holdings.catalogue.agents()}:
        return
    who = "nobody is named" if actor == UNNAMED else f"'{actor}' is not a registered agent"
    raise UsageError(
        f"{doing}: {who}",
        hint="say who acts: archive --as CODE …; archive agent list shows the codes, archive agent add makes one",
    )


def draft_request(
    holdings: Holdings,
    *,
    act: Act,
    archive: str,
    subjects: Sequence[Mapping[str, object]],
    reason: str,
    key: str,
    policy: ApprovalPolicy,
) -> Draft:
    """A request to be signed with the key of that name.

    Raises UsageError for an empty reason, a key that cannot sign, and where the same is asked for already.
    """
    if not reason.strip() or not reason.isprintable():
        raise UsageError(
            "say why, in one line", hint='--reason "…"; it is signed, and stands in the custody log for ever'
        )
    docket = docket_now(holdings)
    refused = docket.why_no_signer(key)
    if refused is not None:
        raise UsageError(refused, hint="archive key list shows the keys")
    draft = Draft(
        request=new_identifier(),
        act=act,
        archive=archive,
        subjects=canonical.encode([dict(subject) for subject in subjects]).decode(),
        reason=reason,
        reason_salt=secrets.token_bytes(SALT_SIZE),
        requested_by=key,
        delay_hours=policy.delay_hours,
        valid_days=policy.valid_days,
    )
    _refuse_twice(docket, draft, holdings.stamp.clock())
    return draft


def _refuse_twice(docket: Docket, draft: Draft, now: datetime) -> None:
    for known in docket.requests.values():
        same = known.record.act is draft.act and known.record.subjects_sha256 == draft.subjects_sha256
        if same and known.standing(now) in OPEN:
            raise UsageError(
                f"request {known.record.request} asks for this already ({known.standing(now)})",
                hint=f"archive approvals show {known.record.request}",
            )


def file_request(holdings: Holdings, draft: Draft, signature: bytes) -> RequestRecord:
    """Record a signed request. Raises UsageError where signature, key, list or times are not right."""
    stamp = holdings.stamp(draft.reason)
    not_before = stamp["time"] + timedelta(hours=draft.delay_hours)
    record = RequestRecord(
        **stamp,
        request=draft.request,
        act=draft.act,
        archive=draft.archive,
        subjects=draft.subjects,
        subjects_sha256=draft.subjects_sha256,
        reason_sha256=draft.reason_sha256,
        reason_salt=draft.reason_salt,
        requested_by=draft.requested_by,
        delay_hours=draft.delay_hours,
        valid_days=draft.valid_days,
        not_before=not_before,
        expires=not_before + timedelta(days=draft.valid_days),
        signature=signature,
    )
    docket = docket_now(holdings)
    _refuse_twice(docket, draft, stamp["time"])
    wrong = docket.take(holdings.log.size, record)
    if wrong is not None:
        raise UsageError(f"the request cannot be filed: {wrong}", hint="nothing was recorded")
    return next(filed for filed in holdings.record([record]) if isinstance(filed, RequestRecord))


def filed_request(docket: Docket, request: str) -> Filed:
    """The request of that identifier; UsageError where there is none."""
    filed = docket.requests.get(request)
    if filed is None:
        raise UsageError(f"there is no request {request}", hint="archive approvals list shows them")
    return filed


def require_approvable(holdings: Holdings, docket: Docket, request: str, key: str) -> Filed:
    """The request, where the key of that name may approve it now; UsageError or ArchiveError saying why not."""
    filed = filed_request(docket, request)
    standing = filed.standing(holdings.stamp.clock())
    if standing not in (Standing.WAITING, Standing.DELAYED, Standing.READY):
        raise ArchiveError(f"request {request} cannot be approved: {told(filed, standing)}")
    refused = docket.why_not_approver(filed, key)
    if refused is not None:
        raise UsageError(f"request {request} was not approved: {refused}", hint="archive key list shows the keys")
    return filed


def approve(holdings: Holdings, request: str, key: str, signature: bytes) -> Filed:
    """Record an approval; the request as it stands then. Raises UsageError where key or signature are not right."""
    docket = docket_now(holdings)
    require_approvable(holdings, docket, request, key)
    record = ApprovalRecord(**holdings.stamp(), request=request, key=key, signature=signature)
    wrong = docket.take(holdings.log.size, record)
    if wrong is not None:
        raise UsageError(
            f"request {request} was not approved: {wrong}",
            hint="sign exactly the bytes that archive approvals show --to-sign wrote, with the key you name",
        )
    holdings.record([record])
    return docket.requests[request]


def withdraw(holdings: Holdings, request: str, *, reason: str) -> None:
    """Record that a request will not be carried out. Raises where it was, or was begun."""
    if not reason.strip():
        raise UsageError("say why the request is withdrawn", hint='--reason "…"')
    filed = filed_request(docket_now(holdings), request)
    standing = filed.standing(holdings.stamp.clock())
    if standing in (Standing.BEGUN, Standing.DONE, Standing.WITHDRAWN):
        raise ArchiveError(f"request {request} cannot be withdrawn: {told(filed, standing)}")
    holdings.record([RequestWithdrawnRecord(**holdings.stamp(reason), request=request)])


def require_ready(holdings: Holdings, request: str) -> Filed:
    """The request, where it may be carried out now, judged from the whole log; ArchiveError saying why not.

    Also one that was carried out already: whoever was killed in the last step asks again.
    """
    filed = filed_request(docket_from_log(holdings), request)
    if filed.done:
        return filed
    now, clock = holdings.stamp.clock.read()
    if behind_the_log(clock) is not None:
        raise ArchiveError(
            f"request {request} is not carried out: the clock of this machine is wrong ({clock}), and nobody can say "
            "whether its time has come",
            hint="set the clock right, then give the same command again",
        )
    standing = filed.standing(now)
    if standing not in (Standing.READY, Standing.BEGUN):
        raise ArchiveError(
            f"request {request} is not carried out: {told(filed, standing)}",
            hint=f"nothing was changed; archive approvals show {request}",
        )
    return filed


def carried_out(holdings: Holdings, request: str) -> CarriedOutRecord:
    """The record that closes a request."""
    return CarriedOutRecord(**holdings.stamp(), request=request)


def told(filed: Filed, standing: Standing) -> str:
    """How a request stands, in words."""
    record = filed.record
    return {
        Standing.WAITING: "no second person has approved it yet",
        Standing.DELAYED: f"it is approved, and may be carried out from {format_moment(record.not_before)} on",
        Standing.READY: f"it is approved, and may be carried out until {format_moment(record.expires)}",
        Standing.BEGUN: "it was begun, and goes on with archive carry-out",
        Standing.DONE: "it was carried out",
        Standing.EXPIRED: f"it expired at {format_moment(record.expires)}; what is still wanted is asked for anew",
        Standing.WITHDRAWN: "it was withdrawn",
        Standing.VOID: f"it is void: {filed.void}",
    }[standing]
