"""What commands that ask for something have in common: a reason, a signature, and where the secret is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archive.cli.output import emit_json, say
from archive.errors import UsageError

if TYPE_CHECKING:
    from archive.assembly import Archive
    from archive.custody.keys import SigningKey
    from archive.holdings.statements import Draft
    from archive.model.acts import Act
    from archive.model.records import RequestRecord

F = TypeVar("F", bound=Callable[..., Any])

KEYS = "keys"
"""Where an archive keeps secrets, below its folder."""


def asking(command: F) -> F:
    """The options of a command that files a request."""
    command = click.option(
        "--to-sign",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Record nothing; write what is to be signed to FILE, for a key on another machine.",
    )(command)
    command = click.option(
        "--secret",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Folder with the key's secret; else keys/ in the archive.",
    )(command)
    command = click.option("--key", metavar="NAME", help="Your approver's key, which signs the request.")(command)
    return click.option("--reason", default="", help="Why, in one line and without names of people; it is signed.")(
        command
    )


def ask(
    archive: Archive,
    act: Act,
    subjects: list[dict[str, object]],
    *,
    reason: str,
    key: str | None,
    secret: Path | None,
    to_sign: Path | None,
) -> RequestRecord | Draft:
    """File a request, or write down what is to be signed for it; raises where the act must not be asked for."""
    from archive.acts import may_be_asked
    from archive.assembly import acting
    from archive.holdings.approvals import draft_request, file_request
    from archive.holdings.statements import reason_paper, request_statement

    may_be_asked(acting(archive), act, subjects)
    key = require_words(archive, reason=reason, key=key)
    draft = draft_request(
        archive.holdings,
        act=act,
        archive=archive.config.archive,
        subjects=subjects,
        reason=reason,
        key=key,
        policy=archive.config.approvals,
    )
    if to_sign is not None:
        write_to_sign(to_sign, request_statement(draft), draft.subjects, reason_paper(draft.reason, draft.reason_salt))
        return draft
    signer = secret_of(archive, key, secret)
    return file_request(archive.holdings, draft, signer.sign(request_statement(draft)))


def require_words(archive: Archive, *, reason: str, key: str | None) -> str:
    """The name of the key a request will be signed with; UsageError where it, the reason or the actor is missing."""
    from archive.holdings.approvals import require_agent

    require_agent(archive.holdings, "to ask for this")
    if key is None:
        raise UsageError("say with which key the request is signed", hint="--key NAME; archive key list shows them")
    if not reason.strip():
        raise UsageError("say why", hint='--reason "…"; it is signed, and stands in the custody log for ever')
    return key


def secret_of(archive: Archive, name: str, folder: Path | None) -> SigningKey:
    """The secret of a key of this archive; UsageError where it is not in ``folder``, or is another key's."""
    from archive.custody.keys import key_path, load_key

    place = folder if folder is not None else archive.home / KEYS
    if not key_path(place, name).is_file():
        raise UsageError(
            f"the secret of the key '{name}' is not in {place}",
            hint="say where it is: --secret DIR; or sign on the machine that has it: --to-sign FILE",
        )
    found, known = load_key(place, name), archive.holdings.catalogue.key(name)
    if known is None or known.public_key != found.public:
        raise UsageError(f"the secret {key_path(place, name)} does not belong to the key '{name}' of this archive")
    return found


def write_to_sign(path: Path, statement: bytes, subjects: str, reason: bytes) -> None:
    """Write what is to be signed to a new file, and beside it the exact list and the reason."""
    for place, data in ((path, statement), (list_beside(path), subjects.encode()), (reason_beside(path), reason)):
        try:
            with open(place, "xb") as out:
                out.write(data)
        except OSError as error:
            raise UsageError(f"{place} cannot be written: {error.strerror or error}", hint="give a new name") from error


def list_beside(path: Path) -> Path:
    """Where the exact list lies beside what is signed; its SHA-256 stands in what is signed."""
    return path.with_name(f"{path.name}.list")


def reason_beside(path: Path) -> Path:
    """Where the reason lies beside what is signed; its SHA-256 stands in what is signed."""
    return path.with_name(f"{path.name}.reason")


def tell(asked: RequestRecord | Draft, *, to_sign: Path | None, as_json: bool) -> None:
    """Say what became of asking."""
    from archive.model.moments import format_moment
    from archive.model.records import RequestRecord

    if isinstance(asked, RequestRecord):
        moments = {"not_before": format_moment(asked.not_before), "expires": format_moment(asked.expires)}
        if as_json:
            emit_json({"request": asked.request, "act": str(asked.act), "state": "waiting", **moments})
            return
        say(f"Request {asked.request} is filed: {asked.act}. It waits for the approval of another person.")
        say(f"  Not before {moments['not_before']}, not after {moments['expires']}.")
        say(f"Next, with another person's key: archive approve {asked.request} --key NAME")
        say(f"Then: archive carry-out {asked.request}")
        return
    if as_json:
        emit_json({"request": asked.request, "act": str(asked.act), "state": "unsigned", "to_sign": str(to_sign)})
        return
    say(f"Nothing was recorded. What is to be signed with the key '{asked.requested_by}' is in {to_sign},")
    say(f"the exact list in {to_sign}.list, the reason in {to_sign}.reason (their SHA-256 stand in the first).")
    say("On the machine that has the secret:")
    tell_how_to_sign(Path(str(to_sign)), asked.requested_by)
    say(f"Then: archive approvals submit {to_sign} --signature {to_sign}.sig")


def tell_how_to_sign(path: Path, key: str) -> None:
    """The two ways to sign a file with an Ed25519 secret."""
    say(f"  openssl pkeyutl -sign -rawin -inkey {key}.pem -in {path.name} -out {path.name}.sig")
    say(f"or: archive key sign {path.name} --key {key} --secret FOLDER-OF-{key}.pem")


def subjects_in(text: str) -> list[dict[str, object]]:
    """The exact list, from its canonical JSON."""
    from archive import canonical

    found = canonical.decode(text.encode())
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise UsageError("the list that was signed has another form than ours")
    return [dict(entry) for entry in found]


def read_signature(path: Path) -> bytes:
    """A signature of 64 octets, raw or in base64."""
    import base64
    import binascii

    from archive.custody.keys import SIGNATURE_SIZE

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) == SIGNATURE_SIZE:
        return data
    try:
        decoded = base64.b64decode(data.strip(), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if len(decoded) != SIGNATURE_SIZE:
        raise UsageError(
            f"{path} is no Ed25519 signature ({len(data)} octets)",
            hint="64 octets, or their base64: what openssl pkeyutl -sign -rawin writes",
        )
    return decoded
