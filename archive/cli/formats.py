"""``archive formats``: what files are, according to whom, and where the tools disagree."""

from __future__ import annotations

import base64
import os
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from archive.cli.formats_planning import decide_command, format_as_json, update_command
from archive.cli.formats_reidentify import reidentify_command
from archive.cli.formats_risk import report_command, watch_command
from archive.cli.output import emit_json, plural, say
from archive.cli.session import common, find_home
from archive.errors import ExitCode, NoArchiveError

if TYPE_CHECKING:
    from archive.inspection.found import Examined
    from archive.inspection.pool import Makers


@click.group("formats")
def formats_command() -> None:
    """What files are, told by two identifiers and by this archive's own signatures."""


@formats_command.command("identify")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=bytes, readable=False))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per file, a line each.")
def identify_command(paths: tuple[bytes, ...], as_json: bool) -> int:
    """Tell what files are, and everything below folders. No archive is needed, and nothing is changed.

    Inside an archive its signatures are used ('archive formats update').

    A format is named when bytes speak for it; a name alone only suggests one. Links below a folder are not followed.
    Exit code 3 when something could not be examined.

    \b
    Example:
      archive formats identify /media/usb/delivery --json
    """
    from archive.inspection.found import examine_found, find
    from archive.model.formats import Kind

    kinds: Counter[str] = Counter()
    for one in examine_found(find(paths), workers=os.cpu_count() or 1, makes=_witnesses_here()):
        kinds[one.verdict.kind] += 1
        if as_json:
            emit_json(_as_json(one))
        else:
            _tell(one)
    if not as_json and sum(kinds.values()) > 1:
        say()
        say(
            f"{plural(sum(kinds.values()), 'file')}: " + ", ".join(f"{count:,} {k}" for k, count in kinds.most_common())
        )
    return ExitCode.NEEDS_PERSON if kinds[Kind.NOT_EXAMINED] else ExitCode.DONE


def _witnesses_here() -> Makers:
    """Those of the archive this is called for, or those that come with the program where there is none."""
    from archive import assembly
    from archive.inspection.pool import WITNESSES
    from archive.planning.signatures import witnesses

    try:
        home = find_home(None)
    except NoArchiveError:
        return WITNESSES
    with assembly.reading(home) as archive:
        return witnesses(archive.holdings)


@formats_command.command("review")
@common
def review_command(here: str | None, as_json: bool) -> int:
    """List files whose format a person should look at.

    These are files over which the identifiers disagree or hesitate, that are damaged, or that nobody could examine.
    'archive formats decide' takes one off the list; it comes again when the identifiers say something else later.
    Exit code 3 when there are any. With --json one object per file, a line each.

    \b
    Example:
      archive formats review
    """
    from archive import assembly
    from archive.report.formats import review

    count = 0
    with assembly.reading(find_home(here)) as archive:
        for file in review(archive.holdings):
            count += 1
            if as_json:
                decision = None if file.decision is None else format_as_json(file.decision)
                emit_json({**asdict(file), "notes": list(file.notes), "decision": decision})
            else:
                say(f"{file.file}  {file.name}")
                for note in file.notes:
                    say(f"    {note}")
                if file.decision is not None:
                    decided = file.decision
                    say(f"    decided by {decided.actor}: {decided.puid or 'unknown'}; {decided.reason}")
    if not as_json:
        say(f"{plural(count, 'file')} to look at")
    return ExitCode.NEEDS_PERSON if count else ExitCode.DONE


def _as_json(one: Examined) -> dict[str, Any]:
    named = one.verdict.format
    line: dict[str, Any] = {
        "path": one.path.decode("utf-8", "backslashreplace"),
        "puid": None if named is None else named.puid,
        "verdict": str(one.verdict.kind),
        "basis": None if one.verdict.basis is None else str(one.verdict.basis),
        "answers": [
            {
                "tool": answer.tool,
                "version": answer.tool_version,
                "signatures": answer.signatures,
                "puids": [match.puid for match in answer.matches],
                "basis": None if answer.basis is None else str(answer.basis),
                "warning": answer.warning,
            }
            for answer in one.answers
        ],
    }
    if one.reason is not None:
        line["reason"] = one.reason
    if not _is_utf8(one.path):
        line["path_b64"] = base64.b64encode(one.path).decode("ascii")
    return line


def _is_utf8(path: bytes) -> bool:
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _tell(one: Examined) -> None:
    from archive.inspection.verdict import SENTENCES

    named = one.verdict.format
    format = "unknown" if named is None else " ".join(filter(None, (named.puid, named.name, named.version)))
    say(f"{os.fsdecode(one.path)}: {format} ({SENTENCES[one.verdict.kind]})")
    if one.reason is not None:
        say(f"    {one.reason}")
    if one.verdict.kind == "agreed":
        return
    for answer in one.answers:
        puids = ", ".join(match.puid for match in answer.matches[:8]) or "nothing"
        more = f" and {len(answer.matches) - 8} more" if len(answer.matches) > 8 else ""
        by = f" by {answer.basis}" if answer.basis else ""
        say(f"    {answer.tool} says {puids}{more}{by}" + (f"; {answer.warning}" if answer.warning else ""))


for command in (decide_command, update_command, reidentify_command, report_command, watch_command):
    formats_command.add_command(command)
