"""What became of malware and quarantine, in sentences for the life of a package or of a file."""

from __future__ import annotations

from collections.abc import Set

from archive.catalogue.rows import FileRow
from archive.model.knowledge_records import MalwareRecord, QuarantineDecisionRecord, QuarantineRecord
from archive.model.malware import FileScan
from archive.model.quarantine import QuarantineDecision, QuarantineReason
from archive.model.record import Record

KINDS = frozenset({"malware", "quarantine", "quarantine-decision"})
"""Kinds of the records that are told here."""

_WHY = {
    QuarantineReason.INFECTED: "a scanner found malware in it",
    QuarantineReason.WITHOUT_ROW: "no row of the producer's table speaks of it",
}
_DECIDED = {
    QuarantineDecision.KEEP: "that it stays in quarantine for good",
    QuarantineDecision.RELEASE: "to release it from quarantine",
    QuarantineDecision.REJECT: "to reject it; its bytes are kept",
}


def quarantine_told(record: Record, packages: Set[str], file: FileRow | None) -> str | None:
    """The sentence for a record that speaks of one of ``packages``, told of ``file`` where one is given."""
    match record:
        case MalwareRecord(package=aip) if aip in packages:
            return _scan(record, file)
        case QuarantineRecord(package=aip, content=content) if aip in packages or content in packages:
            return (
                f"It was put into quarantine because {_WHY[record.why]}: package {content} lies encrypted inside "
                f"package {aip}."
            )
        case QuarantineDecisionRecord(package=aip) if aip in packages:
            return f"{record.actor} decided {_DECIDED[record.decision]}: {record.reason}."
    return None


def _scan(record: MalwareRecord, file: FileRow | None) -> str:
    by = "no scanner was asked" if record.scanner is None else f"asked was {record.scanner} ({record.signatures})"
    if file is not None:
        usual = FileScan(file.id, record.outcome, record.detail)
        said = next((one for one in record.files if one.file == file.id), usual)
        return f"It was looked at for malware: {_words(said.outcome, said.detail)}; {by}."
    rest = "" if not record.files else f"; of {len(record.files):,} files something else was said"
    return f"Its files were looked at for malware: {_words(record.outcome, record.detail)}{rest}; {by}."


def _words(outcome: str, detail: str | None) -> str:
    return outcome if detail is None else f"{outcome} ({detail})"
