"""``archive custody verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli.output import emit_json, findings_as_json, say, tell_findings
from archive.cli.session import common, find_home, interruptible
from archive.errors import ExitCode, UsageError
from profiles.finding import Severity
from profiles.finding_codes import FindingCode

_MARKS = {Severity.ERROR: "!!", Severity.WARNING: " !", Severity.INFO: "ok"}

if TYPE_CHECKING:
    from archive.audit.checks import Check
    from archive.custody.paper import Witness


@click.command("verify")
@click.option(
    "--since",
    metavar="FILE-OR-TEXT",
    multiple=True,
    help="A checkpoint kept elsewhere, or typed from paper; repeatable.",
)
@click.option("--key", "keys", metavar="VKEY", multiple=True, help="A verifier key kept elsewhere; repeatable.")
@common
def verify_command(since: tuple[str, ...], keys: tuple[str, ...], here: str | None, as_json: bool) -> int:
    """Check the whole custody log, its checkpoints and copies, and that bags and catalogue tell the same story.

    With --since, also that the log still begins with what a checkpoint from outside saw: a file with the signed note,
    or its five lines, or size and root typed in quotes. Only such a checkpoint shows what somebody with all rights on
    this machine has rewritten. Exit code 20 when anything was damaged or tampered with.

    Of packages, their lists and the names of their files are read; archive audit reads every octet.

    \b
    Example:
      archive custody verify --since letter-2026-11.txt
      archive custody verify --since "1234 records 3f0c 7a0e 58d1 4f5a 9b53 …"
    """
    from archive import assembly
    from archive.audit.custody import verify_custody

    home = find_home(here)
    witnesses = [_witness(given) for given in since]
    verifiers = [_verifier(text) for text in keys]
    checks: list[Check] = []
    with assembly.laid_open(home) as evidence, interruptible() as progress:
        for check in verify_custody(evidence, since=witnesses, given=verifiers, progress=progress):
            checks.append(check)
            if not as_json:
                say(f"{_MARKS[check.severity]} {check.name:<16} {check.counted:>11,}  {check.sentence}")
            if progress.stopping():
                return ExitCode.INTERRUPTED
        log = evidence.holdings.log
        size, root, kinds = log.size, log.frontier.root().hex(), dict(sorted(evidence.kinds.items()))
    findings = [finding for check in checks for finding in check.findings]
    if as_json:
        told = [
            {
                "check": check.name,
                "counted": check.counted,
                "sentence": check.sentence,
                "severity": str(check.severity),
                "findings": findings_as_json(check.findings),
            }
            for check in checks
        ]
        emit_json({"size": size, "root": root, "kinds": kinds, "checks": told})
    else:
        tell_findings(findings)
    return _ending(checks, since=bool(since), as_json=as_json)


def _ending(checks: list[Check], *, since: bool, as_json: bool) -> int:
    worst = {check.severity for check in checks}
    if Severity.ERROR in worst:
        if not as_json:
            say("Damage or tampering was found. Change nothing, and compare with the other locations and with paper.")
        return ExitCode.DAMAGE
    if not as_json:
        unseen = sorted(
            {f.subject for check in checks for f in check.findings if f.code == FindingCode.LOCATION_OFFLINE}
        )
        besides = f" Not looked at, and nothing is said of it: {', '.join(unseen)}." if unseen else ""
        say(f"Log, copies, catalogue and bags tell one story.{besides}")
        if not since:
            say("Only a checkpoint kept outside shows that it was always this one: --since FILE")
    return ExitCode.NEEDS_PERSON if Severity.WARNING in worst else ExitCode.DONE


def _witness(given: str) -> tuple[str, Witness]:
    """A checkpoint in the file of that name, or typed where the name should be; UsageError where it is neither."""
    from archive.custody.paper import read_witness

    path = Path(given)
    try:
        is_file = path.is_file()
    except OSError:  # a text longer than any name
        is_file = False
    if not is_file and not given.strip()[:1].isdigit():
        raise UsageError(f"there is no file {given}", hint="give a file, or type the number of records and the root")
    try:
        return (given if is_file else "typed"), read_witness(path.read_bytes() if is_file else given.encode())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--since {given if is_file else '(typed)'}: {error}",
            hint="compare it with the paper, digit by digit; nothing was checked yet",
        ) from error


def _verifier(text: str) -> tuple[str, bytes]:
    from archive.custody.keys import parse_verifier_key

    try:
        return parse_verifier_key(text)
    except ValueError as error:
        raise UsageError(f"--key {text}: {error}", hint="compare it with the paper; nothing was checked yet") from error
