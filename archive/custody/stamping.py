"""The queue of time-stamp requests: made for a checkpoint, sent when an authority can be reached, stored when right.

Everything that is remembered lies in ``archive.custody.stamps``' folders, so that a machine that was off for a month
goes on where it was. An authority that fails once is left alone for the rest of the run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.clock import Clock
from archive.custody import stamps
from archive.custody.answers import read_request
from archive.custody.authority import NoAnswer
from archive.custody.chains import Trust
from archive.custody.instructions import CHECKPOINT, REQUEST
from archive.custody.judgement import CLOCKS_DIFFER, Judgement, judge, make_request
from archive.custody.revocation import Revoked, gather
from archive.custody.stamps import Place, Waiting
from archive.progress import Progress
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority that is configured: where it is asked, and whom to believe when it answers.

    ``revocation`` are files of revocation data by name, to be stored with its tokens.
    """

    name: str
    url: str
    trust: Trust
    revocation: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """How the world is reached; the tests' world is small. Both raise NoAnswer."""

    ask: Callable[[str, bytes], bytes]
    fetch: Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Stored:
    """A token that has arrived and lies whole on disk; ``sha256`` (hexadecimal) is the response's."""

    place: Place
    time: datetime
    expires: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run over the queue did: tokens that arrived, and what a person should know of the rest."""

    stored: tuple[Stored, ...]
    findings: tuple[Finding, ...]


def request_all(
    custody: Path, *, size: int, text: bytes, authorities: Sequence[Authority], now: datetime
) -> list[Place]:
    """Let one request for each authority wait that has none for this checkpoint; returns the new ones.

    ``text`` is the checkpoint's text, exactly as it is signed. Nothing is sent.
    """
    made = []
    for place in wanted(custody, size=size, authorities=authorities):
        stamps.begin(custody, place, text=text, request=make_request(text), now=now)
        made.append(place)
    return made


def wanted(custody: Path, *, size: int, authorities: Sequence[Authority]) -> list[Place]:
    """Authorities that have not been asked about the checkpoint of this size yet."""
    known = set(stamps.places(custody))
    return [place for authority in authorities if (place := Place(size, authority.name)) not in known]


def to_send(custody: Path, authorities: Sequence[Authority], *, now: datetime, only_due: bool) -> list[Waiting]:
    """Waiting requests of these authorities, the newest checkpoint first: it covers all that the older ones cover."""
    names = {authority.name for authority in authorities}
    waiting = [waiting for waiting in stamps.waiting(custody) if waiting.place.authority in names]
    return [waiting for waiting in reversed(waiting) if not only_due or waiting.is_due(now)]


def send(
    custody: Path,
    waiting: Sequence[Waiting],
    authorities: Sequence[Authority],
    *,
    network: Network,
    clock: Clock,
    progress: Progress,
) -> Sent:
    """Send requests and store the tokens that are right; what is not right is kept aside, and its request waits on."""
    by_name = {authority.name: authority for authority in authorities}
    failed: set[str] = set()
    stored, findings = list[Stored](), list[Finding]()
    for one in waiting:
        authority = by_name[one.place.authority]
        if progress.stopping():
            break
        if authority.name in failed:
            continue
        outcome, said = _send_one(custody, one.place, authority, network=network, clock=clock)
        findings += said
        if outcome is None:
            failed.add(authority.name)
            stamps.note_try(custody, one.place, now=clock())
        else:
            stored.append(outcome)
        progress.advance()
    return Sent(tuple(stored), tuple(findings))


def _send_one(
    custody: Path, place: Place, authority: Authority, *, network: Network, clock: Clock
) -> tuple[Stored | None, list[Finding]]:
    text, request = ((custody / place.key / name).read_bytes() for name in (CHECKPOINT, REQUEST))
    try:
        nonce = read_request(request).nonce
    except ValueError as error:
        message = f"the waiting request is damaged ({error}); remove the folder {place.key}, and it is made anew"
        return None, [_finding(FindingCode.TIMESTAMP_DAMAGED, Severity.ERROR, place, message)]
    try:
        response = network.ask(authority.url, request)
    except NoAnswer as error:
        message = f"{authority.url} gave no answer: {error}; the request waits and is sent again"
        return None, [_finding(FindingCode.TIMESTAMP_NO_ANSWER, Severity.WARNING, place, message)]
    judged = judge(response, sha256=hashlib.sha256(text).digest(), nonce=nonce, trust=authority.trust, now=clock())
    if not judged.good or judged.chain is None or judged.time is None:
        return None, [_refuse(custody, place, response, f"{judged.verdict}: {judged.reason}", now=clock())]
    gathered = gather(judged.chain, given=authority.revocation, fetch=network.fetch, subject=place.key)
    before = [revoked for revoked in gathered.revoked if revoked.since <= judged.time]
    if before:
        return None, [*gathered.findings, _refuse(custody, place, response, _say_revoked(before[0]), now=clock())]
    revocation = stamps.revocation_names(gathered.kept)
    sha256 = stamps.store(custody, place, response, judged, revocation=revocation)
    said = [*gathered.findings, *_remarks(place, judged, gathered.revoked, now=clock())]
    return Stored(place, judged.time, judged.chain.expires, sha256), said


def _refuse(custody: Path, place: Place, response: bytes, why: str, *, now: datetime) -> Finding:
    path = stamps.set_aside(custody, place, response, why, now=now)
    kept = f"kept as {stamps.SET_ASIDE}/{path.name}" if path else "not kept: enough of its kind are"
    message = f"the authority's answer is not accepted: {why} ({kept}); the request waits and is sent again"
    return _finding(FindingCode.TIMESTAMP_REFUSED, Severity.ERROR, place, message)


def _remarks(place: Place, judged: Judgement, revoked: Sequence[Revoked], *, now: datetime) -> list[Finding]:
    found = [_finding(FindingCode.TIMESTAMP_REMARK, Severity.INFO, place, remark) for remark in judged.remarks]
    found += [_finding(FindingCode.TIMESTAMP_REVOKED, Severity.WARNING, place, _say_revoked(one)) for one in revoked]
    if judged.time is not None and abs(judged.time - now) > CLOCKS_DIFFER:
        message = (
            f"the authority says {judged.time:%Y-%m-%d %H:%M:%S} UTC and this machine {now:%Y-%m-%d %H:%M:%S} UTC: "
            "one of the two clocks is wrong; set the machine's right, or ask another authority too"
        )
        found.append(_finding(FindingCode.TIMESTAMP_CLOCK, Severity.WARNING, place, message))
    return found


def _say_revoked(revoked: Revoked) -> str:
    return f"the certificate of {revoked.name} is revoked since {revoked.since:%Y-%m-%d} ({revoked.reason})"


def _finding(code: FindingCode, severity: Severity, place: Place, message: str) -> Finding:
    return Finding(code, severity, place.key, message, "RFC 3161")
