"""Opens an archive: reads its configuration, wires the workshops together, and hands out a frozen ``Archive``.

An archive's folder holds::

    archive.toml       what a person sets
    catalogue.sqlite   the index
    custody/           the custody log
    store/             the location every archive has
    leases/            which deliveries are being taken in, while they are
    staging/           deliveries being taken in; nothing here is held yet
    keys/              keys, when there are any
    signatures/        signature files for format identification that were taken into use, by their digest
    lock               held by the one command that changes the archive
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path

import archive
from archive import config as configuration
from archive import durable
from archive.catalogue.opening import create as create_catalogue
from archive.catalogue.opening import open_catalogue
from archive.clock import Clock, WatchedClock, system_clock
from archive.config import STORE, Config, location_folder
from archive.custody.chains import Trust
from archive.custody.copies import restore as restore_log
from archive.custody.keys import create_key
from archive.custody.log import CustodyLog
from archive.custody.note_copies import restore_notes
from archive.custody.notes import store_keys
from archive.custody.signer import Signing, origin_of
from archive.custody.stamp_copies import restore_stamps
from archive.errors import ArchiveError, ConfigError, CustodyError, LockedError, UsageError
from archive.holdings.checkpoints import KEYS, LOG_ROLE, is_checkpoint_wanted, make_checkpoint, verifiers
from archive.holdings.holdings import Holdings, Stamp
from archive.holdings.rebuild import Rebuilt
from archive.holdings.rebuild import rebuild as rebuild_holdings
from archive.holdings.timestamping import read_authorities
from archive.ingest.lease import Leases
from archive.ingest.verifier import JudgeToken, token_verifier
from archive.ingest.workbench import Workbench
from archive.inspection.identification import Identification
from archive.model.identifiers import new_identifier
from archive.model.records import KeyRecord, LocationRecord, Record
from archive.model.signatures import SignatureJudgement, SignatureOutcome
from archive.planning.signatures import copy_signatures, restore_signatures, witnesses
from archive.progress import Progress
from archive.storage.directory import MARKER, DirectoryLocation, read_marker
from archive.storage.filesystem import FileSystemBackend
from profiles.finding import Finding, Severity

CATALOGUE = "catalogue.sqlite"
CUSTODY = "custody"
STAGING = "staging"
LEASES = "leases"
LOCK = "lock"

FIRST_KEY = "log-1"
"""Name of the key that signs the checkpoints of a new archive."""

_LOCATION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive. ``afterwards`` fills with what went wrong when it was closed: copies of the log, so far."""

    home: Path
    config: Config
    holdings: Holdings
    afterwards: list[Finding] = field(default_factory=list)

    @property
    def staging(self) -> Path:
        """Where deliveries are prepared before they are sealed."""
        return self.home / STAGING


def create(home: Path, *, locations: Mapping[str, str], actor: str = "unnamed", clock: Clock = system_clock) -> Archive:
    """Make a new archive at ``home``, with ``store`` inside it and the further ``locations`` (name to path or URI).

    ``archive.toml`` is written last: what an interrupted ``init`` leaves behind is no archive. Raises UsageError for a
    folder that is not empty or a location that cannot be one.
    """
    home = home.absolute()
    places = check_new(home, locations)
    config = Config(format=configuration.FORMAT, archive=new_identifier(), locations=places)
    located = _locations(config, home, places)
    for name, location in located.items():
        if name != STORE:  # which lies inside the folder that is not made yet
            location.require_free()
    _make_home(home)
    for location in located.values():
        location.prepare()
    log = CustodyLog.create(home / CUSTODY)
    catalogue = create_catalogue(home / CATALOGUE)
    holdings = Holdings(home, log, catalogue, located, _stamp(actor, clock), _signing(config))
    key = create_key(home / KEYS, FIRST_KEY)
    records: list[Record] = [
        LocationRecord(**holdings.stamp(), name=name, uri=uri, form="directory", attributes={})
        for name, uri in places.items()
    ]
    records.append(KeyRecord(**holdings.stamp(), name=key.name, role=LOG_ROLE, public_key=key.public))
    holdings.record(records)
    store_keys(log.folder, verifiers(holdings))
    durable.write_atomic(home / configuration.FILE_NAME, configuration.render(config))
    holdings.copy_log()
    return Archive(home, config, holdings)


def check_new(home: Path, locations: Mapping[str, str]) -> dict[str, str]:
    """Where the locations of a new archive at ``home`` would lie, by name; UsageError for what cannot be."""
    home = home.absolute()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise UsageError(f"{home} is not an empty folder", hint="give the name of a folder that does not exist yet")
    places = {STORE: f"file:{STORE}", **_absolute(locations)}
    _refuse_overlap(home, places)
    return places


def _make_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (KEYS, LEASES, STAGING):
            (home / name).mkdir(mode=0o700)
    except OSError as error:
        raise ArchiveError(f"{home} cannot be made: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class LocationIdentity:
    """What a location says of itself in its ``location.json``."""

    name: str
    archive: str
    folder: Path


def identify_location(uri: str) -> LocationIdentity:
    """Which location of which archive lies at ``uri``; UsageError where none does."""
    folder = location_folder(uri, Path.cwd()).absolute()
    found = read_marker(folder)
    if found is None:
        raise UsageError(
            f"{folder} is no storage location: it holds no {MARKER}",
            hint="give the folder that holds custody/ and the packages; is the disk mounted?",
        )
    return LocationIdentity(name=found[1], archive=found[0], folder=folder)


def rebuild(home: Path, uri: str, *, clock: Clock = system_clock) -> tuple[Archive, Rebuilt]:
    """Make an archive at ``home`` from the one location at ``uri``, which is only read.

    The new archive has the old one's identifier and log, appends nothing, and finds the other locations where the log
    says they were. ``archive.toml`` is written last. Raises UsageError where ``home`` is not empty.
    """
    home = home.absolute()
    source = identify_location(uri)
    check_new(home, {})
    if home.is_relative_to(source.folder):
        raise UsageError(f"{home} lies inside the location {source.folder}, which is only read")
    _make_home(home)
    log = restore_log(FileSystemBackend(source.folder), home / CUSTODY)
    catalogue = create_catalogue(home / CATALOGUE)
    place = DirectoryLocation(source.name, source.folder, source.archive)
    restore_notes(FileSystemBackend(source.folder), log.folder)
    signing = Signing(origin_of(source.archive))
    folded = Holdings(home, log, catalogue, {}, _stamp("unnamed", clock), signing)
    rebuilt = rebuild_holdings(folded, place)
    restore_stamps(log.folder, FileSystemBackend(source.folder), folded.stamped())
    places = {row.name: row.uri for row in catalogue.locations()} | {source.name: source.folder.as_uri()}
    config = Config(format=configuration.FORMAT, archive=source.archive, locations=places)
    if source.name != STORE:
        DirectoryLocation(STORE, home / STORE, source.archive).prepare()
    located = _locations(config, home, places)
    holdings = Holdings(home, log, catalogue, located, _stamp("unnamed", clock), signing)
    restore_signatures(holdings, FileSystemBackend(source.folder))
    durable.write_atomic(home / configuration.FILE_NAME, configuration.render(config))
    return Archive(home, config, holdings), rebuilt


@contextmanager
def changing(
    home: Path, *, doing: str, actor: str = "unnamed", clock: Clock = system_clock, beside_others: bool = False
) -> Iterator[Archive]:
    """Open the archive at ``home`` for a command that changes it; LockedError while another one does.

    Commands that change it ``beside_others`` may do so at the same time, if all of them do; each keeps to its own
    staging. When the command is done, a checkpoint is made where an accession was closed or a handover frozen, and what
    is new of the custody log is copied to every location that can be reached, and so are signature files in use.
    """
    config = configuration.load(home)
    with _in_use(home / LOCK, doing=doing, beside_others=beside_others) as lock:
        opened = _open(home, config, actor=actor, clock=clock)
        if lock.alone:
            _tidy(opened)
        if beside_others:
            lock.admit()
        opened.holdings.settle()
        opened.holdings.stamp.clock.latest = last_time(opened.holdings.log)
        try:
            yield opened
            opened.afterwards.extend(_checkpoint_where_wanted(opened.holdings))
        finally:
            opened.afterwards.extend(copy_signatures(opened.holdings))
            opened.afterwards.extend(opened.holdings.copy_log())
            opened.afterwards.extend(_clock_findings(opened.holdings.stamp))
            opened.holdings.catalogue.close()


@contextmanager
def _in_use(path: Path, *, doing: str, beside_others: bool) -> Iterator[durable.Shared]:
    if beside_others:
        with durable.together(path, doing=doing) as lock:
            yield lock
    else:
        with durable.exclusive(path, doing=doing):
            yield durable.Shared(-1, alone=True)


def _tidy(archive: Archive) -> None:
    """Throw away copies that an earlier command was killed in."""
    for location in archive.holdings.online():
        location.clear_incoming()


@contextmanager
def reading(home: Path, *, clock: Clock = system_clock) -> Iterator[Archive]:
    """Open the archive at ``home`` for a command that only looks. It may look while another one changes."""
    config = configuration.load(home)
    opened = _open(home, config, actor="unnamed", clock=clock)
    if opened.holdings.catalogue.applied() != opened.holdings.log.size:
        try:
            with durable.exclusive(home / LOCK, doing="catching up with the custody log"):
                opened.holdings.catch_up()
        except LockedError:
            pass  # whoever holds the lock is about to do the same
    try:
        yield opened
    finally:
        opened.holdings.catalogue.close()


@contextmanager
def on_duty(home: Path, *, actor: str = "unnamed", clock: Clock = system_clock) -> Iterator[tuple[Holdings, Config]]:
    """Open the archive at ``home`` for what is due (``archive.duties.tick``); LockedError while it is in use."""
    with changing(home, doing="scheduled duties", actor=actor, clock=clock) as archive:
        yield archive.holdings, archive.config
    if archive.afterwards:
        raise ArchiveError(archive.afterwards[0].message, hint="look at this before anything else")


def ingest_bench(archive: Archive, *, progress: Progress) -> Workbench:
    """What ingest works with, on every core. Its leases are held until its user leaves ``with bench.leases``."""
    from archive.inspection import pool

    makes = witnesses(archive.holdings)

    def identify(files: Iterable[tuple[Path, str]]) -> Iterator[tuple[Identification, ...]]:
        return pool.examine_many(files, workers=os.cpu_count() or 1, makes=makes)

    return Workbench(
        holdings=archive.holdings,
        staging=archive.staging,
        leases=Leases(archive.home / LEASES),
        policy=archive.config.packages,
        identify=identify,
        progress=progress,
        judge_signature=token_verifier(_token_judge(archive)),
    )


def _token_judge(archive: Archive) -> JudgeToken:
    """Judges delivered time-stamps by the roots of this archive's authorities, read when the first one comes."""
    trusted: list[Trust] = []

    def judge(token: bytes, sha256: bytes) -> SignatureJudgement:
        from archive.custody.judgement import judge_token

        if not trusted:
            try:
                known = [authority.trust for authority in read_authorities(archive.home, archive.config.timestamps)]
            except ConfigError as error:
                return SignatureJudgement(SignatureOutcome.UNVERIFIABLE, f"no trusted roots: {error.what}")
            roots, others = chain.from_iterable(t.roots for t in known), chain.from_iterable(t.others for t in known)
            trusted.append(Trust(tuple(roots), tuple(others)))
        return judge_token(token, sha256, trusted[0])

    return judge


def _open(home: Path, config: Config, *, actor: str, clock: Clock) -> Archive:
    catalogue = open_catalogue(home / CATALOGUE)
    log = CustodyLog.open(home / CUSTODY)
    holdings = Holdings(home, log, catalogue, {}, _stamp(actor, clock), _signing(config))
    holdings.catch_up() if catalogue.applied() == 0 else None
    places = {row.name: config.locations.get(row.name, row.uri) for row in catalogue.locations()}
    unknown = [name for name in config.locations if name not in places]
    if unknown:
        raise ArchiveError(
            f"{home / configuration.FILE_NAME}: location '{unknown[0]}' was never added to this archive",
            hint="archive location add makes a new location; a line in this file alone does not",
        )
    located = _locations(config, home, places)
    return Archive(home, config, Holdings(home, log, catalogue, located, holdings.stamp, holdings.signing))


def _checkpoint_where_wanted(holdings: Holdings) -> list[Finding]:
    """Make a checkpoint if one is wanted; what kept it from being made is a finding: the command itself is done."""
    try:
        if is_checkpoint_wanted(holdings):
            make_checkpoint(holdings)
    except (ArchiveError, OSError) as error:
        weight = Severity.ERROR if isinstance(error, CustodyError) else Severity.WARNING
        said = f"{error.what}. {error.hint}" if isinstance(error, ArchiveError) else str(error)
        return [Finding("checkpoint-not-made", weight, holdings.signing.origin, f"no checkpoint was made: {said}")]
    return []


def _signing(config: Config) -> Signing:
    return Signing(origin_of(config.archive), config.custody.signer)


def _locations(config: Config, home: Path, places: Mapping[str, str]) -> dict[str, DirectoryLocation]:
    return {name: DirectoryLocation(name, location_folder(uri, home), config.archive) for name, uri in places.items()}


def _stamp(actor: str, clock: Clock) -> Stamp:
    watched = WatchedClock(clock)
    return Stamp(actor=actor, machine=socket.gethostname(), version=archive.__version__, clock=watched)


def last_time(log: CustodyLog) -> datetime | None:
    """When the last record was made, by its own words; None in an empty log."""
    return log.record(log.size - 1).time if log.size else None


def _clock_findings(stamp: Stamp) -> list[Finding]:
    """A warning where the clock was behind what the log had recorded."""
    if not stamp.clock.behind:
        return []
    message = (
        f"the clock of this machine ({stamp.clock.source()}) was {stamp.clock.behind} s behind the last record in the "
        "log; what was recorded now says so. Set the clock right, then look at: archive incident list --open"
    )
    return [Finding("clock-behind", Severity.WARNING, stamp.machine, message, "DESIGN §7")]


def _absolute(locations: Mapping[str, str]) -> dict[str, str]:
    places = {}
    for name, given in locations.items():
        if not _LOCATION_NAME.fullmatch(name) or name == STORE:
            raise UsageError(
                f"'{name}' cannot be the name of a location",
                hint="use small letters, digits and hyphens; 'store' is taken: every archive has it",
            )
        places[name] = location_folder(given, Path.cwd()).absolute().as_uri()
    return places


def _refuse_overlap(home: Path, places: Mapping[str, str]) -> None:
    """Two locations in one folder would be one copy, not two."""
    folders = {name: location_folder(uri, home).resolve() for name, uri in places.items()}
    for name, folder in folders.items():
        if folder == home.resolve() or home.resolve().is_relative_to(folder):
            raise UsageError(f"location '{name}' holds the archive's own folder {home}")
        for other, its_folder in folders.items():
            if other != name and folder.is_relative_to(its_folder):
                raise UsageError(
                    f"locations '{other}' and '{name}' lie in one another: {its_folder}",
                    hint="give each location a folder of its own, on a disk of its own",
                )
