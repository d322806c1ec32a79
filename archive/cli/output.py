"""How the archive speaks: JSON for programs, tables and sentences for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from archive.ingest.told import kindred
from archive.model.names import shown
from archive.model.quantities import octets as octets
from archive.model.quantities import plural as plural
from profiles.finding import Finding, Severity, finding_as_json

MARKS = {Severity.ERROR: "!!", Severity.WARNING: " !", Severity.INFO: "  "}


def safe(text: str) -> str:
    """``text`` for a terminal: no control character of a delivered name reaches it."""
    return "\n".join(shown(line) for line in text.split("\n"))


def emit_json(value: Mapping[str, Any]) -> None:
    """One JSON object on one line of stdout."""
    text = json.dumps(value, ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def say(text: str = "") -> None:
    """A line for a person."""
    click.echo(safe(text))


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table; numbers to the right."""
    cells = [[safe(str(cell)) for cell in row] for row in rows]
    widths = [max([len(title), *(len(row[i]) for row in cells)]) for i, title in enumerate(heading)]
    click.echo("  ".join(title.ljust(width) for title, width in zip(heading, widths, strict=True)).rstrip())
    for row in cells:
        aligned = (
            cell.rjust(width) if cell.replace(",", "").isdigit() else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        )
        click.echo("  ".join(aligned).rstrip())


def findings_as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as other programs read them."""
    return [finding_as_json(finding) for finding in findings]


def tell_findings(findings: Sequence[Finding], *, at_most: int = 40) -> None:
    """Findings for a person, grouped by code, the weightiest first; long lists are cut and counted."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((order[finding.severity], finding.code), []).append(finding)
    for (_, code), group in sorted(groups.items()):
        some = kindred(group)
        say(f"{MARKS[group[0].severity]} {code}: {some.count:,}")
        for finding in some.told[:at_most]:
            say(f"      {finding.subject}: {finding.message}")
        if some.count > at_most:
            where = some.elsewhere or "--json lists all"
            say(f"      … and {some.count - len(some.told[:at_most]):,} more; {where}")
