"""What was told of formats, in sentences for the life of a package or of a file."""

from __future__ import annotations

from archive.catalogue.rows import FileRow, PackageRow
from archive.inspection.verdict import SENTENCES
from archive.model.formats import FileFormat
from archive.model.records import FormatDecisionRecord, IdentificationRecord, Record


def formats_told(record: Record, package: PackageRow, file: FileRow | None) -> str | None:
    """The sentence for a record about formats if it speaks of ``file``, or of ``package`` where no file is given."""
    match record:
        case IdentificationRecord() if file is not None or record.package == package.id:
            if file is None:
                return _of_package(record)
            found = next((told for told in record.files if told.file == file.id), None)
            return None if found is None else _of_file(record, found)
        case FormatDecisionRecord() if file is not None and record.file == file.id:
            what = "unknown" if record.puid is None else _named(record.puid, record.name)
            return f"{record.actor} decided that its format is {what}: {record.reason}."
    return None


def _of_package(record: IdentificationRecord) -> str:
    doubtful = sum(1 for told in record.files if told.verdict.needs_a_person)
    named = sum(1 for told in record.files if told.puid is not None)
    rest = f"; {doubtful:,} for a person to look at" if doubtful else ""
    told = f"Its {len(record.files):,} files were identified: a format is named for {named:,}{rest}."
    return f"{told} Asked were {_tools(record)}."


def _of_file(record: IdentificationRecord, told: FileFormat) -> str:
    what = "no format could be named" if told.puid is None else _named(told.puid, record.formats.get(told.puid))
    quoted = (record.said or {}).get(told.file)
    said = "" if quoted is None else f" ({quoted})"
    return f"It was identified: {what}; {SENTENCES[told.verdict]}{said}. Asked were {_tools(record)}."


def _named(puid: str, name: str | None) -> str:
    return puid if name is None else f"{puid} {name}"


def _tools(record: IdentificationRecord) -> str:
    return ", ".join(f"{tool.tool} {tool.version} ({tool.signatures})" for tool in record.tools)
