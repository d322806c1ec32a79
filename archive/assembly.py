"""Opens an archive: reads its configuration, wires the workshops together, and hands out a frozen ``Archive``.

An archive's folder holds::

    archive.toml       what a person sets
    catalogue.sqlite   the index
    custody/           the custody log
    store/             the location every archive has
    leases/            which deliveries are being taken in, while they are
    staging/           deliveries being taken in; nothing here is held yet
    keys/              secrets of signing keys that are kept here
    signatures/        signature files for format identification that were taken into use, by their digest
    deaccession/       what is left of packages being deleted in part, until it is stored
    lock               held by the one command that changes the archive
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from pathlib import Path

import archive
from archive import config as configuration
from archive import durable
from archive.audit.custody import Evidence
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.opening import create as create_catalogue
from archive.catalogue.opening import open_catalogue
from archive.catalogue.rows import LocationRow
from archive.clock import Clock, WatchedClock, system_clock
from archive.config import STORE, Config, CopyPolicy, location_folder, protective_settings, with_settings
from archive.custody.chains import Trust
from archive.custody.copies import restore as restore_log
from archive.custody.keys import create_key
from archive.custody.log import CustodyLog
from archive.custody.note_copies import restore_notes
from archive.custody.notes import store_keys
from archive.custody.signer import Signing, origin_of
from archive.custody.stamp_copies import restore_stamps
from archive.errors import ArchiveError, ConfigError, CustodyError, LockedError, UsageError
from archive.handover.verifier import leave_beside_log
from archive.holdings import protection
from archive.holdings.acting import Acting
from archive.holdings.checkpoints import KEYS, LOG_ROLE, is_checkpoint_wanted, make_checkpoint, verifiers
from archive.holdings.holdings import Holdings, Stamp
from archive.holdings.rebuild import Rebuilt
from archive.holdings.rebuild import rebuild as rebuild_holdings
from archive.holdings.timestamping import read_authorities
from archive.ingest.lease import Leases
from archive.ingest.verifier import JudgeToken, token_verifier
from archive.ingest.workbench import Workbench
from archive.inspection.identification import Identification
from archive.model.acts import UNNAMED
from archive.model.identifiers import new_identifier
from archive.model.names import shown
from archive.model.records import KeyRecord, LocationRecord, Record
from archive.model.signatures import SignatureJudgement, SignatureOutcome
from archive.planning.signatures import copy_signatures, restore_signatures, witnesses
from archive.progress import Progress, Silent
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

_REPLAY = ".replay-"
"""Beginning of the names of folders in staging where the log is replayed for its check; removed afterwards."""

_LOCATION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive. ``config`` holds the settings in force, which may protect better than those in its file.

    ``afterwards`` fills with what a person must be told when the archive is closed: copies of the log that could not
    be made, a clock that ran backwards, a setting that one person alone cannot lower.
    """

    home: Path
    config: Config
    holdings: Holdings
    afterwards: list[Finding] = field(default_factory=list)

    @property
    def staging(self) -> Path:
        """Where deliveries are prepared before they are sealed."""
        return self.home / STAGING


def create(home: Path, *, locations: Mapping[str, str], actor: str = UNNAMED, clock: Clock = system_clock) -> Archive:
    """Make a new archive at ``home``, with ``store`` inside it and the further ``locations`` (name to path or URI).

    ``archive.toml`` is written last: what an interrupted ``init`` leaves behind is no archive. Raises UsageError for a
    folder that is not empty or a location that cannot be one.
    """
    home = home.absolute()
    places = check_new(home, locations)
    config = Config(
        format=configuration.FORMAT,
        archive=new_identifier(),
        locations=places,
        copies=CopyPolicy(required=len(places)),
    )
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
    records.append(protection.policy(holdings, protective_settings(config), request=None))
    holdings.record(records)
    store_keys(log.folder, verifiers(holdings))
    for location in located.values():
        leave_beside_log(location.backend)
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


def add_location(archive: Archive, name: str, uri: str, *, reason: str = "") -> DirectoryLocation:
    """Make a free folder a further location of an archive that is open for changing, and record it.

    Given again after a kill, it goes on. Raises UsageError for a name that is taken or a folder that cannot be one,
    StorageError for a folder that is not free.
    """
    holdings = archive.holdings
    place = check_location(archive, name, uri)
    location = DirectoryLocation(name, location_folder(place, archive.home), archive.config.archive)
    location.prepare()
    holdings.record([LocationRecord(**holdings.stamp(reason), name=name, uri=place, form="directory", attributes={})])
    return location


def check_location(archive: Archive, name: str, uri: str) -> str:
    """The URI of a location to be added, changing nothing; raises as ``add_location`` does."""
    known = archive.holdings.catalogue.location(name)
    if known is not None:
        gone = "" if known.retired_at is None else f", retired on {known.retired_at}"
        raise UsageError(f"there is a location '{name}' already{gone}", hint="a name is never used twice; take another")
    places = _absolute({name: uri})
    folders = {
        row.name: archive.config.locations.get(row.name, row.uri) for row in archive.holdings.catalogue.locations()
    }
    _refuse_overlap(archive.home, {**folders, **places})
    location = DirectoryLocation(name, location_folder(places[name], archive.home), archive.config.archive)
    location.require_free()
    if location.root.is_dir() and read_marker(location.root) is None:
        other = [entry.name for entry in location.root.iterdir() if entry.name != "lost+found"]
        if other:
            raise UsageError(
                f"{location.root} is not empty: it holds {shown(sorted(other)[0])}",
                hint="give a folder of its own, which may not exist yet",
            )
    return places[name]


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
    folded = Holdings(home, log, catalogue, {}, _stamp(UNNAMED, clock), signing)
    rebuilt = rebuild_holdings(folded, place)
    restore_stamps(log.folder, FileSystemBackend(source.folder), folded.stamped())
    added = catalogue.locations()
    places = {row.name: row.uri for row in added if row.name not in _retired(added)}
    places |= {source.name: source.folder.as_uri()}
    config = Config(format=configuration.FORMAT, archive=source.archive, locations=places)
    config = with_settings(config, catalogue.policy())
    if source.name != STORE:
        DirectoryLocation(STORE, home / STORE, source.archive).prepare()
    located = _locations(config, home, places)
    holdings = Holdings(home, log, catalogue, located, _stamp(UNNAMED, clock), signing)
    restore_signatures(holdings, FileSystemBackend(source.folder))
    durable.write_atomic(home / configuration.FILE_NAME, configuration.render(config))
    return Archive(home, config, holdings), rebuilt


@contextmanager
def changing(
    home: Path, *, doing: str, actor: str = UNNAMED, clock: Clock = system_clock, beside_others: bool = False
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
        _require_known_actor(opened.holdings)
        opened = replace(opened, config=protection.settle(opened.holdings, config))
        try:
            yield opened
            opened.afterwards.extend(_checkpoint_where_wanted(opened.holdings))
            opened.afterwards.extend(protection.refused(opened.holdings, config))
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
    opened = _open(home, config, actor=UNNAMED, clock=clock)
    if opened.holdings.catalogue.applied() != opened.holdings.log.size:
        try:
            with durable.exclusive(home / LOCK, doing="catching up with the custody log"):
                opened.holdings.catch_up()
        except LockedError:
            pass  # whoever holds the lock is about to do the same
    try:
        yield replace(opened, config=protection.in_force(opened.holdings, config))
    finally:
        opened.holdings.catalogue.close()


@contextmanager
def laid_open(home: Path, *, clock: Clock = system_clock) -> Iterator[Evidence]:
    """Open the archive at ``home`` for the check of its custody log, believing the log and nothing else.

    Nobody may change the archive meanwhile. Raises CustodyError where there is no log that can be opened; everything
    else that is wrong is for the check to say.
    """
    config = configuration.load(home)
    staging = home / STAGING
    with durable.exclusive(home / LOCK, doing="checking the custody log"):
        for left in staging.glob(f"{_REPLAY}*"):
            shutil.rmtree(left, ignore_errors=True)
        with (
            tempfile.TemporaryDirectory(prefix=_REPLAY, dir=staging) as scratch,
            contextlib.closing(create_catalogue(Path(scratch) / CATALOGUE)) as replayed,
        ):
            log = CustodyLog.open(home / CUSTODY)
            holdings = Holdings(home, log, replayed, {}, _stamp(UNNAMED, clock), _signing(config))
            kinds = Counter[str]()
            findings = list(_replay(holdings, kinds))
            known = {row.name: row for row in replayed.locations()}
            places = {name: row.uri for name, row in known.items()} | config.locations
            counting = {name: uri for name, uri in places.items() if name not in known or not known[name].retired_at}
            stored = _stored(home, log, holdings, findings)
            yield Evidence(
                holdings=Holdings(
                    home, log, replayed, _locations(config, home, counting), holdings.stamp, holdings.signing
                ),
                stored=stored,
                replayed=sum(kinds.values()) == log.size,
                kinds=kinds,
                findings=tuple(findings),
                authorities=config.timestamps,
            )
            if stored is not None:
                stored.close()


def _replay(holdings: Holdings, kinds: Counter[str]) -> Iterator[Finding]:
    """Take the whole log into the empty catalogue; what stops that is a finding."""
    try:
        holdings.catch_up(kinds)
    except (ArchiveError, ValueError, KeyError) as error:
        said = error.what if isinstance(error, ArchiveError) else str(error)
        yield Finding("log-not-replayed", Severity.ERROR, CUSTODY, f"the log cannot be replayed: {said}", "DESIGN §6")


def _stored(home: Path, log: CustodyLog, holdings: Holdings, findings: list[Finding]) -> Catalogue | None:
    """The catalogue on disk, caught up as every command would do it; None, with a finding, where that fails."""
    try:
        stored = open_catalogue(home / CATALOGUE)
        if stored.applied() < log.size:
            Holdings(home, log, stored, {}, holdings.stamp, holdings.signing).catch_up()
    except (ArchiveError, ValueError) as error:
        said = error.what if isinstance(error, ArchiveError) else str(error)
        findings.append(Finding("catalogue-unreadable", Severity.ERROR, CATALOGUE, said, "DESIGN §6"))
        return None
    return stored


@contextmanager
def on_duty(home: Path, *, actor: str = UNNAMED, clock: Clock = system_clock) -> Iterator[tuple[Holdings, Config]]:
    """Open the archive at ``home`` for what is due (``archive.duties.tick``); LockedError while it is in use."""
    with changing(home, doing="scheduled duties", actor=actor, clock=clock) as archive:
        yield archive.holdings, archive.config
    troubles = [finding for finding in archive.afterwards if finding.code != protection.LOWERED]  # archive status tells
    if troubles:
        raise ArchiveError(troubles[0].message, hint="look at this before anything else")


def acting(archive: Archive, *, progress: Progress | None = None) -> Acting:
    """What an act works with that takes two persons."""
    return Acting(archive.holdings, archive.config, archive.home, archive.staging, progress or Silent())


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
    known = catalogue.locations()
    places = {row.name: config.locations.get(row.name, row.uri) for row in known if row.name not in _retired(known)}
    unknown = config.locations.keys() - {row.name for row in known}
    if unknown:
        raise ArchiveError(
            f"{home / configuration.FILE_NAME}: location '{min(unknown)}' was never added to this archive",
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


def _require_known_actor(holdings: Holdings) -> None:
    """Once agents are registered, whoever is named must be one: a code mistyped would stand in the log for ever."""
    codes = {agent.code for agent in holdings.catalogue.agents()}
    if codes and holdings.stamp.actor not in codes | {UNNAMED}:
        raise UsageError(
            f"'{holdings.stamp.actor}' is not a registered agent",
            hint=f"known agents: {', '.join(sorted(codes))}; archive agent add makes another",
        )


def _retired(rows: Iterable[LocationRow]) -> set[str]:
    return {row.name for row in rows if row.retired_at is not None}


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
