"""The full check of stored time-stamps, and which of them want a successor soon: says all of it, as findings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from archive.custody import stamps
from archive.custody.answers import read_request
from archive.custody.chains import Trust, read_trust
from archive.custody.checkpoint import parse_text
from archive.custody.instructions import CHAIN, CHECKPOINT, HOW, NEEDED, REQUEST, RESPONSE, REVOCATION, listed_digests
from archive.custody.judgement import CLOCKS_DIFFER, Judgement, judge
from archive.custody.revocation import read
from archive.custody.stamps import Place
from archive.model.digests import sha256_hex
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

AHEAD = timedelta(days=2 * 365)
"""How long before a token's chain expires its successor is due."""


@dataclass(frozen=True, slots=True)
class Known:
    """What record ``number`` of the custody log says of a time-stamp; ``sha256`` (hexadecimal) is the response's."""

    number: int
    place: Place
    stamped: datetime
    expires: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class Examined:
    """One whole time-stamp as it lies on disk: how it was judged (None where it could not be), what is wrong."""

    place: Place
    judgement: Judgement | None
    findings: tuple[Finding, ...]


def examine_stamps(
    custody: Path,
    *,
    known: Sequence[Known],
    trust: Mapping[str, Trust],
    checkpoint: Callable[[int], bytes | None],
    now: datetime,
) -> list[Examined]:
    """Every time-stamp that lies below the log's folder or was recorded in the log, examined.

    ``trust`` are the configured authorities' roots by name; ``checkpoint`` answers the text of the archive's own
    checkpoint of a size, None where it holds none.
    """
    recorded = {one.place: one for one in known}
    whole = [place for place in stamps.places(custody) if stamps.is_whole(custody, place)]
    found = []
    for place in whole:
        found.append(_examine(custody, place, recorded.get(place), trust, checkpoint, now))
    for place in recorded.keys() - set(whole):
        message = "the log says that this time-stamp arrived, and it is not there; it lies at the locations"
        found.append(Examined(place, None, (_error(FindingCode.TIMESTAMP_MISSING, place, message),)))
    return sorted(found, key=lambda one: one.place)


def _examine(
    custody: Path,
    place: Place,
    known: Known | None,
    trust: Mapping[str, Trust],
    checkpoint: Callable[[int], bytes | None],
    now: datetime,
) -> Examined:
    files = stamps.read_files(custody / place.key)
    findings = [*_file_findings(place, files), *_log_findings(place, files, known)]
    if any(name not in files for name in (CHECKPOINT, REQUEST, RESPONSE)):
        return Examined(place, None, tuple(findings))
    if (expected := checkpoint(place.size)) is None:
        message = f"the archive holds no checkpoint of {place.size} records beside it"
        findings.append(Finding(FindingCode.TIMESTAMP_CHECKPOINT, Severity.WARNING, place.key, message, "DESIGN §7"))
    elif expected != files[CHECKPOINT]:
        message = "what was stamped is not the checkpoint of that size which the archive holds: two histories"
        findings.append(_error(FindingCode.TIMESTAMP_CHECKPOINT, place, message))
    judged, doubts = judge_stored(place, files, trust, now=now)
    findings += doubts
    if judged.good:
        findings += [
            Finding(FindingCode.TIMESTAMP_REMARK, Severity.INFO, place.key, word, "RFC 3161") for word in judged.remarks
        ]
        findings += _revocation_findings(place, files, judged)
        findings += _clock_findings(place, files[CHECKPOINT], judged)
    else:
        findings.append(_error(FindingCode.TIMESTAMP_INVALID, place, f"{judged.verdict}: {judged.reason}"))
    return Examined(place, judged, tuple(findings))


def _file_findings(place: Place, files: Mapping[str, bytes]) -> Iterable[Finding]:
    """Files that are missing, strange, or not what their own list of digests says."""
    for name in NEEDED:
        if name not in files:
            yield _error(FindingCode.TIMESTAMP_ALTERED, place, f"{name} is missing")
    listed = listed_digests(files.get(HOW, b""))
    for name in sorted((files.keys() | listed.keys()) - {HOW}):
        if name in listed and name not in files and name not in NEEDED:
            yield _error(FindingCode.TIMESTAMP_ALTERED, place, f"{name} is missing")
        elif name in files and name not in listed:
            yield _error(FindingCode.TIMESTAMP_ALTERED, place, f"{name} is not in the list of digests in {HOW}")
        elif name in files and sha256_hex(files[name]) != listed[name]:
            yield _error(FindingCode.TIMESTAMP_ALTERED, place, f"{name} is not what its digest in {HOW} says")


def _log_findings(place: Place, files: Mapping[str, bytes], known: Known | None) -> Iterable[Finding]:
    if known is None:
        message = "the log does not know of this time-stamp yet; archive custody timestamp records it"
        yield Finding(FindingCode.TIMESTAMP_UNRECORDED, Severity.WARNING, place.key, message, "DESIGN §7")
    elif RESPONSE in files and sha256_hex(files[RESPONSE]) != known.sha256:
        yield _error(
            FindingCode.TIMESTAMP_ALTERED, place, f"{RESPONSE} is not what the log recorded (SHA-256 {known.sha256})"
        )


def judge_stored(
    place: Place, files: Mapping[str, bytes], trust: Mapping[str, Trust], *, now: datetime
) -> tuple[Judgement, list[Finding]]:
    """Judge a token among its ``files``, and say whom one had to believe if not a configured root."""
    believed, doubts = _trust(place, files, trust)
    try:
        nonce = read_request(files.get(REQUEST, b"")).nonce
    except ValueError:  # then no token answers it
        nonce = -1
    digest = hashlib.sha256(files.get(CHECKPOINT, b"")).digest()
    return judge(files.get(RESPONSE, b""), sha256=digest, nonce=nonce, trust=believed, now=now), doubts


def _trust(place: Place, files: Mapping[str, bytes], trust: Mapping[str, Trust]) -> tuple[Trust, list[Finding]]:
    """Whom to believe: the configured roots, or, where the authority is not configured (any more), the stored one."""
    if place.authority in trust:
        return trust[place.authority], []
    message = f"the authority '{place.authority}' is not in archive.toml: the root stored beside the token is believed"
    doubt = Finding(FindingCode.TIMESTAMP_AUTHORITY, Severity.WARNING, place.key, message, "RFC 3161 §2.2")
    try:
        return read_trust(files.get(CHAIN, b"")), [doubt]
    except ValueError:
        return Trust(()), [doubt]


def _clock_findings(place: Place, text: bytes, judged: Judgement) -> Iterable[Finding]:
    """An authority saw the checkpoint before the time that it bears: this machine's clock was ahead, or put ahead."""
    try:
        made = parse_text(text).time
    except ValueError:
        return
    if made is not None and judged.time is not None and made - judged.time > CLOCKS_DIFFER:
        message = (
            f"the checkpoint says that it was made {made:%Y-%m-%d %H:%M:%S} UTC, and the authority saw it "
            f"{judged.time:%Y-%m-%d %H:%M:%S} UTC: this machine's clock was ahead, and what was recorded just before "
            f"record {place.size} may have been done before its time had come"
        )
        yield Finding(FindingCode.TIMESTAMP_BEFORE_CHECKPOINT, Severity.WARNING, place.key, message, "DESIGN §7")


def _revocation_findings(place: Place, files: Mapping[str, bytes], judged: Judgement) -> Iterable[Finding]:
    if judged.chain is None or judged.time is None:
        return
    for name in sorted(name for name in files if name.startswith(f"{REVOCATION}/")):
        try:
            _, revoked = read(files[name], judged.chain)
        except ValueError as error:
            yield Finding(
                FindingCode.TIMESTAMP_REVOCATION, Severity.WARNING, place.key, f"{name}: {error}", "RFC 5280 §5"
            )
            continue
        for one in revoked:
            weight = Severity.ERROR if one.since <= judged.time else Severity.WARNING
            message = f"the certificate of {one.name} is revoked since {one.since:%Y-%m-%d} ({one.reason})"
            yield Finding(FindingCode.TIMESTAMP_REVOKED, weight, place.key, message, "RFC 5280 §5")


def due_findings(known: Sequence[Known], *, now: datetime) -> list[Finding]:
    """Which time-stamps want a successor: those whose chain expires within two years, and that nothing covers.

    A later token covers an earlier one if its checkpoint holds the earlier one's record and it was made before the
    earlier one's chain expired. What it covers lasts as long as it does itself, so only the last ones are named.
    """
    found = []
    for one in known:
        if one.expires > now + AHEAD or any(_covers(later, one, now=now) for later in known):
            continue
        found.append(_due(one, too_late=any(later.place.size > one.number for later in known), now=now))
    return found


def _covers(later: Known, one: Known, *, now: datetime) -> bool:
    if later.place.size == one.place.size:  # another authority's, over the same checkpoint
        return later.expires > now + AHEAD
    return later.place.size > one.number and later.stamped < one.expires


def _due(one: Known, *, too_late: bool, now: datetime) -> Finding:
    state = f"{'expired' if one.expires <= now else 'expires'} on {one.expires:%Y-%m-%d}"
    if too_late:
        message = f"a certificate of its chain {state}, and no later time-stamp was made before: it stands alone"
        return Finding(FindingCode.TIMESTAMP_DUE, Severity.INFO, one.place.key, message, "DESIGN §7")
    message = (
        f"a certificate of its chain {state}, and no later time-stamp covers it; have a newer checkpoint stamped by an "
        "authority whose certificates last longer: archive custody checkpoint, then archive custody timestamp"
    )
    return Finding(FindingCode.TIMESTAMP_DUE, Severity.WARNING, one.place.key, message, "DESIGN §7")


def _error(code: FindingCode, place: Place, message: str) -> Finding:
    return Finding(code, Severity.ERROR, place.key, message, "RFC 3161")
