"""``archive formats reidentify``: the present identifiers over everything held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from archive.cli.formats_planning import format_as_json
from archive.cli.output import emit_json, findings_as_json, octets, plural, say, table, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from archive.assembly import Archive
    from archive.model.identifiers import PackageId
    from archive.planning.reidentify import Change, Due, Reidentified

MOST_LISTED = 40
"""Changed files that are listed one by one for a reader; programs are told all."""


@click.command("reidentify")
@click.option("--package", metavar="ID", help="Only this package.")
@common
@dry_run
def reidentify_command(package: str | None, here: str | None, as_json: bool, dry_run: bool) -> int:
    """Ask the present identifiers about every file held, and say what they say otherwise than before.

    Packages that were identified with the same tools and signatures are passed over, so that the same command goes on
    wherever it was stopped, and ends at once when nothing is left. Only what identification needs is read, from a good
    copy. With --json a line for each changed file, for each package or copy that could not be read, and one at the end.
    Exit code 3 when something got worse, waits for a person or could not be read.

    \b
    Example:
      archive formats reidentify
    """
    import os

    from archive import assembly
    from archive.planning.reidentify import changes, due, reidentify
    from archive.planning.signatures import witnesses

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            wanted = due(archive.holdings, witnesses(archive.holdings), package=_aip(archive, package))
            _tell_due(wanted, archive.holdings.catalogue.content(), as_json=as_json)
        return ExitCode.DONE
    with changing(home, doing="identifying formats again") as archive, interruptible() as progress:
        makes, only = witnesses(archive.holdings), _aip(archive, package)
        wanted = due(archive.holdings, makes, package=only)
        workers = os.cpu_count() or 1
        done = reidentify(archive.holdings, wanted, makes=makes, workers=workers, progress=progress)
        changed = changes(archive.holdings, wanted.tools, package=only)
        waiting = _tell_reidentified(archive, wanted, done, changed, as_json=as_json)
    if done.stopped:
        return ExitCode.INTERRUPTED
    return ExitCode.NEEDS_PERSON if waiting or done.unfinished or done.doubts else ExitCode.DONE


def _aip(archive: Archive, identifier: str | None) -> PackageId | None:
    from archive.model.identifiers import PackageId
    from archive.model.packages import PackageKind

    if identifier is None:
        return None
    found = archive.holdings.catalogue.package(PackageId(identifier))
    if found is None or found.kind is not PackageKind.AIP:
        raise UsageError(f"there is no package of evidence {identifier}", hint="archive list shows the packages")
    return found.id


def _tell_due(wanted: Due, content: dict[PackageId, tuple[int, int]], *, as_json: bool) -> None:
    files = sum(content.get(row.id, (0, 0))[0] for row in wanted.packages)
    size = sum(content.get(row.id, (0, 0))[1] for row in wanted.packages)
    tools = [asdict(tool) for tool in wanted.tools]
    packages = len(wanted.packages)
    if as_json:
        told = {"packages": packages, "files": files, "bytes": size, "up_to_date": wanted.up_to_date, "tools": tools}
        emit_json(told)
        return
    say(f"would identify {plural(files, 'file')} of {octets(size)} in {plural(packages, 'package')}")
    say(f"  up to date: {plural(wanted.up_to_date, 'package')}; asked would be:")
    for tool in wanted.tools:
        say(f"  {tool.tool} {tool.version}, {tool.signatures}")


def _tell_reidentified(
    archive: Archive, wanted: Due, done: Reidentified, changed: Iterable[Change], *, as_json: bool
) -> int:
    """Say what changed, what could not be read, and the numbers; answer how many changes wait for a person."""
    total = waiting = 0
    by_change: Counter[tuple[str, str]] = Counter()
    to_look_at: list[str] = []
    for change in changed:
        total += 1
        waiting += change.needs_a_person
        if as_json:
            emit_json(_change_as_json(archive, change))
            continue
        row = change.machines
        before, now = _words(row.former_puid, row.former_verdict), _words(row.puid, row.verdict)
        by_change[before, now] += 1
        if change.needs_a_person and len(to_look_at) < MOST_LISTED:
            to_look_at.append(f"{row.file}  {_file_name(archive, change)}: {before} -> {now}")
    findings = [*done.unfinished, *done.doubts]
    if as_json:
        for finding in findings_as_json(findings):
            emit_json({"finding": finding})
        emit_json(
            {
                "packages": done.packages,
                "files": done.files,
                "up_to_date": wanted.up_to_date,
                "unfinished": len(done.unfinished),
                "changed": total,
                "needs_a_person": waiting,
                "stopped": done.stopped,
                "tools": [asdict(tool) for tool in wanted.tools],
            }
        )
        return waiting
    told = f"{plural(done.files, 'file')} in {plural(done.packages, 'package')}"
    say(f"Identified {told}; up to date before: {plural(wanted.up_to_date, 'package')}")
    say(f"Changed with the present signatures: {plural(total, 'file')}, {waiting:,} for a person to look at")
    if by_change:
        table(("files", "before", "now"), ((f"{n:,}", *pair) for pair, n in by_change.most_common()))
    for line in to_look_at:
        say(f" !  {line}")
    if waiting > len(to_look_at):
        say(f"    … and {waiting - len(to_look_at):,} more; --json lists all")
    tell_findings(findings)
    if done.stopped:
        say("Stopped before the end; the same command goes on from there.")
    return waiting


def _change_as_json(archive: Archive, change: Change) -> dict[str, Any]:
    row = change.machines
    return {
        "file": row.file,
        "package": row.package,
        "name": _file_name(archive, change),
        "from": {"puid": row.former_puid, "verdict": row.former_verdict},
        "to": {"puid": row.puid, "name": row.name, "verdict": row.verdict, "basis": row.basis},
        "decision": None if change.person is None else format_as_json(change.person),
        "needs_a_person": change.needs_a_person,
    }


def _file_name(archive: Archive, change: Change) -> str:
    from archive.model.names import shown

    file = archive.holdings.catalogue.file(change.machines.file)
    return "" if file is None else shown(file.name)


def _words(puid: str | None, verdict: str | None) -> str:
    return f"{puid or 'no format'} ({verdict})"
