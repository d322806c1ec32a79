"""One night's portion of looking for malware in what is held: beside ingests, package by package, oldest first.

While the scanner looks no lock of the archive is held; it is opened for a moment to record each package. What could
not be finished opens an incident, so that one bad package does not cost every night, and no other waits behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from archive import durable
from archive.catalogue.rows import PackageRow
from archive.config import Config
from archive.holdings.holdings import Holdings
from archive.model.identifiers import IncidentId, new_identifier
from archive.model.packages import ReplicaState
from archive.model.records import IncidentRecord
from archive.planning.rescan import (
    RESCANNING,
    Rescanned,
    is_held,
    look_at,
    scanner_at,
    take_down,
    why_none,
)
from archive.planning.rescan_due import STUCK, Portion, Waiting, portion, waiting
from archive.progress import Progress
from profiles.finding_codes import FindingCode

Opening = Callable[[], AbstractContextManager[tuple[Holdings, Config]]]
"""Opens the archive; LockedError while another command changes it."""


_REASONS: dict[str, str] = {
    FindingCode.SCANNER_GONE: "the scanner was gone in the middle of it: somebody stopped it, or a file of the package "
    "brings it down",
    FindingCode.NOT_RESCANNED: "a file of it can be read in no copy in reach; archive audit finds and repairs damage",
}


@dataclass(slots=True)
class Tonight:
    """What one run of the duty did. ``no_scanner`` says why nobody could be asked, or is None."""

    scanner: str | None = None
    no_scanner: str | None = None
    done: Rescanned = field(default_factory=Rescanned)
    still_due: int = 0
    out_of_reach: int = 0
    left_out: int = 0


def rescan_tonight(looking: Opening, beside: Opening, *, progress: Progress) -> Tonight | None:
    """Look at what is due until this night's portion is spent; None where nothing is due, or no scanner is set up.

    ``looking`` opens the archive to read, ``beside`` to record beside ingests. Raises LockedError where another run
    looks for malware already, or a command changes the archive alone.
    """
    with looking() as (holdings, config):
        home = holdings.home
        if not config.malware.socket:
            return None
        scanner = scanner_at(home, config.malware)
    if scanner.scanner is None:
        return Tonight(no_scanner=why_none(scanner))
    with durable.exclusive(home / RESCANNING, doing="looking for malware", of="the search for malware"):
        with looking() as (holdings, config):
            found = waiting(holdings, config.malware, signatures=scanner.signatures)
            if not found.due:
                return None
            left = portion(holdings, config.malware)
            if left.is_spent:
                return None
            content = holdings.catalogue.content()
        files = sum(content.get(due.package.id, (0, 0))[0] for due in found.due)
        progress.stage("looking for malware", total=min(files, left.of_files - left.files))
        with beside():
            pass  # where a command changes the archive alone, nothing could be recorded: it is not read in vain
        tonight = Tonight(f"{scanner.scanner}, signatures {scanner.signatures}")
        _work(found, left, looking, beside, progress, tonight)
    return tonight


def _work(
    found: Waiting, left: Portion, looking: Opening, beside: Opening, progress: Progress, tonight: Tonight
) -> None:
    done = tonight.done
    for due in found.due:
        if left.is_spent or progress.stopping() or done.stopped:
            break
        before = done.files, done.bytes, len(done.findings)
        with looking() as (holdings, config):
            if not is_held(holdings, due.package):
                continue
            find = partial(scanner_at, holdings.home, config.malware)
            looked = look_at(holdings, due.package, find=find, progress=progress, done=done)
        unfinished = [one for one in done.findings[before[2] :] if one.code in _REASONS]
        if looked is not None or unfinished:
            with beside() as (holdings, _):
                if looked is not None:
                    take_down(holdings, looked, done)
                elif is_held(holdings, due.package):
                    done.incidents += _stuck(holdings, due.package, unfinished[0].code)
                else:  # it was deaccessioned while the scanner looked, so it could not be read to its end
                    done.findings = [one for one in done.findings if one not in unfinished]
        left = left.plus(done.files - before[0], done.bytes - before[1])
    tonight.still_due = len(found.due) - done.packages
    tonight.out_of_reach, tonight.left_out = len(found.out_of_reach), len(found.left_out)


def _stuck(holdings: Holdings, package: PackageRow, code: str) -> list[IncidentId]:
    """Open the incident about a package that could not be finished, unless there is one.

    None is opened where the locations of its copies went offline meanwhile: they are waited for.
    """
    replicas = [replica for replica in holdings.catalogue.replicas(package.id) if replica.state is ReplicaState.OK]
    if all(holdings.locations[replica.location].offline() is not None for replica in replicas):
        return []
    known = holdings.catalogue.incidents(only_open=True)
    if any(one.type == STUCK and one.package == package.id for one in known):
        return []
    incident = IncidentId(new_identifier())
    summary = (
        f"package {package.id} could not be looked at for malware: {_REASONS[code]}. It is left out at night until "
        f"this incident is closed; archive malware scan {package.id} tries again now"
    )
    told = IncidentRecord(
        **holdings.stamp(), incident=incident, type=STUCK, package=package.id, location=None, summary=summary
    )
    holdings.record([told])
    return [incident]
