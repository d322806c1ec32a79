"""``archive approvals``, ``approve`` and ``carry-out``: what takes two persons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.cli import signing
from archive.cli.output import emit_json, findings_as_json, say, table, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.errors import ArchiveError, ExitCode, UsageError

if TYPE_CHECKING:
    from archive.assembly import Archive
    from archive.holdings.docket import Filed


@click.group("approvals")
def approvals_command() -> None:
    """Requests for what nobody may do alone: who asked, who approved, how each stands."""


@approvals_command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only requests that may still be carried out.")
@common
def list_command(only_open: bool, here: str | None, as_json: bool) -> None:
    """List requests, oldest first.

    \b
    Example:
      archive approvals list --open
    """
    from archive import assembly
    from archive.holdings.approvals import OPEN, docket_now

    with assembly.reading(find_home(here)) as archive:
        now = archive.holdings.stamp.clock()
        filed = sorted(docket_now(archive.holdings).requests.values(), key=lambda one: one.number)
        rows = [_row(archive, one) for one in filed if not only_open or one.standing(now) in OPEN]
    if as_json:
        emit_json({"requests": rows})
        return
    cells = ((r["request"], r["act"], r["state"], r["requested_by"], r["not_before"], r["reason"]) for r in rows)
    table(("request", "act", "state", "asked by", "not before", "why"), cells)


def _row(archive: Archive, filed: Filed) -> dict[str, Any]:
    from archive.model.moments import format_moment

    record = filed.record
    return {
        "request": record.request,
        "act": str(record.act),
        "state": str(filed.standing(archive.holdings.stamp.clock())),
        "requested_by": record.requested_by,
        "approved_by": [approval.key for approval in filed.approvals],
        "reason": record.reason,
        "requested_at": format_moment(record.time),
        "not_before": format_moment(record.not_before),
        "expires": format_moment(record.expires),
        "subjects_sha256": record.subjects_sha256,
    }


@approvals_command.command("show")
@click.argument("request")
@click.option(
    "--to-sign",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write what an approver signs to FILE, and the exact list to FILE.list. Needs --key.",
)
@click.option("--key", metavar="NAME", help="The approver's key it is to be signed with.")
@common
def show_command(request: str, to_sign: Path | None, key: str | None, here: str | None, as_json: bool) -> None:
    """Show a request: what exactly would be done, who asked, who approved.

    With --to-sign it is written down for a key on another machine. There, openssl is enough:

    \b
      openssl pkeyutl -sign -rawin -inkey anna.pem -in FILE -out FILE.sig

    \b
    Example:
      archive approvals show 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --to-sign approval.txt --key anna
    """
    from archive import assembly
    from archive.acts import in_words
    from archive.assembly import acting
    from archive.holdings.approvals import docket_now, filed_request, require_approvable, told
    from archive.holdings.statements import approval_statement, reason_paper

    with assembly.reading(find_home(here)) as archive:
        docket = docket_now(archive.holdings)
        filed = filed_request(docket, request)
        row = _row(archive, filed)
        standing = told(filed, filed.standing(archive.holdings.stamp.clock()))
        try:
            words = in_words(acting(archive), filed)
        except ArchiveError as error:
            words = [f"as things stand: {error.what}"]
        if to_sign is not None:
            if key is None:
                raise UsageError(
                    "say with which key it is to be signed", hint="--key NAME; archive key list shows them"
                )
            require_approvable(archive.holdings, docket, request, key)
            record = filed.record
            paper = reason_paper(record.reason, record.reason_salt)
            signing.write_to_sign(to_sign, approval_statement(record, key), record.subjects, paper)
    if as_json:
        emit_json({**row, "standing": standing, "words": words, "subjects": filed.subjects()})
        return
    for name, value in row.items():
        say(f"{name}: {(', '.join(value) or '-') if isinstance(value, list) else value}")
    say(f"now: {standing}")
    say("It would:")
    for line in words:
        say(f"  {line}")
    if to_sign is not None and key is not None:
        say(f"What '{key}' signs is in {to_sign}, the exact list in {to_sign}.list. On the machine with the secret:")
        signing.tell_how_to_sign(to_sign, key)
        say(f"Then here: archive approve {request} --key {key} --signature {to_sign}.sig")


@approvals_command.command("submit")
@click.argument("statement", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--signature", required=True, type=click.Path(path_type=Path), metavar="FILE.sig", help="The signature over FILE."
)
@common
@dry_run
def submit_command(statement: Path, signature: Path, here: str | None, as_json: bool, dry_run: bool) -> None:
    """File a request that was written down with --to-sign and signed on another machine.

    \b
    Example:
      archive --as anna approvals submit request.txt --signature request.txt.sig
    """
    from archive.acts import may_be_asked
    from archive.assembly import acting
    from archive.holdings.approvals import file_request
    from archive.holdings.statements import parse_request_statement

    home, octets = find_home(here), signing.read_signature(signature)
    try:
        draft = parse_request_statement(
            statement.read_bytes(),
            signing.list_beside(statement).read_bytes(),
            signing.reason_beside(statement).read_bytes(),
        )
    except OSError as error:
        raise UsageError(
            f"{error.filename}: {error.strerror or error}", hint="FILE and FILE.list belong together"
        ) from error
    except ValueError as error:
        raise UsageError(f"{statement}: {error}", hint="nothing was recorded") from error
    if dry_run:
        say(f"would file request {draft.request}: {draft.act}, asked by {draft.requested_by}")
        return
    with changing(home, doing="filing a request", preparing=True) as archive:
        if draft.archive != archive.config.archive:
            raise UsageError(f"{statement} was written for another archive ({draft.archive})")
        subjects = signing.subjects_in(draft.subjects)
        may_be_asked(acting(archive), draft.act, subjects)
        filed = file_request(archive.holdings, draft, octets)
    signing.tell(filed, to_sign=None, as_json=as_json)


@approvals_command.command("withdraw")
@click.argument("request")
@click.option("--reason", required=True, help="Why; stands in the custody log for ever.")
@common
@dry_run
def withdraw_command(request: str, reason: str, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Withdraw a request that was not begun: it will not be carried out any more.

    \b
    Example:
      archive --as anna approvals withdraw 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --reason "wrong file"
    """
    from archive import assembly
    from archive.holdings.approvals import docket_now, filed_request, withdraw

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            filed_request(docket_now(archive.holdings), request)
        say(f"would withdraw request {request}")
        return
    with changing(home, doing="withdrawing a request") as archive:
        withdraw(archive.holdings, request, reason=reason)
    if as_json:
        emit_json({"request": request, "state": "withdrawn"})
    else:
        say(f"Request {request} is withdrawn.")


@approvals_command.command("check")
@common
def check_command(here: str | None, as_json: bool) -> int:
    """Read the whole log and name every key, policy, approval and act in it that was not allowed when it was recorded.

    Exit code 20 when there is one.

    \b
    Example:
      archive approvals check
    """
    from archive import assembly
    from archive.holdings.approvals import examine

    with assembly.reading(find_home(here)) as archive:
        findings = examine(archive.holdings)
    if as_json:
        emit_json({"allowed": not findings, "findings": findings_as_json(findings)})
    else:
        say("Every act in the log was allowed." if not findings else "NOT EVERY ACT IN THE LOG WAS ALLOWED")
        tell_findings(findings)
    return ExitCode.DAMAGE if findings else ExitCode.DONE


@click.command("approve")
@click.argument("request")
@click.option("--key", required=True, metavar="NAME", help="Your approver's key; not the one of the person who asked.")
@click.option(
    "--secret",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder with its secret; else keys/ in the archive.",
)
@click.option(
    "--signature",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A signature made elsewhere, over what archive approvals show --to-sign wrote.",
)
@common
@dry_run
def approve_command(
    request: str,
    key: str,
    secret: Path | None,
    signature: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Approve another person's request. Read it first: archive approvals show REQUEST.

    \b
    Example:
      archive approve 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --key boris --secret /media/boris
    """
    from archive import assembly
    from archive.acts import may_be_approved
    from archive.assembly import acting
    from archive.holdings.approvals import approve, docket_now, require_approvable, told
    from archive.holdings.statements import approval_statement

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            filed = require_approvable(archive.holdings, docket_now(archive.holdings), request, key)
            may_be_approved(acting(archive), filed)
        say(f"would approve request {request} ({filed.record.act}) with the key '{key}'")
        return
    given = None if signature is None else signing.read_signature(signature)
    with changing(home, doing="approving a request", preparing=True) as archive:
        filed = require_approvable(archive.holdings, docket_now(archive.holdings), request, key)
        may_be_approved(acting(archive), filed)
        octets = given
        if octets is None:
            octets = signing.secret_of(archive, key, secret).sign(approval_statement(filed.record, key))
        filed = approve(archive.holdings, request, key, octets)
        row, standing = _row(archive, filed), told(filed, filed.standing(archive.holdings.stamp.clock()))
    if as_json:
        emit_json(row)
        return
    say(f"Request {request} is approved with the key '{key}': {standing}.")
    say(f"Then: archive carry-out {request}")


@click.command("carry-out")
@click.argument("request")
@common
@dry_run
def carry_out_command(request: str, here: str | None, as_json: bool, dry_run: bool) -> int:
    """Do what an approved request asks for, once its time has come.

    The whole log is read first, and every signature checked. Killed half-way, the same command goes on. Exit code 3
    when something is left for later, such as a copy at a location that is offline.

    \b
    Example:
      archive --as anna carry-out 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11
    """
    from archive import acts, assembly
    from archive.holdings.approvals import require_ready

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            filed = require_ready(archive.holdings, request)
            if not filed.done:
                acts.may_be_carried_out(assembly.acting(archive), filed)
            words = ["nothing: it was carried out"] if filed.done else acts.in_words(assembly.acting(archive), filed)
        say("would:")
        for line in words:
            say(f"  {line}")
        return ExitCode.DONE
    with changing(home, doing="carrying out a request", preparing=True) as archive, interruptible() as progress:
        findings = acts.carry_out(assembly.acting(archive, progress=progress), request)
    if as_json:
        emit_json({"request": request, "state": "done", "findings": findings_as_json(findings)})
    else:
        say(f"Request {request} is carried out.")
        tell_findings(findings)
    return ExitCode.NEEDS_PERSON if findings else ExitCode.DONE
