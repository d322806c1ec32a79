"""Opening an archive: to change it, to look, or for what is due; and what is done when it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from archive import config as configuration
from archive import durable
from archive.assembly.parts import (
    CATALOGUE,
    CUSTODY,
    LOCK,
    Archive,
    locate,
    retired,
    signing_for,
    stamp_for,
)
from archive.catalogue.opening import open_catalogue
from archive.clock import Clock, system_clock
from archive.config import Config
from archive.custody.log import CustodyLog
from archive.duties import Doors
from archive.errors import ArchiveError, CustodyError, LockedError, StorageError, UsageError
from archive.holdings import protection
from archive.holdings.checkpoints import is_checkpoint_wanted, make_checkpoint
from archive.holdings.holdings import Holdings, Stamp
from archive.holdings.homes import ensure_named
from archive.holdings.takeover import Taken, take_over
from archive.model.acts import UNNAMED
from archive.planning.signatures import copy_signatures
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@contextmanager
def changing(
    home: Path,
    *,
    doing: str,
    actor: str = UNNAMED,
    clock: Clock = system_clock,
    beside_others: bool = False,
    preparing: bool = False,
) -> Iterator[Archive]:
    """Open the archive at ``home`` for a command that changes it; LockedError while another one does.

    Commands that change it ``beside_others`` may do so at the same time, if all of them do; each keeps to its own
    staging. When the command is done, a checkpoint is made where an accession was closed or a handover frozen, and what
    is new of the custody log is copied to every location that can be reached, and so are signature files in use.

    Raises ArchiveError where ``home`` is not the one that goes on. A rehearsal is opened all the same where a command
    may be ``preparing`` its takeover (keys, and requests for them); then nothing is copied or signed.
    """
    config = configuration.load(home)
    with _in_use(home / LOCK, doing=doing, beside_others=beside_others) as lock:
        opened = _open(home, config, actor=actor, clock=clock)
        seen = opened.holdings.seen()
        seen.require_in_force(() if preparing else None)
        if lock.alone and seen.in_force:
            _tidy(opened)
        if beside_others:
            lock.admit()
        ensure_named(home, seen)
        opened.holdings.settle()
        opened.holdings.stamp.clock.latest = opened.holdings.log.last_time()
        _require_known_actor(opened.holdings)
        opened = replace(opened, config=protection.settle(opened.holdings, config))
        try:
            yield opened
            if seen.in_force:
                opened.afterwards.extend(_checkpoint_where_wanted(opened.holdings))
            opened.afterwards.extend(protection.refused(opened.holdings, config))
        finally:
            if seen.in_force:
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
        with suppress(StorageError):  # on a disk that is read-only they may stay: no copy begins with them
            location.clear_incoming()


def taking_over(home: Path, *, actor: str = UNNAMED, clock: Clock = system_clock) -> tuple[Taken, list[Finding]]:
    """Make ``home`` the one that goes on, and copy its log and its epoch to the locations; what a person must be told.

    Raises ArchiveError, and changes nothing, where it cannot take over.
    """
    config = configuration.load(home)
    try:
        with durable.exclusive(home / LOCK, doing="taking over"):
            opened = _open(home, config, actor=actor, clock=clock)
            try:
                opened.holdings.settle()
                opened.holdings.stamp.clock.latest = opened.holdings.log.last_time()
                taken = take_over(opened.holdings)
                return taken, [*opened.holdings.copy_log(), *_clock_findings(opened.holdings.stamp)]
            finally:
                opened.holdings.catalogue.close()
    except OSError as error:
        raise StorageError(
            f"{home} cannot be written: {error.strerror or error}",
            hint="free space or mend the disk, then give the same command again; nothing was lost",
            transient=True,
        ) from error


@contextmanager
def reading(home: Path, *, clock: Clock = system_clock) -> Iterator[Archive]:
    """Open the archive at ``home`` for a command that only looks. It may look while another one changes."""
    config = configuration.load(home)
    opened = _open(home, config, actor=UNNAMED, clock=clock)
    if opened.holdings.catalogue.applied() != opened.holdings.log.size or opened.holdings.is_outgrown():
        try:
            with durable.exclusive(home / LOCK, doing="catching up with the custody log"):
                opened.holdings.follow()
        except LockedError:
            pass  # whoever holds the lock is about to do the same
    try:
        yield replace(opened, config=protection.in_force(opened.holdings, config))
    finally:
        opened.holdings.catalogue.close()


def doors(home: Path, *, actor: str = UNNAMED, clock: Clock = system_clock) -> Doors:
    """How the archive at ``home`` is opened for what is due (``archive.duties.tick``)."""
    return Doors(
        alone=lambda: _on_duty(home, actor=actor, clock=clock, beside_others=False),
        looking=lambda: _looking(home, clock=clock),
        beside=lambda: _on_duty(home, actor=actor, clock=clock, beside_others=True),
    )


@contextmanager
def _looking(home: Path, *, clock: Clock) -> Iterator[tuple[Holdings, Config]]:
    with reading(home, clock=clock) as archive:
        yield archive.holdings, archive.config


@contextmanager
def _on_duty(home: Path, *, actor: str, clock: Clock, beside_others: bool) -> Iterator[tuple[Holdings, Config]]:
    with changing(home, doing="scheduled duties", actor=actor, clock=clock, beside_others=beside_others) as archive:
        yield archive.holdings, archive.config
    troubles = [
        finding for finding in archive.afterwards if finding.code != FindingCode.POLICY_LOWERED
    ]  # archive status tells
    if troubles:
        raise ArchiveError(troubles[0].message, hint="look at this before anything else")


def _open(home: Path, config: Config, *, actor: str, clock: Clock) -> Archive:
    catalogue = open_catalogue(home / CATALOGUE)
    log = CustodyLog.open(home / CUSTODY)
    holdings = Holdings(home, log, catalogue, {}, stamp_for(actor, clock), signing_for(config))
    holdings.catch_up() if catalogue.applied() == 0 else None
    known = catalogue.locations()
    places = {row.name: config.locations.get(row.name, row.uri) for row in known if row.name not in retired(known)}
    unknown = config.locations.keys() - {row.name for row in known}
    if unknown:
        raise ArchiveError(
            f"{home / configuration.FILE_NAME}: location '{min(unknown)}' was never added to this archive",
            hint="archive location add makes a new location; a line in this file alone does not",
        )
    located = locate(config, home, places, forms={row.name: row.form for row in known})
    return Archive(home, config, Holdings(home, log, catalogue, located, holdings.stamp, holdings.signing))


def _require_known_actor(holdings: Holdings) -> None:
    """Once agents are registered, whoever is named must be one: a code mistyped would stand in the log for ever."""
    codes = {agent.code for agent in holdings.catalogue.agents()}
    if codes and holdings.stamp.actor not in codes | {UNNAMED}:
        raise UsageError(
            f"'{holdings.stamp.actor}' is not a registered agent",
            hint=f"known agents: {', '.join(sorted(codes))}; archive agent add makes another",
        )


def _checkpoint_where_wanted(holdings: Holdings) -> list[Finding]:
    """Make a checkpoint if one is wanted; what kept it from being made is a finding: the command itself is done."""
    try:
        if is_checkpoint_wanted(holdings):
            make_checkpoint(holdings)
    except (ArchiveError, OSError) as error:
        weight = Severity.ERROR if isinstance(error, CustodyError) else Severity.WARNING
        said = f"{error.what}. {error.hint}" if isinstance(error, ArchiveError) else str(error)
        return [
            Finding(FindingCode.CHECKPOINT_NOT_MADE, weight, holdings.signing.origin, f"no checkpoint was made: {said}")
        ]
    return []


def _clock_findings(stamp: Stamp) -> list[Finding]:
    """A warning where the clock was behind what the log had recorded."""
    if not stamp.clock.behind:
        return []
    message = (
        f"the clock of this machine ({stamp.clock.source()}) was {stamp.clock.behind} s behind the last record in the "
        "log; what was recorded now says so. Set the clock right, then look at: archive incident list --open"
    )
    return [Finding(FindingCode.CLOCK_BEHIND, Severity.WARNING, stamp.machine, message, "DESIGN §7")]
