"""``archive quarantine``: what is kept apart, and what a person decides about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archive.cli.output import emit_json, findings_as_json, octets, plural, say, table, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.errors import ExitCode, UsageError
from archive.model.names import shown

if TYPE_CHECKING:
    from archive.assembly import Archive
    from archive.catalogue.rows import FileRow, QuarantineRow
    from archive.ingest.decide import Decided
    from archive.model.identifiers import PackageId
    from archive.model.quarantine import QuarantineDecision

F = TypeVar("F", bound=Callable[..., Any])

AT_RELEASE, LIKE_ALL = "at-release", "like-all-others"
"""When a scanner looks again: what is encrypted when it is released, what was released like all that is held openly."""


@click.group("quarantine")
def quarantine_command() -> None:
    """What is kept apart: infected files, and files that nobody has said anything about.

    They are held like everything else, encrypted, until a person decides. Nothing is ever deleted here.
    """


@quarantine_command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only what nobody decided about yet.")
@click.option("--files", "with_files", is_flag=True, help="Name the files too. Names may name people.")
@common
def list_command(only_open: bool, with_files: bool, here: str | None, as_json: bool) -> None:
    """List what is kept apart, why, since when, what was decided, and when a scanner looked at it last.

    What lies in quarantine is encrypted: no scanner looks at it again until it is released, and then it does.

    \b
    Example:
      archive quarantine list --open
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        rows = [row for row in archive.holdings.catalogue.quarantined() if not only_open or row.decision is None]
        told = [(_as_json(archive, row), _files(archive, row)) for row in rows]
    if as_json:
        emit_json({"packages": [one | {"files": [_file(file) for file in files]} for one, files in told]})
        return
    cells = list[tuple[str, str, str, str, str, str]]()
    for one, files in told:
        why = f"{one['why']} ({', '.join(one['threats'])})" if one["threats"] else one["why"]
        decided = (
            "-" if one["decision"] is None else f"{one['decision']} by {one['decided_by']}: {one['decided_reason']}"
        )
        cells.append((one["package"], one["since"][:10], why, str(len(files)), _looked_at(one), decided))
        cells += [("", "", f"  {shown(file.name)}", "", "", str(file.outcome)) for file in files if with_files]
    table(("package", "since", "why", "files", "last looked at for malware", "decided"), cells)
    if any(one["looked_at_again"] == AT_RELEASE for one, _ in told):
        say("What lies in quarantine is encrypted: no scanner can look into it until it is released, and then it does.")
    waiting = sum(one["decision"] is None for one, _ in told)
    if waiting:
        say(f"{plural(waiting, 'package')} wait for somebody to decide: archive quarantine decide PACKAGE")


@quarantine_command.command("decide")
@click.argument("package", metavar="PACKAGE")
@click.option("--release", "decision", flag_value="release", help="It is evidence like all other: hold it openly.")
@click.option("--keep", "decision", flag_value="keep", help="It is evidence and dangerous: it stays in quarantine.")
@click.option("--reject", "decision", flag_value="reject", help="It is no evidence. Its bytes are kept all the same.")
@click.option("--reason", required=True, help="Why; stands in the custody log for ever.")
@click.option(
    "--identity",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For --release: the secret of the quarantine key (else looked for where it was made).",
)
@common
@dry_run
def decide_command(
    package: str,
    decision: str | None,
    reason: str,
    identity: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> int:
    """Decide what becomes of the PACKAGE in quarantine.

    What is kept or rejected can be decided again later; what is released is held openly for good.

    \b
    Example:
      archive quarantine decide d1db50f7-1499-4606-821e-47aff182b85a --keep --reason "sent to the victim by the police"
    """
    from archive import assembly
    from archive.ingest.decide import consider, decide
    from archive.model.identifiers import PackageId
    from archive.model.quarantine import QuarantineDecision

    if decision is None:
        raise UsageError("say what is decided: --release, --keep or --reject")
    wanted, home = QuarantineDecision(decision), find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            done, looked = consider(archive.holdings, PackageId(package), wanted), None
    else:
        with changing(home, doing="deciding about what is in quarantine") as archive, interruptible() as progress:
            bench = assembly.ingest_bench(archive, progress=progress)
            with bench.at_work():
                done = decide(PackageId(package), wanted, reason=reason, identity=identity, bench=bench)
            released = done.changed and wanted is QuarantineDecision.RELEASE
            looked = _looked_at_release(archive, done.row.content) if released else None
    found = [] if looked is None else looked["incidents"]
    if as_json:
        emit_json(
            {
                "package": done.row.package,
                "decision": str(wanted),
                "changed": done.changed and not dry_run,
                "content": done.row.content if wanted is QuarantineDecision.RELEASE else None,
                "files": [file.id for file in done.files],
                "malware": looked,
                "findings": findings_as_json(done.findings),
            }
        )
    else:
        _tell(done, wanted, dry_run=dry_run)
        _tell_looked(looked)
    return ExitCode.NEEDS_PERSON if done.findings or found else ExitCode.DONE


def _looked_at_release(archive: Archive, content: PackageId) -> dict[str, Any]:
    """What a scanner said of what was just released, and the incidents about what nobody knew of before."""
    from archive.holdings.malware import INCIDENT

    catalogue = archive.holdings.catalogue
    said, incidents = catalogue.malware_scan(content), catalogue.incidents(only_open=True)
    return {
        "scanner": None if said is None else said.scanner,
        "signatures": None if said is None else said.signatures,
        "said": [one.label for one in catalogue.malware_details(content)],
        "incidents": [one.id for one in incidents if one.type == INCIDENT and one.package == content],
    }


def _tell_looked(looked: dict[str, Any] | None) -> None:
    if looked is None:
        return
    by = "no scanner could be asked" if looked["scanner"] is None else f"{looked['scanner']}, {looked['signatures']}"
    say(f"  Looked at for malware ({by}): {', '.join(looked['said'])}")
    if looked["incidents"]:
        say("!! something was found that was not known when it was put into quarantine: archive incident list --open")


def _tell(done: Decided, wanted: QuarantineDecision, *, dry_run: bool) -> None:
    from archive.model.quarantine import QuarantineDecision

    if not done.changed:
        say(f"Package {done.row.package}: that was decided already, on {done.row.decided_at}.")
        return
    size = octets(sum(file.size or 0 for file in done.files))
    verb = "would be" if dry_run else "is"
    words = {
        QuarantineDecision.RELEASE: f"{verb} released; its files {'would be' if dry_run else 'are'} held openly as "
        f"package {done.row.content}",
        QuarantineDecision.KEEP: f"{verb} kept in quarantine for good",
        QuarantineDecision.REJECT: f"{verb} rejected; its bytes stay where they are",
    }
    say(f"Package {done.row.package} ({plural(len(done.files), 'file')}, {size}) {words[wanted]}.")
    tell_findings(done.findings)


@quarantine_command.command("key")
@click.option("--new", "make_new", is_flag=True, help="Make another key, for what is quarantined from here on.")
@click.option("--recipient", metavar="KEY", help="Use this public key (age1…), whose secret was made elsewhere.")
@common
@dry_run
def key_command(make_new: bool, recipient: str | None, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Show the public key of the quarantine; make one where there is none.

    The secret is written to a file of its own, once: print it, bring it to two safes, and remove it from this machine.
    Nobody needs it to take deliveries in. Better still, make the key on another machine, with age-keygen.

    \b
    Example:
      archive quarantine key
    """
    from archive import assembly
    from archive.holdings.quarantine_key import key_in_use, make_key, use_key, what_to_do

    if make_new and recipient is not None:
        raise UsageError("either --new or --recipient")
    home = find_home(here)
    with assembly.reading(home) as archive:
        known = key_in_use(archive.holdings)
    path: Path | None = None
    wanted = make_new or recipient is not None or known is None
    if wanted and not dry_run:
        with changing(home, doing="making the quarantine key") as archive:
            if recipient is not None:
                known = use_key(archive.holdings, recipient)
            else:
                known, path = make_key(archive.holdings)
    if as_json:
        emit_json({"recipient": known, "secret": None if path is None else str(path), "made": path is not None})
        return
    if wanted and dry_run:
        say("would make a new key" if recipient is None else "would use this key from here on")
        return
    say(f"What is quarantined is encrypted to {known}")
    if path is not None:
        say(f"!! {what_to_do(path)}")


def _files(archive: Archive, row: QuarantineRow) -> list[FileRow]:
    """The delivered files a quarantine package holds; those of a released one lie in the package it held."""
    from archive.model.quarantine import QuarantineDecision

    released = row.decision is QuarantineDecision.RELEASE
    return archive.holdings.catalogue.files_of(row.content if released else row.package)


def _as_json(archive: Archive, row: QuarantineRow) -> dict[str, Any]:
    from archive.model.quarantine import QuarantineDecision

    held = archive.holdings.catalogue.package(row.package)
    released = row.decision is QuarantineDecision.RELEASE
    said = archive.holdings.catalogue.malware_scan(row.content if released else row.package)
    nobody = said is None or said.scanner is None
    return {
        "package": row.package,
        "accession": None if held is None else held.accession,
        "why": str(row.why),
        "threats": json.loads(row.threats),
        "since": row.quarantined_at,
        "content": row.content,
        "recipient": row.recipient,
        "decision": None if row.decision is None else str(row.decision),
        "decided_at": row.decided_at,
        "decided_by": row.decided_by,
        "decided_reason": row.decided_reason,
        "scanned_at": None if nobody or said is None else said.scanned_at,
        "scanner": None if said is None else said.scanner,
        "signatures": None if said is None else said.signatures,
        "looked_at_again": LIKE_ALL if released else AT_RELEASE,
    }


def _looked_at(one: dict[str, Any]) -> str:
    if one["scanned_at"] is None:
        return "never"
    return f"{one['scanned_at'][:10]} by {one['scanner']}, signatures {one['signatures']}"


def _file(file: FileRow) -> dict[str, Any]:
    return {"id": file.id, "path": shown(file.name), "size": file.size, "outcome": str(file.outcome)}
