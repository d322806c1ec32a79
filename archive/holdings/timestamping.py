"""Trusted time for an open archive: what is configured, the queue moved on, and what arrived recorded in the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.config import FILE_NAME, TimestampAuthority
from archive.custody import stamps
from archive.custody.authority import ask, fetch
from archive.custody.chains import read_trust
from archive.custody.checkpoint import open_note
from archive.custody.instructions import RESPONSE
from archive.custody.notes import checkpoint_in, newest_note, note_sizes, read_note
from archive.custody.stamp_copies import compare_stamps
from archive.custody.stamp_examination import Examined, Known, due_findings, examine_stamps, judge_stored
from archive.custody.stamping import Authority, Network, Stored, request_all, send, to_send, wanted
from archive.custody.stamps import Place, Waiting
from archive.errors import ConfigError, CustodyError
from archive.holdings.checkpoints import verifiers
from archive.holdings.holdings import Holdings
from archive.model.digests import sha256_hex
from archive.model.moments import parse_moment
from archive.model.records import TimestampRecord
from archive.progress import Progress
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

NETWORK = Network(ask, fetch)
"""The real one."""

LARGEST_FILE = 16 << 20
"""Octets of the longest file of roots or revocation data that is read."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a run did: new requests, tokens that arrived, and what a person should know of the rest."""

    requested: tuple[Place, ...]
    stored: tuple[Stored, ...]
    findings: tuple[Finding, ...]


def read_authorities(home: Path, configured: Sequence[TimestampAuthority]) -> list[Authority]:
    """The authorities of ``archive.toml`` with their trusted roots.

    Raises ConfigError, naming file and key, where a file cannot be used.
    """
    return [_authority(home, one) for one in configured]


def _authority(home: Path, one: TimestampAuthority) -> Authority:
    try:
        trust = read_trust(_read(home, one.ca, key="ca", name=one.name))
    except ValueError as error:
        raise ConfigError(
            f"{home / FILE_NAME}: 'timestamps.ca' of '{one.name}': {home / one.ca} holds no roots to trust: {error}",
            hint="it must be the authority's root certificate as PEM text (-----BEGIN CERTIFICATE-----)",
        ) from error
    revocation = tuple((name, _read(home, name, key="revocation", name=one.name)) for name in one.revocation)
    return Authority(one.name, one.url, trust, revocation)


def _read(home: Path, file: str, *, key: str, name: str) -> bytes:
    path = home / file
    try:
        with open(path, "rb") as opened:
            data = opened.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"{home / FILE_NAME}: 'timestamps.{key}' of '{name}': {path} cannot be read: {reason}",
            hint="a path in this file is meant from the archive's folder",
        ) from error
    if len(data) > LARGEST_FILE:
        raise ConfigError(f"{home / FILE_NAME}: 'timestamps.{key}' of '{name}': {path} is too large")
    return data


def newest_text(holdings: Holdings) -> tuple[int, bytes] | None:
    """Size and text of the newest checkpoint, whose signature was checked; None where none was made yet.

    Raises CustodyError where no key of the log signed it: nothing of that kind is ever sent to be stamped.
    """
    note = newest_note(holdings.log.folder)
    if note is None:
        return None
    try:
        opened = open_note(note, verifiers(holdings))
    except ValueError as error:
        raise CustodyError(
            f"the newest checkpoint is not right: {error}",
            hint="nothing was sent; compare it with the copies at the locations: archive custody verify",
        ) from error
    return opened.checkpoint.size, opened.note.text


def checkpoint_text(holdings: Holdings, size: int) -> bytes | None:
    """The text of the archive's checkpoint of that size; None where there is none, empty where it cannot be read."""
    if size not in note_sizes(holdings.log.folder):
        return None
    try:
        return checkpoint_in(read_note(holdings.log.folder, size), "the checkpoint").text
    except CustodyError:
        return b""


def stamp_checkpoint(
    holdings: Holdings,
    authorities: Sequence[Authority],
    checkpoint: tuple[int, bytes] | None,
    *,
    only_due: bool,
    progress: Progress,
    network: Network = NETWORK,
) -> Stamped:
    """Request time-stamps for a checkpoint (size and text), send what waits, store and record what arrives.

    With ``only_due``, requests that were tried in vain lately are left alone. Store first, record last: a token that
    a crash left unrecorded is recorded now.
    """
    custody, clock = holdings.log.folder, holdings.stamp.clock
    adopted, findings = _adopt(holdings, authorities)
    requested: list[Place] = []
    if checkpoint is not None:
        size, text = checkpoint
        requested = request_all(custody, size=size, text=text, authorities=authorities, now=clock())
    waiting = to_send(custody, authorities, now=clock(), only_due=only_due)
    progress.stage("asking authorities", total=len(waiting))
    sent = send(custody, waiting, authorities, network=network, clock=clock, progress=progress)
    stored = (*adopted, *sent.stored)
    _record(holdings, stored)
    return Stamped(tuple(requested), stored, (*findings, *sent.findings))


def planned(
    holdings: Holdings, authorities: Sequence[Authority], size: int | None
) -> tuple[list[Place], list[Waiting]]:
    """What ``stamp_checkpoint`` would request for the checkpoint of that size, and what waits already."""
    custody = holdings.log.folder
    new = [] if size is None else wanted(custody, size=size, authorities=authorities)
    return new, to_send(custody, authorities, now=holdings.stamp.clock(), only_due=False)


@dataclass(frozen=True, slots=True)
class StampState:
    """How trusted time stands: the newest time-stamp that arrived, what waits, and what expires within two years.

    ``unstamped`` is the size of the newest checkpoint where no authority has stamped it yet, None where one has.
    """

    authorities: int
    newest: Known | None
    waiting: int
    due: tuple[Finding, ...]
    unstamped: int | None


def stamp_state(holdings: Holdings, authorities: int) -> StampState:
    """How trusted time stands now; nobody is asked. ``authorities`` is how many ``archive.toml`` names."""
    known, sizes = known_stamps(holdings), note_sizes(holdings.log.folder)
    newest = max(known, key=lambda one: (one.place.size, one.stamped), default=None)
    stamped = newest is not None and sizes[-1:] == [newest.place.size]
    return StampState(
        authorities=authorities,
        newest=newest,
        waiting=len(waiting_stamps(holdings)),
        due=tuple(due_stamps(holdings)),
        unstamped=None if stamped or not sizes else sizes[-1],
    )


def known_stamps(holdings: Holdings) -> list[Known]:
    """What the log says of time-stamps, in its order."""
    return [
        Known(
            number=row.leaf,
            place=Place(row.size, row.authority),
            stamped=parse_moment(row.stamped),
            expires=parse_moment(row.expires),
            sha256=row.sha256,
        )
        for row in holdings.catalogue.timestamps()
    ]


def waiting_stamps(holdings: Holdings) -> list[Waiting]:
    """Requests whose tokens have not arrived."""
    return stamps.waiting(holdings.log.folder)


def due_stamps(holdings: Holdings) -> list[Finding]:
    """Which time-stamps want a successor because their certificates expire within two years."""
    return due_findings(known_stamps(holdings), now=holdings.stamp.clock())


def verify_stamps(holdings: Holdings, authorities: Sequence[Authority]) -> list[Examined]:
    """Check every time-stamp in full: files, signatures, chains, the checkpoint it is about, and the log's word."""
    return examine_stamps(
        holdings.log.folder,
        known=known_stamps(holdings),
        trust={authority.name: authority.trust for authority in authorities},
        checkpoint=lambda size: checkpoint_text(holdings, size),
        now=holdings.stamp.clock(),
    )


def compare_copies(holdings: Holdings) -> list[Finding]:
    """Where the locations in reach hold other time-stamps than the archive itself."""
    findings = list[Finding]()
    for location in holdings.online():
        findings += compare_stamps(holdings.log.folder, location.backend, holdings.stamped(), location=location.name)
    return findings


def _adopt(holdings: Holdings, authorities: Sequence[Authority]) -> tuple[tuple[Stored, ...], tuple[Finding, ...]]:
    """Tokens that lie whole on disk and that the log does not know, as after a crash; those that are not right said."""
    custody, now = holdings.log.folder, holdings.stamp.clock()
    known = {one.place for one in known_stamps(holdings)}
    trust = {authority.name: authority.trust for authority in authorities}
    stored, findings = list[Stored](), list[Finding]()
    for place in stamps.places(custody):
        if place in known or not stamps.is_whole(custody, place):
            continue
        files = stamps.read_files(custody / place.key)
        judged, doubts = judge_stored(place, files, trust, now=now)
        if judged.good and judged.chain is not None and judged.time is not None and not doubts:
            stored.append(Stored(place, judged.time, judged.chain.expires, sha256_hex(files[RESPONSE])))
        else:
            why = doubts[0].message if judged.good else judged.reason
            message = f"a token lies there that the log does not know, and it is not recorded: {why}"
            findings.append(Finding(FindingCode.TIMESTAMP_UNRECORDED, Severity.ERROR, place.key, message, "RFC 3161"))
    return tuple(stored), tuple(findings)


def _record(holdings: Holdings, stored: Sequence[Stored]) -> None:
    holdings.record(
        [
            TimestampRecord(
                **holdings.stamp(),
                size=one.place.size,
                authority=one.place.authority,
                stamped=one.time,
                expires=one.expires,
                sha256=one.sha256,
            )
            for one in stored
        ]
    )
