"""``archive handover``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from archive.cli import signing
from archive.cli.output import emit_json, findings_as_json, octets, plural, say, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.errors import ExitCode


@click.group("handover")
def handover_command() -> None:
    """Hand everything over to a recipient who has nothing but sha256sum."""


@handover_command.command("plan")
@click.option("--recipient", required=True, metavar="NAME", help="Who receives.")
@common
@dry_run
def plan_command(recipient: str, here: str | None, as_json: bool, dry_run: bool) -> int:
    """Open a handover and say what it would hold and what stands in the way.

    \b
    Example:
      archive handover plan --recipient OHCHR
    """
    from archive import assembly
    from archive.handover.plan import look, plan

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            planned = look(archive.holdings, handover="(not opened)", recipient=recipient)
    else:
        with changing(home, doing="planning a handover") as archive:
            planned = plan(archive.holdings, recipient=recipient)
    if as_json:
        emit_json({**asdict(planned), "open_points": findings_as_json(planned.open_points)})
    else:
        what = f"{plural(planned.packages, 'package')}, {plural(planned.files, 'file')}, {octets(planned.bytes)}"
        say(f"Handover {planned.handover} to {planned.recipient}: {what}, one volume")
        tell_findings(planned.open_points)
        say("Next: archive handover freeze")
    return ExitCode.NEEDS_PERSON if planned.open_points else ExitCode.DONE


@handover_command.command("freeze")
@common
@dry_run
def freeze_command(here: str | None, as_json: bool, dry_run: bool) -> None:
    """Fix what the latest handover contains: every package sealed until now.

    \b
    Example:
      archive handover freeze
    """
    from archive import assembly
    from archive.handover.plan import freeze, latest

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            say(f"would freeze handover {latest(archive.holdings).id}")
        return
    with changing(home, doing="freezing a handover") as archive:
        frozen = freeze(archive.holdings)
    if as_json:
        emit_json(
            {
                "handover": frozen.id,
                "recipient": frozen.recipient,
                "frozen_at": frozen.frozen_at,
                "packages": frozen.packages,
                "files": frozen.files,
                "bytes": frozen.bytes,
                "log_size": frozen.log_size,
                "log_root": frozen.log_root,
            }
        )
        return
    say(f"Handover {frozen.id} to {frozen.recipient} is frozen: {plural(frozen.packages or 0, 'package')}")
    say(f"  custody log: {frozen.log_size} records, root {frozen.log_root}")
    say("  Tell the recipient this root by letter or telephone, before the disks travel; and the log's key, which")
    say("  archive custody show prints.")
    say("Next: archive handover volume 1 FOLDER")


@handover_command.command("volume")
@click.argument("number", metavar="N", type=int)
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@common
@dry_run
def volume_command(number: int, target: Path, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Write volume N of the latest handover into DIR: packages, log, tables, instructions, SHA256SUMS.

    Every package is read back from the medium. The same command goes on after an interruption.

    \b
    Example:
      archive handover volume 1 /mnt/usb/volume-1
    """
    from archive import assembly
    from archive.handover.plan import latest
    from archive.handover.verifier import VERIFIER
    from archive.handover.volume import write_volume

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            frozen = latest(archive.holdings)
        say(f"would write volume {number} of handover {frozen.id} ({octets(frozen.bytes or 0)}) to {target}")
        return
    with (
        changing(home, doing="writing a handover volume") as archive,
        interruptible() as progress,
    ):
        volume = write_volume(archive.holdings, number, target, progress=progress)
    if as_json:
        emit_json({**asdict(volume), "path": str(volume.path)})
        return
    say(f"Volume {volume.volume} is written to {target}: {plural(volume.packages, 'package')}, ")
    say(f"  {plural(volume.files, 'file')}, {octets(volume.bytes)}, all read back from the medium")
    say(f"  digest of SHA256SUMS: {volume.sums_sha256}  (tell it to the recipient by another way)")
    say(f"Check it as the recipient will: cd {target} && sha256sum -c --quiet SHA256SUMS && echo ALL GOOD")
    say(f"and that nothing was removed: python3 -I {VERIFIER} . --since CHECKPOINT --key KEY  (see HOWTO-VERIFY.txt)")


@handover_command.command("request")
@signing.asking
@common
@dry_run
def request_command(
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Ask for a volume of the latest, frozen handover to be written, where two persons have to agree.

    A volume holds every package and the log with its openings in plain form. Once another person has approved it and
    its time has come, archive handover volume writes it.

    \b
    Example:
      archive --as anna handover request --reason "handover to OHCHR, first copy" --key anna
    """
    from archive import assembly
    from archive.handover.export import export_subject
    from archive.model.acts import Act

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            subject = export_subject(archive.holdings)
        say(f"would ask for a volume of handover {subject['handover']} for {subject['recipient']}")
        return
    with changing(home, doing="asking for an export") as archive:
        subjects = [export_subject(archive.holdings)]
        asked = signing.ask(archive, Act.EXPORT, subjects, reason=reason, key=key, secret=secret, to_sign=to_sign)
    signing.tell(asked, to_sign=to_sign, as_json=as_json)
