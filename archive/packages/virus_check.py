"""What a malware scanner said of the files of an AIP, as PREMIS: once for most files, and at each that differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archive.model.malware import MalwareOutcome, Scan, usual
from archive.packages.content import AipContent, PackagedFile
from archive.packages.preservation import FAIL, SOFTWARE, SUCCESS, WARNING, new_event, uuid_identifier
from premis.model import Agent, Event, Identifier
from premis.terms import term

_OUTCOMES = {
    MalwareOutcome.CLEAN: SUCCESS,
    MalwareOutcome.INFECTED: FAIL,
    MalwareOutcome.NOT_CHECKED: WARNING,
    MalwareOutcome.TOOL_ERROR: WARNING,
}


def scanner_agents(files: Iterable[PackagedFile]) -> list[Agent]:
    """Each scanner that spoke, with its versions; none where there was none."""
    spoke = {_agent(file.scan): file.scan for file in files if file.scan.scanner is not None}
    return [
        Agent(
            identifier,
            names=((scan.scanner or "").rpartition(" ")[0] or "scanner",),
            type=term("agentType", "software"),
            version=(scan.scanner or "").rpartition(" ")[2],
            notes=(f"signatures: {scan.signatures}",),
        )
        for identifier, scan in spoke.items()
    ]


def shared_check(content: AipContent, of: Identifier) -> Event:
    """What was said of most files; ``of`` is the representation."""
    return _event(content, usual(file.scan for file in content.files), of)


def file_checks(content: AipContent) -> Iterator[Event]:
    """What was said of each file of which something else was said."""
    most = usual(file.scan for file in content.files)
    return (_event(content, file.scan, uuid_identifier(file.id)) for file in content.files if file.scan != most)


def _event(content: AipContent, scan: Scan, of: Identifier) -> Event:
    return new_event(
        "virus check",
        at=content.received_at,
        objects=(of,),
        outcome=_OUTCOMES[scan.outcome],
        detail=None if scan.scanner is None else f"{scan.scanner}, signatures {scan.signatures}",
        note=scan.word,
        agent=SOFTWARE if scan.scanner is None else _agent(scan),
    )


def _agent(scan: Scan) -> Identifier:
    return Identifier("local", f"software:{scan.scanner}")
