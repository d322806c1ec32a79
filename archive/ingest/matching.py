"""The producer's table and what was delivered, compared: what is on one side only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archive.ingest.table import Rows
from archive.model.names import shown
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode
from profiles.ingest_profile import Orphans


def match(rows: Rows, items: Iterable[Sequence[bytes]], *, orphans: Orphans = Orphans.ACCEPT) -> Iterator[Finding]:
    """Orphans on either side: files without a row as they come, then rows without a file.

    ``items`` are the delivered names, those of one item together: a row about one of them speaks for all. ``orphans``
    says what becomes of those without.
    """
    with rows.meeting():
        for names in items:
            found = [(name, rows.meet(name)) for name in names]
            if not any(spellings for _, spellings in found):
                yield _without_row(names, orphans)
            for name, spellings in found:
                yield from _remarks(rows, name, spellings)
    for row in rows.unmet():
        message = f"{rows.unit} {row.line} of the metadata speaks of a file that was not delivered"
        yield _finding(FindingCode.ROW_WITHOUT_FILE, shown(row.path), message)


def _without_row(names: Sequence[bytes], orphans: Orphans) -> Finding:
    others = f" (nor have the {len(names) - 1} files that belong to it)" if len(names) > 1 else ""
    becomes = "is accepted and under embargo" if orphans is Orphans.ACCEPT else "is kept apart until a person decides"
    message = f"the file has no row in the metadata{others}; it {becomes}"
    return _finding(FindingCode.FILE_WITHOUT_ROW, shown(names[0]), message)


def _remarks(rows: Rows, name: bytes, spellings: Sequence[bytes]) -> Iterator[Finding]:
    """Where the row was found, if that was not plain."""
    for again in spellings[1:]:
        message = (
            f"the table speaks of this file in {rows.unit} {rows.first_line(spellings[0])} "
            f"and, spelled otherwise, in {rows.unit} {rows.first_line(again)}; both are kept"
        )
        yield _finding(FindingCode.DUPLICATE_ROW, shown(name), message)
    if spellings and spellings[0] != name and not _is_utf8(name):
        message = (
            f"the name on the medium is not UTF-8; {rows.unit} {rows.first_line(spellings[0])} of the table, "
            f"'{shown(spellings[0])}', was taken to mean it"
        )
        yield Finding(FindingCode.ROW_BY_GUESS, Severity.WARNING, shown(name), message)


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _finding(code: FindingCode, subject: str, message: str) -> Finding:
    return Finding(code, Severity.WARNING, subject, message)
