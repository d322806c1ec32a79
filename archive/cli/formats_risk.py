"""``archive formats report`` and ``watch``: how much at risk the formats held are, and what a new table changes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.cli.output import emit_json, findings_as_json, octets, plural, say, table, tell_findings
from archive.cli.session import changing, common, dry_run, find_home
from archive.errors import ExitCode

if TYPE_CHECKING:
    from archive.planning.risk_tables import Change, Offered, TableInUse
    from archive.report.format_report import FormatReport
    from profiles.format_policy import Decision
    from profiles.risk_reading import Refused


@click.command("report")
@click.option("--html", "page", metavar="FILE", type=click.Path(path_type=Path), help="Write a page with plots, too.")
@common
def report_command(page: Path | None, here: str | None, as_json: bool) -> None:
    """Show the holdings by format: how much, at what risk, what is to be done, and how it is known.

    The most urgent come first. The page is one file without script that loads nothing; it can be printed, and names no
    file and no person. A file that exists is not overwritten.

    \b
    Example:
      archive formats report --html formats-2026.html
    """
    from archive import assembly
    from archive.report.format_report import format_report
    from profiles.format_policy import shipped_policy

    if page is not None:
        from archive.pages.writing import require_free

        require_free(page)
    with assembly.reading(find_home(here)) as archive:
        report = format_report(
            archive.holdings,
            archive=archive.config.archive,
            policy=shipped_policy(),
            time=archive.holdings.stamp.clock(),
        )
    if page is not None:
        from archive.pages.rendering import render
        from archive.pages.writing import write_page
        from archive.report.format_page import format_page

        write_page(page, render(format_page(report)))
    if as_json:
        emit_json({**_report_as_json(report), "html": None if page is None else str(page)})
    else:
        _tell_report(report)
        if page is not None:
            say(f"The page is {page}")


@click.command("watch")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--date",
    "day",
    metavar="DAY",
    type=click.DateTime(["%Y-%m-%d"]),
    help="When a published table came out, if its name does not end in the day.",
)
@common
@dry_run
def watch_command(file: Path, day: datetime | None, here: str | None, as_json: bool, dry_run: bool) -> int:
    """Take in a newer risk table, and list what changes for the formats held.

    FILE is the yearly table of the US National Archives as published (CSV), or one in the archive's own form, whose
    ratings go before the published ones. It is used from then on, pinned by its SHA-256. A table that breaks its form
    is refused as a whole, line by line. Given again, a table in use tells again what it changed. Exit code 3 when
    something held got riskier.

    \b
    Example:
      archive formats watch NARA_PreservationActionPlan_FileFormats_20270315.csv --dry-run
    """
    from archive import assembly
    from archive.planning.risk_tables import offer, take
    from profiles.format_policy import shipped_policy
    from profiles.risk_reading import Refused

    home, policy = find_home(here), shipped_policy()
    published = None if day is None else day.date()
    opening = assembly.reading(home) if dry_run else changing(home, doing="taking in a risk table")
    with opening as archive:
        today = archive.holdings.stamp.clock().date()
        offered = offer(archive.holdings, file, policy=policy, day=published, today=today)
        if not dry_run and not isinstance(offered, Refused):
            take(archive.holdings, offered)
    if isinstance(offered, Refused):
        return _tell_refused(file, offered, as_json=as_json)
    _tell_offered(offered, as_json=as_json, dry_run=dry_run)
    return ExitCode.NEEDS_PERSON if offered.worse else ExitCode.DONE


def _report_as_json(report: FormatReport) -> dict[str, Any]:
    from archive.model.moments import format_moment

    return {
        "archive": report.archive,
        "time": format_moment(report.time),
        "log_size": report.log_size,
        "policy": report.policy,
        "risk_tables": [_table_as_json(used) for used in report.tables],
        "files": report.files,
        "bytes": report.bytes,
        "formats_known": report.formats,
        "received": {**asdict(report.received), "received": report.received.received},
        "formats": [
            {
                "puid": line.puid,
                "name": line.name,
                "files": line.files,
                "bytes": line.bytes,
                "risk": line.risk,
                "advice": None if line.decision.advice is None else str(line.decision.advice),
                "risk_source": line.decision.source,
                "risk_date": line.decision.date,
                "action": str(line.decision.action),
                "rule": line.decision.rule,
                "reason": line.decision.reason,
                "told": [asdict(one) for one in line.told],
            }
            for line in report.lines
        ],
        **{
            f"by_{name}": [
                {name: tally.what, "formats": tally.formats, "files": tally.files, "bytes": tally.bytes}
                for tally in tallies
            ]
            for name, tallies in (
                ("action", report.by_action),
                ("risk", report.by_risk),
                ("verdict", report.by_verdict),
                ("basis", report.by_basis),
            )
        },
        "by_size": [
            {"from": 10 ** (digits - 1) if digits > 1 else 0, "files": files, "bytes": size}
            for digits, (files, size) in sorted(report.by_digits.items())
        ],
    }


def _table_as_json(used: TableInUse) -> dict[str, Any]:
    return {**asdict(used), "form": str(used.form), "date": used.date.isoformat()}


def _tell_report(report: FormatReport) -> None:
    from archive.report.format_report import told_in_words

    rows: list[tuple[object, ...]] = [
        (
            line.puid or "unknown",
            f"{line.files:,}",
            octets(line.bytes).rjust(12),
            line.risk,
            line.decision.action,
            told_in_words(line),
            line.name or "",
        )
        for line in report.lines
    ]
    rows.append(("all", f"{report.files:,}", octets(report.bytes).rjust(12), "", "", "", ""))
    table(("format", "files", "size", "risk", "action", "known", "name"), rows)
    say()
    reasons: dict[tuple[str, str], int] = {}
    for line in report.lines:
        key = (str(line.decision.action), line.decision.reason)
        reasons[key] = reasons.get(key, 0) + line.files
    for (action, reason), files in reasons.items():
        say(f"{action}: {plural(files, 'file')}, {reason}")
    if report.elsewhere:
        besides = plural(report.elsewhere, "file")
        say(f"{besides} of {report.received.received:,} received not counted: not in a package of evidence")
    for used in report.tables:
        since = "shipped" if used.taken_at is None else f"taken in {used.taken_at}"
        say(f"risk table: {used.name}, {used.form}, of {used.date}, {plural(used.formats, 'format')}, {since}")


def _tell_refused(file: Path, refused: Refused, *, as_json: bool) -> int:
    if as_json:
        emit_json({"file": str(file), "taken": False, "findings": findings_as_json(refused.faults)})
    else:
        say(f"{file} is refused, and nothing was changed:")
        tell_findings(refused.faults)
        say("Mend these lines, or get the table again from whoever published it, and give the same command.")
    return ExitCode.FAILED


def _tell_offered(offered: Offered, *, as_json: bool, dry_run: bool) -> None:
    reading = offered.reading
    if as_json:
        emit_json(
            {
                "file": offered.name,
                "sha256": offered.sha256,
                "form": str(reading.form),
                "date": reading.date.isoformat(),
                "formats": len(reading.entries),
                "without_format": reading.without_format,
                "taken": not dry_run and not offered.in_use,
                "in_use": offered.in_use or not dry_run,
                "worse": len(offered.worse),
                "changes": [_change_as_json(change) for change in offered.changes],
                "findings": findings_as_json(reading.notes),
            }
        )
        return
    done = "in use already" if offered.in_use else "would be taken in" if dry_run else "taken in, used from now on"
    say(f"{offered.name}, {reading.form}, of {reading.date}: {plural(len(reading.entries), 'format')}; {done}")
    say(f"  SHA-256 {offered.sha256}")
    tell_findings(reading.notes)
    if not offered.changes:
        say(f"It {'changed' if offered.in_use else 'changes'} nothing for the formats held.")
        return
    table(
        ("format", "files", "size", "risk", "action", "", "name"),
        (
            (
                change.puid,
                f"{change.files:,}",
                octets(change.bytes).rjust(12),
                _arrow(change.before.risk, change.after.risk),
                _arrow(change.before.action, change.after.action),
                "riskier" if change.is_worse else "",
                change.name or "",
            )
            for change in offered.changes
        ),
    )
    files = sum(change.files for change in offered.worse)
    formats = len({change.puid for change in offered.worse})
    say(f"{plural(len(offered.changes), 'change')}; riskier: {plural(formats, 'format')}, {plural(files, 'file')}")


def _arrow(before: str, after: str) -> str:
    return f"{before} -> {after}" if before != after else str(after)


def _change_as_json(change: Change) -> dict[str, Any]:
    return {
        "puid": change.puid,
        "name": change.name,
        "files": change.files,
        "bytes": change.bytes,
        "worse": change.is_worse,
        "before": _decision_as_json(change.before),
        "after": _decision_as_json(change.after),
    }


def _decision_as_json(decision: Decision) -> dict[str, str]:
    return {"risk": str(decision.risk), "action": str(decision.action), "reason": decision.reason}
