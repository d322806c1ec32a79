"""``archive key``: signing keys of the log and of approvers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli import signing
from archive.cli.output import emit_json, say, table
from archive.cli.session import changing, common, dry_run, find_home
from archive.errors import UsageError

if TYPE_CHECKING:
    from archive.assembly import Archive
    from archive.holdings.keyring import NewKey


@click.group("key")
def key_command() -> None:
    """Signing keys (Ed25519). The log's key signs checkpoints; an approver's key belongs to one person."""


@key_command.command("list")
@common
def list_command(here: str | None, as_json: bool) -> None:
    """List the keys with their public halves, and whether two persons are needed for what matters.

    \b
    Example:
      archive key list
    """
    import base64

    from archive import assembly
    from archive.holdings.approvals import needs_two_persons

    with assembly.reading(find_home(here)) as archive:
        keys = archive.holdings.catalogue.keys()
        two = needs_two_persons(archive.holdings)
    rows = [
        {
            "name": key.name,
            "role": key.role,
            "holder": key.holder or None,
            "public_key": base64.b64encode(key.public_key).decode(),
            "added_at": key.added_at,
            "retired_at": key.retired_at,
        }
        for key in keys
    ]
    if as_json:
        emit_json({"keys": rows, "dual_control": two})
        return
    cells = ((r["name"], r["role"], r["holder"] or "-", r["retired_at"] or "in use", r["public_key"]) for r in rows)
    table(("key", "role", "holder", "retired", "public half"), cells)
    say(f"Dual control: {'in force' if two else 'not in force yet; it takes two persons with an approver key each'}")


@key_command.command("new")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(("approver", "log")), help="What the key is for.")
@click.option("--holder", metavar="CODE", help="The person who has it: a registered agent. Default: NAME.")
@click.option("--public", metavar="VKEY-OR-PEM", help="Take only this public half; the secret stays with its person.")
@click.option(
    "--secret", type=click.Path(path_type=Path), metavar="DIR", help="Make the secret in this folder; else in keys/."
)
@click.option("--reason", default="", help="Why; needed where two persons have to agree.")
@click.option("--key", "by", metavar="NAME", help="Where two persons have to agree: your key, which signs the request.")
@click.option("--key-secret", type=click.Path(path_type=Path), metavar="DIR", help="Folder with the secret of --key.")
@click.option("--to-sign", type=click.Path(path_type=Path), metavar="FILE", help="Write the request to be signed here.")
@common
@dry_run
def new_command(
    name: str,
    role: str,
    holder: str | None,
    public: str | None,
    secret: Path | None,
    reason: str,
    by: str | None,
    key_secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Make a key called NAME, or take the public half of one that was made elsewhere.

    The first two approvers' keys, of two persons, are added at once. From then on adding a key is a request that
    another person approves, like everything that matters. Killed half-way, the same command goes on.

    \b
    Example:
      archive key new anna --role approver --public anna.pub.pem
    """
    from archive import assembly
    from archive.holdings import keyring
    from archive.model.acts import Act, KeyRole

    home, wanted = find_home(here), KeyRole(role)
    person = "" if wanted is KeyRole.LOG else holder or name
    given = None if public is None else _public(public)
    if dry_run:
        with assembly.reading(home) as archive:
            keyring.check_new_key(archive.holdings, name=name, role=wanted, holder=person)
            free = keyring.may_add_freely(archive.holdings, wanted)
        say(f"would {'add' if free else 'ask for adding'} the key '{name}' of role {role}")
        return
    with changing(home, doing="adding a key", preparing=True) as archive:
        keyring.check_new_key(archive.holdings, name=name, role=wanted, holder=person)
        free = keyring.may_add_freely(archive.holdings, wanted)
        if not free:
            signing.require_words(archive, reason=reason, key=by)  # before a secret is made for nothing
        folder = secret if secret is not None else archive.home / signing.KEYS
        octets = given if given is not None else keyring.secret_for(folder, name)
        key = keyring.NewKey(name, wanted, octets, person)
        if free:
            keyring.add_key(archive.holdings, key, request=None)
        else:
            asked = signing.ask(
                archive,
                Act.KEY_ADDITION,
                [key.subject()],
                reason=reason,
                key=by,
                secret=key_secret,
                to_sign=to_sign,
            )
    if free:
        _tell_added(archive, key, None if given is not None else folder, as_json=as_json)
    else:
        signing.tell(asked, to_sign=to_sign, as_json=as_json)


def _tell_added(archive: Archive, key: NewKey, folder: Path | None, *, as_json: bool) -> None:
    from archive.custody.keys import key_path, verifier_key

    text = verifier_key(f"evidence-archive/{archive.config.archive}", key.public)
    where = None if folder is None else str(key_path(folder, key.name))
    if as_json:
        emit_json({"name": key.name, "role": str(key.role), "holder": key.holder, "public": text, "secret": where})
        return
    say(f"The key '{key.name}' is known, role {key.role}{f', holder {key.holder}' if key.holder else ''}.")
    if where is not None:
        say(f"  secret: {where}  (readable by its owner only; without it nothing can be signed: keep a copy on paper)")
    say(f"  public: {text}")


def _public(given: str) -> bytes:
    """The public half in a file or a text: a C2SP verifier key, or PEM."""
    from archive.custody.keys import parse_public

    try:
        text = Path(given).read_text(encoding="utf-8") if Path(given).is_file() else given
        return parse_public(text)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--public {given.splitlines()[0][:60]}: {error}",
            hint="give a verifier key, or a file made with: openssl pkey -in NAME.pem -pubout -out NAME.pub.pem",
        ) from error


@key_command.command("retire")
@click.argument("name")
@signing.asking
@common
@dry_run
def retire_command(
    name: str,
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Ask for a key to be retired: it signs no more. What it signed before stays signed.

    Retired at once where fewer than two persons have an approver's key. Requests it signed that were not carried out
    become void.

    \b
    Example:
      archive --as boris key retire anna --reason "anna has left" --key boris
    """
    from archive import assembly
    from archive.holdings import keyring
    from archive.holdings.approvals import needs_two_persons
    from archive.model.acts import Act

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            keyring.check_retirement(archive.holdings, name)
        say(f"would ask for retiring the key '{name}'")
        return
    with changing(home, doing="retiring a key") as archive:
        keyring.check_retirement(archive.holdings, name)
        alone = not needs_two_persons(archive.holdings)
        if alone:
            keyring.retire_key(archive.holdings, name, reason=reason)
        else:
            subjects: list[dict[str, object]] = [{"key": name}]
            asked = signing.ask(
                archive, Act.KEY_RETIREMENT, subjects, reason=reason, key=key, secret=secret, to_sign=to_sign
            )
    if not alone:
        signing.tell(asked, to_sign=to_sign, as_json=as_json)
    elif as_json:
        emit_json({"name": name, "state": "retired"})
    else:
        say(f"The key '{name}' is retired.")


@key_command.command("sign")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--key", "name", required=True, metavar="NAME", help="The key; its secret is NAME.pem.")
@click.option(
    "--secret", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Folder with the key's secret."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def sign_command(file: Path, name: str, secret: Path, as_json: bool) -> None:
    """Sign FILE with a secret, without an archive: for a request or an approval that was written down to be signed.

    The signature is written to FILE.sig. Read FILE first: you sign every word of it.

    \b
    Example:
      archive key sign request.txt --key anna --secret /media/anna
    """
    from archive.custody.keys import load_key

    target = file.with_name(f"{file.name}.sig")
    try:
        data = file.read_bytes()
        signature = load_key(secret, name).sign(data)
        with open(target, "xb") as out:
            out.write(signature)
    except OSError as error:
        raise UsageError(f"{error.filename or file}: {error.strerror or error}") from error
    if as_json:
        emit_json({"signature": str(target)})
    else:
        say(f"Signed; the signature is in {target}")
