"""``archive custody timestamp``: trusted time from authorities outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archive.cli.output import emit_json, findings_as_json, plural, say, table, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.errors import ExitCode, UsageError
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

if TYPE_CHECKING:
    from pathlib import Path

    from archive.assembly import Archive
    from archive.custody.stamp_examination import Examined
    from archive.holdings.timestamping import Stamped

NONE_CONFIGURED = """\
add an authority to archive.toml, as many as you like:
  [[timestamps]]
  name = "example"
  url = "https://tsa.example.org/tsr"
  ca = "authorities/example-root.pem"    # its root certificate, whose fingerprint you have compared"""

LISTED = 20
"""Time-stamps that are shown to a person; one a day for ten years would fill many screens."""

_RIGHT = ("stored", "stored, chain expired", "valid", "valid-at-its-time")


@click.command("timestamp")
@click.option("--verify", "only_verify", is_flag=True, help="Send nothing; check every time-stamp and its copies.")
@common
@dry_run
def timestamp_command(only_verify: bool, here: str | None, as_json: bool, dry_run: bool) -> int:
    """Have the newest checkpoint time-stamped by every authority in archive.toml, and list all time-stamps.

    Sends a digest and a random number, nothing else. What cannot be sent today waits: the same command, or the
    scheduler, sends it again. Exit code 3 while something waits; with --verify 20 where a time-stamp is not right.

    \b
    Example:
      archive custody timestamp
      archive custody timestamp --verify
    """
    home = find_home(here)
    if only_verify:
        return _verify(home, as_json=as_json)
    if dry_run:
        return _plan(home, as_json=as_json)
    return _stamp(home, as_json=as_json)


def _stamp(home: Path, *, as_json: bool) -> int:
    from archive.holdings.timestamping import (
        due_stamps,
        newest_text,
        read_authorities,
        stamp_checkpoint,
        waiting_stamps,
    )

    with changing(home, doing="time-stamping") as archive, interruptible() as progress:
        _require_authorities(archive)
        authorities = read_authorities(home, archive.config.timestamps)
        checkpoint = newest_text(archive.holdings)
        stamped = stamp_checkpoint(archive.holdings, authorities, checkpoint, only_due=False, progress=progress)
        findings = [*stamped.findings, *due_stamps(archive.holdings)]
        rows = _rows(archive)
        waits = bool(waiting_stamps(archive.holdings)) or checkpoint is None
        interrupted = progress.stopping()
    if checkpoint is None:
        findings.insert(0, _no_checkpoint())
    if as_json:
        emit_json(
            {
                "requested": len(stamped.requested),
                "stored": len(stamped.stored),
                "timestamps": rows,
                "findings": findings_as_json(findings),
            }
        )
    else:
        _tell(stamped, rows, findings)
    if interrupted:
        return ExitCode.INTERRUPTED
    odd = waits or any(finding.severity is Severity.ERROR for finding in findings)
    return ExitCode.NEEDS_PERSON if odd else ExitCode.DONE


def _plan(home: Path, *, as_json: bool) -> int:
    from archive import assembly
    from archive.holdings.timestamping import newest_text, planned, read_authorities

    with assembly.reading(home) as archive:
        _require_authorities(archive)
        authorities = read_authorities(home, archive.config.timestamps)
        newest = newest_text(archive.holdings)
        new, waiting = planned(archive.holdings, authorities, None if newest is None else newest[0])
    if as_json:
        asked = [{"size": place.size, "authority": place.authority} for place in new]
        emit_json({"requested": 0, "stored": 0, "would_request": asked, "would_send": len(new) + len(waiting)})
        return ExitCode.DONE
    for place in new:
        say(f"would ask '{place.authority}' to stamp the checkpoint of {plural(place.size, 'record')}")
    say(f"would send {plural(len(new) + len(waiting), 'request')}")
    return ExitCode.DONE


def _verify(home: Path, *, as_json: bool) -> int:
    from archive import assembly
    from archive.holdings.timestamping import compare_copies, due_stamps, read_authorities, verify_stamps

    with assembly.reading(home) as archive:
        authorities = read_authorities(home, archive.config.timestamps)
        examined = verify_stamps(archive.holdings, authorities)
        findings = [finding for one in examined for finding in one.findings]
        findings += [*compare_copies(archive.holdings), *due_stamps(archive.holdings)]
        rows = _rows(archive, {one.place.key: one for one in examined})
    wrong = any(finding.severity is Severity.ERROR for finding in findings)
    if as_json:
        good = sum(one.judgement is not None and one.judgement.good for one in examined)
        told = {"checked": len(examined), "good": good, "timestamps": rows, "findings": findings_as_json(findings)}
        emit_json(told)
    else:
        _table(rows)
        tell_findings(findings)
        said = "not all of them are right" if wrong else "all of them are right"
        say(f"{plural(len(examined), 'time-stamp')} checked: {said}" if examined else "There is no time-stamp yet.")
    return ExitCode.DAMAGE if wrong else ExitCode.DONE


def _require_authorities(archive: Archive) -> None:
    if not archive.config.timestamps:
        raise UsageError("no time-stamping authority is configured", hint=NONE_CONFIGURED)


def _no_checkpoint() -> Finding:
    message = "there is no checkpoint to stamp yet; make one with: archive custody checkpoint"
    return Finding(FindingCode.TIMESTAMP_CHECKPOINT, Severity.WARNING, "custody/checkpoints", message, "DESIGN §7")


def _rows(archive: Archive, examined: dict[str, Examined] | None = None) -> list[dict[str, Any]]:
    """Every time-stamp, whole or waiting, the newest checkpoint last."""
    from archive.holdings.timestamping import known_stamps, waiting_stamps
    from archive.model.moments import format_moment

    now = archive.holdings.stamp.clock()
    rows: list[dict[str, Any]] = []
    for known in known_stamps(archive.holdings):
        state = "stored" if known.expires > now else "stored, chain expired"
        one = (examined or {}).get(known.place.key)
        if one is not None:
            state = "missing" if one.judgement is None else str(one.judgement.verdict)
        rows.append(
            {
                "size": known.place.size,
                "authority": known.place.authority,
                "state": state,
                "time": format_moment(known.stamped),
                "expires": format_moment(known.expires),
                "path": str(archive.holdings.log.folder / known.place.key),
            }
        )
    for waiting in waiting_stamps(archive.holdings):
        place = waiting.place
        path = str(archive.holdings.log.folder / place.key)
        row = {"size": place.size, "authority": place.authority, "state": "waiting", "time": None, "expires": None}
        rows.append({**row, "path": path})
    return sorted(rows, key=lambda row: (row["size"], row["authority"]))


def _tell(stamped: Stamped, rows: list[dict[str, Any]], findings: list[Finding]) -> None:
    _table(rows)
    tell_findings(findings)
    arrived = ", ".join(f"{one.place.authority} at {one.time:%Y-%m-%d %H:%M:%S} UTC" for one in stamped.stored)
    if arrived:
        say(f"New: {arrived}. Beside each token, verify.sh.txt says how anybody checks it with openssl.")


def _table(rows: list[dict[str, Any]]) -> None:
    """The newest ones, and everything that waits or is not right."""
    if not rows:
        return
    shown = [row for i, row in enumerate(rows) if i >= len(rows) - LISTED or row["state"] not in _RIGHT]
    if len(shown) < len(rows):
        say(f"{plural(len(rows) - len(shown), 'earlier one')} not shown; --json lists all")
    heading = ("checkpoint", "authority", "state", "time", "expires")
    dates = (((row["time"] or "-")[:19], (row["expires"] or "-")[:10]) for row in shown)
    table(
        heading,
        (
            (f"{row['size']:,}", row["authority"], row["state"], time.replace("T", " "), expires)
            for row, (time, expires) in zip(shown, dates, strict=True)
        ),
    )
