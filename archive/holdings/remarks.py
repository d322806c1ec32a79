"""Records of the log that took no effect: what is said of them, and what nobody may do while one stands.

A remark stands until two persons have set its record aside. Reading, taking in and auditing go on meanwhile. What
destroys or releases does not: it might rest on what was slipped in, or on what this program is too old to know.
"""

from __future__ import annotations

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import RemarkRow
from archive.errors import ArchiveError, CustodyError
from archive.model.acts import Act
from archive.model.remarks import RemarkCode
from profiles.finding import Finding, Severity

ALWAYS = frozenset({Act.KEY_RETIREMENT, Act.SET_ASIDE})
"""Acts that go on whatever is remarked: setting it aside, and retiring a key, which may be the one that did it."""

UPGRADE = "written by a newer program; upgrade"


def remark_findings(catalogue: Catalogue) -> list[Finding]:
    """What is told of each remark that stands: an error, or a warning where only this program is too old."""
    return [_finding(row) for row in catalogue.remarks(open_only=True)]


def require_no_remarks(catalogue: Catalogue, doing: str) -> None:
    """Raise where a remark stands, before ``doing``, which destroys or releases something.

    CustodyError (exit 20), or ArchiveError (exit 1) where nothing is wrong but this program's age.
    """
    standing = catalogue.remarks(open_only=True)
    wrong = [row for row in standing if row.code != RemarkCode.NEWER]
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise CustodyError(
            f"{doing} is refused: record {wrong[0].number} of the custody log took no effect: {wrong[0].why}{more}",
            hint="archive custody verify names each; nothing was changed",
        )
    if standing:
        raise ArchiveError(
            f"{doing} is refused: record {standing[0].number} of the custody log was {UPGRADE}",
            hint="use the newer version of evidence-archive that last wrote here; nothing was changed",
        )


def _finding(row: RemarkRow) -> Finding:
    about = f"record {row.number}"
    if row.code == RemarkCode.NEWER:
        return Finding(row.code, Severity.WARNING, about, f"kind {row.kind}, version {row.v}: {UPGRADE}", "DESIGN §7")
    return Finding(
        row.code, Severity.ERROR, about, f"kind {row.kind}, version {row.v}, took no effect: {row.why}", "DESIGN §7"
    )
