"""The table of timed duties: what the scheduler ticks, and how what is due is found in the catalogue.

What is due is computed anew at every tick and nowhere remembered. A tick that finds the archive in use does nothing
and says so; so do two daemons on one archive.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from archive import durable
from archive.audit.campaign import audit, due
from archive.clock import Clock, system_clock
from archive.config import Config
from archive.custody.notes import checkpoint_in
from archive.deaccession.removal import removals_due, remove_due
from archive.errors import ArchiveError, LockedError
from archive.holdings.checkpoints import make_checkpoint, newest_checkpoint
from archive.holdings.holdings import Holdings
from archive.holdings.replicate import owed, replicate_missing
from archive.holdings.timestamping import due_stamps, newest_text, read_authorities, stamp_checkpoint
from archive.model.fixity import FixityOutcome
from archive.model.moments import format_moment, parse_moment
from archive.planning.rescan_nightly import Opening, rescan_tonight
from archive.progress import Progress
from profiles.finding import Severity
from scheduler.cadence import is_due

HEARTBEAT = "heartbeat.json"
TICK = timedelta(minutes=1)
"""How often the daemon looks whether something is due."""
A_DAY = timedelta(days=1)
"""How often the log is signed, where it has grown."""
SILENCE = timedelta(minutes=15)
"""A heart that has not beaten for so long has stopped; ``archive status`` says so."""


@dataclass(frozen=True, slots=True)
class Done:
    """What one duty did at one tick, in a sentence.

    ``alarming`` where damage was found or a duty cannot be done, ``needs_person`` where somebody has to look besides.
    """

    duty: str
    sentence: str
    alarming: bool = False
    needs_person: bool = False


ERROR = "error"
"""The duty of what kept all of them from being done."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that has to be done from time to time: does what is due, or answers None where nothing is."""

    name: str
    do: Callable[[Holdings, Config, Progress], Done | None]


@dataclass(frozen=True, slots=True)
class Doors:
    """How a tick opens the archive: to change it ``alone``, for ``looking`` only, and to record ``beside`` ingests."""

    alone: Opening
    looking: Opening
    beside: Opening


def _replicate(holdings: Holdings, _config: Config, progress: Progress) -> Done | None:
    """Make copies that are owed, where a location that lacks one can be reached."""
    reachable = {location.name for location in holdings.online()}
    lacking = [
        package.id for package, replicas in owed(holdings) if reachable - {replica.location for replica in replicas}
    ]
    if not lacking:
        return None
    progress.stage("replicating", total=len(lacking))
    stored, findings = replicate_missing(holdings)
    trouble = f"; still owed: {findings[0].message}" if findings else ""
    return Done("replicate", f"{stored} copies made{trouble}", alarming=stored == 0)


def _audit(holdings: Holdings, config: Config, progress: Progress) -> Done | None:
    """Read what was last read too long ago, longest first, and repair what is damaged."""
    now = holdings.stamp.clock()
    waiting = [
        replica
        for replica in due(holdings.catalogue.replicas(), now=now, policy=config.audit)
        if holdings.locations[replica.location].offline() is None
    ]
    if not waiting:
        return None
    audited = audit(holdings, waiting, policy=config.audit, progress=progress)
    if audited.files == 0:
        return None
    wrong = {outcome: count for outcome, count in audited.counts.items() if outcome is not FixityOutcome.OK and count}
    found = ", ".join(f"{count} {outcome}" for outcome, count in sorted(wrong.items())) or "all right"
    sentence = f"{audited.replicas} replicas, {audited.files} files read: {found}; {audited.repaired} files repaired"
    if audited.incidents:
        sentence += f"; new incidents: {', '.join(audited.incidents)}"
    return Done("audit", sentence, alarming=audited.alarming)


def _checkpoint(holdings: Holdings, _config: Config, _progress: Progress) -> Done | None:
    """Have the log signed once a day, where it has grown."""
    try:
        newest = newest_checkpoint(holdings)
        grown = newest is None or newest.size < holdings.log.size
        if not grown or not is_due(None if newest is None else newest.time, A_DAY, now=holdings.stamp.clock()):
            return None
        size = checkpoint_in(make_checkpoint(holdings), "the new checkpoint").size
    except ArchiveError as error:  # the other duties are done all the same
        return Done("checkpoint", f"{error.what}. {error.hint}", alarming=True)
    return Done("checkpoint", f"{size} records signed; archive custody checkpoint prints it, to be kept elsewhere")


def _timestamp(holdings: Holdings, config: Config, progress: Progress) -> Done | None:
    """Have the newest checkpoint time-stamped, and send again what waits, after longer and longer pauses."""
    if not config.timestamps:
        return None
    try:
        authorities = read_authorities(holdings.home, config.timestamps)
        checkpoint = newest_text(holdings)
        done = stamp_checkpoint(holdings, authorities, checkpoint, only_due=True, progress=progress)
    except ArchiveError as error:  # the other duties are done all the same
        return Done("timestamp", f"{error.what}. {error.hint}", alarming=True)
    told = [f"the checkpoint of {one.place.size} records stamped by '{one.place.authority}'" for one in done.stored]
    expiring = due_stamps(holdings) if done.stored else []  # said once a day, with each new one
    told += [
        f"{one.subject}: {one.message}" for one in (*done.findings, *expiring) if one.severity is not Severity.INFO
    ]
    alarming = any(one.severity is Severity.ERROR for one in done.findings)
    return Done("timestamp", "; ".join(told), alarming=alarming) if told else None


def _remove(holdings: Holdings, _config: Config, _progress: Progress) -> Done | None:
    """Remove copies of deaccessioned packages that are due, at locations that have come back."""
    reachable = {location.name for location in holdings.online()}
    if not any(replica.location in reachable for replica in removals_due(holdings)):
        return None
    try:
        removed, findings = remove_due(holdings)
    except ArchiveError as error:  # the other duties are done all the same
        return Done("remove", f"{error.what}. {error.hint}", alarming=True)
    trouble = f"; still due: {findings[0].message}" if findings else ""
    return Done("remove", f"{removed} copies of deaccessioned packages removed{trouble}") if removed else None


def _rescan(doors: Doors, progress: Progress) -> Done | None:
    """Look again for malware in what is held: this night's portion, beside ingests."""
    try:
        tonight = rescan_tonight(doors.looking, doors.beside, progress=progress)
    except LockedError as error:
        return Done("rescan", f"{error.what}; the package in hand is looked at again later")
    except ArchiveError as error:  # a daemon outlives it
        return Done("rescan", f"{error.what}. {error.hint}", alarming=True)
    except OSError as error:  # its lock file, on a disk that is full
        return Done("rescan", f"looking for malware was not begun: {error}", alarming=True)
    if tonight is None:
        return None
    if tonight.no_scanner is not None:
        sentence = f"nothing was looked at for malware, no scanner answers: {tonight.no_scanner}"
        sentence += "; start clamd, or mend [malware] socket in archive.toml"
        return Done("rescan", sentence, needs_person=True)
    done = tonight.done
    told = [
        f"{done.packages} packages with {done.files} files ({done.bytes} octets) looked at by {tonight.scanner}: "
        f"{done.infected} found infected that were not known to be"
    ]
    told += [f"{tonight.still_due} packages still due"] if tonight.still_due else []
    told += [f"{tonight.out_of_reach} due in no copy that can be reached"] if tonight.out_of_reach else []
    told += [f"{tonight.left_out} left out until their incidents are closed"] if tonight.left_out else []
    told += [f"new incidents: {', '.join(done.incidents)}"] if done.incidents else []
    told += [f"{one.subject}: {one.message}" for one in done.findings]
    return Done("rescan", "; ".join(told), needs_person=done.needs_person)


DUTIES = (
    Duty("checkpoint", _checkpoint),
    Duty("timestamp", _timestamp),
    Duty("replicate", _replicate),
    Duty("remove", _remove),
    Duty("audit", _audit),
)
"""In the order in which they are done: what is over at once comes first, and a missing copy is a greater danger than
one not read for long. Looking for malware comes after them, and does not take the archive alone."""


def tick(doors: Doors, home: Path, *, progress: Progress, clock: Clock = system_clock) -> list[Done]:
    """Do everything that is due now, and beat the heart at ``home``. Nothing is done twice, by however many daemons.

    An archive in use is left alone until the next tick, but for what can be done beside ingests. Errors of the world
    are sentences too: a daemon outlives a disk that is full today.
    """
    done, waits = _alone(doors, progress)
    failed = any(one.duty == ERROR for one in done)
    if not failed and not progress.stopping():
        rescanned = _rescan(doors, progress)
        done += [] if rescanned is None else [rescanned]
    if not waits or len(done) > 1:
        try:
            beat(home, done, now=clock())
        except OSError as error:
            done.append(Done("heartbeat", f"could not be written: {error}; free space or mend the disk", alarming=True))
    return done


def _alone(doors: Doors, progress: Progress) -> tuple[list[Done], bool]:
    """Do what is due that takes the archive alone; answer also whether somebody else has it."""
    done: list[Done] = []
    try:
        with doors.alone() as (holdings, config):
            for duty in DUTIES:
                if progress.stopping():
                    break
                result = duty.do(holdings, config, progress)
                done += [] if result is None else [result]
    except LockedError as error:
        return [Done("wait", f"{error.what}; nothing was done at this tick")], True
    except ArchiveError as error:
        done.append(Done(ERROR, f"{error.what}. {error.hint}", alarming=True))
    return done, False


def beat(home: Path, done: list[Done], *, now: datetime) -> None:
    """Write the heartbeat: when the last tick ended, and what it did."""
    told = {"time": format_moment(now), "done": [asdict(result) for result in done]}
    durable.write_atomic(home / HEARTBEAT, json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n")


def last_beat(home: Path) -> datetime | None:
    """When the daemon's heart beat last, None if it never did or the file cannot be read."""
    try:
        return parse_moment(json.loads((home / HEARTBEAT).read_bytes())["time"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_silent(home: Path, *, now: datetime) -> bool:
    """Whether no daemon has been heard of for too long."""
    return is_due(last_beat(home), SILENCE, now=now)
