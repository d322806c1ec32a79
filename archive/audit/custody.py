"""The full check of the custody log: each part of it, and everything that must agree with it.

``verify_custody`` is the list of checks in their order; a further one is a line in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from archive.audit.checks import Check, odd, some, told, wrong
from archive.audit.log_copies import check_copy
from archive.audit.private_copies import erasures_that_count, private_findings
from archive.audit.same_story import check_accessions, check_bags, check_catalogue, check_files
from archive.audit.secrets_here import check_secrets
from archive.audit.witnesses import Known, check_given, check_kept, check_memories
from archive.catalogue.catalogue import Catalogue
from archive.config import TimestampAuthority
from archive.custody.checkpoint import Verifier
from archive.custody.epoch_files import HOME_NAME
from archive.custody.history import recount
from archive.custody.log import CustodyLog
from archive.custody.notes import note_sizes
from archive.custody.paper import Witness
from archive.custody.times import Fall, falls_in, set_back
from archive.custody.tree import Tree
from archive.errors import ArchiveError, CustodyError
from archive.holdings.approvals import examine as examine_acts
from archive.holdings.checkpoints import KEYS, log_keys
from archive.holdings.holdings import Holdings
from archive.holdings.timestamping import compare_copies, due_stamps, read_authorities, verify_stamps
from archive.progress import Progress
from profiles.finding import Finding
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Evidence:
    """An archive laid open for its check, believing the log and nothing else.

    The catalogue of ``holdings`` was just made from the log; ``stored`` is the one on disk, None where it cannot be
    opened. ``replayed`` is false where the log could not be read to its end. ``findings`` say what went wrong so far.
    ``authorities`` are those that ``archive.toml`` names for time-stamps.
    """

    holdings: Holdings
    stored: Catalogue | None
    replayed: bool
    kinds: Counter[str]
    findings: tuple[Finding, ...]
    authorities: tuple[TimestampAuthority, ...] = ()


def verify_custody(
    evidence: Evidence, *, since: Sequence[tuple[str, Witness]], given: Sequence[Verifier], progress: Progress
) -> Iterator[Check]:
    """Every check, one after the other; none stops because another found something.

    ``since`` are checkpoints from outside by the names to call them, ``given`` keys that came with them.
    """
    holdings, log = evidence.holdings, evidence.holdings.log
    progress.stage("reading the log", total=None)
    yield _check_records(log, evidence)
    yield _check_tree(log)
    memories = _memories(holdings.home / KEYS)
    sizes = [*note_sizes(log.folder), *(witness.size for _, witness in since), *_sizes_in(memories)]
    past = recount(log, (size for size in sizes if size <= log.size))
    known = Known(
        holdings.signing.origin, log.size, past, log_keys(holdings), evidence.replayed, tuple(given), set_back(log)
    )
    yield check_kept(log.folder, known)
    yield check_memories(memories, known)
    if since or given:
        yield check_given(since, known)
    erasures = erasures_that_count(holdings)
    for location in holdings.locations.values():
        check = check_copy(log, location, known, progress=progress)
        yield replace(check, findings=(*check.findings, *private_findings(holdings, location, erasures)))
    yield from _check_home(holdings)
    yield Check("replay", sum(evidence.kinds.values()), _told_kinds(evidence.kinds), evidence.findings)
    if not evidence.replayed:
        return  # what the log does not tell to its end cannot be compared with anything
    yield check_secrets(holdings)
    yield _check_timestamps(holdings, evidence.authorities)
    if evidence.stored is not None:
        yield check_catalogue(holdings.catalogue, evidence.stored, log.size)
    yield check_accessions(holdings)
    yield _check_acts(holdings)
    yield _check_times(holdings)
    for location in holdings.locations.values():
        yield check_bags(holdings, location, progress=progress)
    yield check_files(holdings, progress=progress)


def check_checkpoints(holdings: Holdings) -> Check:
    """Only the checkpoints kept here, against the log: what a log just brought from a location has to answer for."""
    log = holdings.log
    past = recount(log, (size for size in note_sizes(log.folder) if size <= log.size))
    return check_kept(
        log.folder, Known(holdings.signing.origin, log.size, past, log_keys(holdings), set_back=set_back(log))
    )


def _check_records(log: CustodyLog, evidence: Evidence) -> Check:
    try:
        findings = log.verify()
    except OSError as error:
        findings = [wrong(FindingCode.CUSTODY_UNREADABLE, str(log.folder), str(error))]
    sentence = "records: their numbers, openings against commitments, the root against the head"
    return Check("records", log.size, sentence, tuple(findings))


def _check_tree(log: CustodyLog) -> Check:
    """The derived files of the tree; wrong ones are made anew."""
    blocks, sentence = log.size // log.segment, "settled blocks of the tree, against their leaves"
    try:
        wrong_files = Tree(log).renew()
    except CustodyError as error:
        return Check("tree", blocks, sentence, (wrong(FindingCode.CUSTODY_TREE, "tree", error.what),))
    message = "was not what the leaves say, and was made anew: has the disk rotted?"
    return Check(
        "tree",
        blocks,
        sentence,
        tuple(odd(FindingCode.CUSTODY_TREE, f"tree/{path.name}", message) for path in wrong_files),
    )


def _check_home(holdings: Holdings) -> Iterator[Check]:
    """Whether this home is the one that goes on, where anybody ever took over or it has not yet."""
    sentence = "notes at the locations that a home has taken over, and whether this one goes on"
    try:
        seen = holdings.seen()
    except CustodyError as error:
        yield Check("home", 0, sentence, (wrong(FindingCode.CUSTODY_UNREADABLE, HOME_NAME, error.what),))
        return
    if seen.numbers or not seen.in_force:
        yield Check("home", len(seen.numbers), sentence, tuple(seen.told()))


def _check_timestamps(holdings: Holdings, configured: Sequence[TimestampAuthority]) -> Check:
    """Every time-stamp in full, its copies, and whether it wants a successor; by the module that makes them."""
    sentence = "time-stamps of checkpoints, in full, and their copies"
    try:
        examined = verify_stamps(holdings, read_authorities(holdings.home, configured))
        findings = [finding for one in examined for finding in one.findings]
        findings += [*compare_copies(holdings), *due_stamps(holdings)]
    except (ArchiveError, OSError) as error:
        return Check("time-stamps", 0, sentence, (wrong(FindingCode.TIMESTAMPS_UNCHECKED, "timestamps", str(error)),))
    return Check("time-stamps", len(examined), sentence, tuple(findings))


def _check_acts(holdings: Holdings) -> Check:
    """What nobody may do alone was asked for and approved by others, with signatures that are right."""
    findings = examine_acts(holdings)
    return Check(
        "acts", len(holdings.catalogue.papers()), "papers of requests and approvals, and acts on them", tuple(findings)
    )


def _check_times(holdings: Holdings) -> Check:
    """Times fall where a ``clock`` record says so, and nowhere else."""
    aside = {row.number: row.leaf for row in holdings.catalogue.set_aside()}
    found = falls_in(holdings.log)
    findings = some((_fell(fall) for fall in found if fall.number not in aside), what="records")
    looked_at = some((_looked_at(fall, aside[fall.number]) for fall in found if fall.number in aside), what="records")
    sentence = "records: each dated as the one it follows, or later, but for those that tell of a clock set back"
    return Check("times", holdings.log.size, sentence, (*findings, *looked_at))


def _fell(fall: Fall) -> Finding:
    message = f"{fall.why}, and no record says that a clock was set back"
    return wrong(FindingCode.TIME_FELL, f"record {fall.number}", message)


def _looked_at(fall: Fall, by: int) -> Finding:
    return told(FindingCode.TIME_FELL, f"record {fall.number}", f"{fall.why}; set aside by record {by}")


def _memories(folder: Path) -> list[tuple[str, bytes]]:
    return [(f"{KEYS}/{path.name}", path.read_bytes()) for path in sorted(folder.glob("*.signed.note"))]


def _sizes_in(memories: Sequence[tuple[str, bytes]]) -> Iterator[int]:
    """Sizes that notes claim in their second lines, without believing them."""
    for _, note in memories:
        _, _, rest = note.partition(b"\n")
        size = rest.partition(b"\n")[0]
        if size.isdigit() and len(size) <= 16:
            yield int(size)


def _told_kinds(kinds: Counter[str]) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"records understood: {counts or 'none'}"
