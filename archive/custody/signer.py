"""The signer: puts the log's signature under a checkpoint, and only under one that goes on from the last it signed.

An epoch, which names the home that goes on, is signed as strictly: the checkpoint of its tree is remembered with it.

It remembers the last note it signed in ``<key>.signed.note`` beside its key, written before the signature is given
away. So it cannot be made to sign two histories, also when whoever asks was broken into: it wants a proof that the
tree it signed last is the beginning of the one it is to sign. It needs nothing of the archive, and may be another
process, another user or another machine, which is asked in JSON on stdin and answers in JSON on stdout.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive import durable
from archive.canonical import encode
from archive.custody.checkpoint import Checkpoint, make_checkpoint, open_note, parse_text, sign_checkpoint
from archive.custody.epochs import parse_epoch, sign_epoch
from archive.custody.keys import SigningKey, load_key
from archive.custody.proofs import ProofPath, verify_consistency
from archive.errors import ArchiveError, CustodyError

MOST_OCTETS = 1 << 20
"""Longest request or answer; a real one has a few thousand octets."""

PATIENCE = 120
"""Seconds that a signer of its own has to answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """Please sign ``text`` (of a checkpoint): ``path`` proves that the tree of ``first`` leaves is its beginning."""

    text: bytes
    first: int
    path: ProofPath

    @property
    def octets(self) -> bytes:
        """As it is sent: one JSON object and a LF."""
        return _spell(
            kind="sign-checkpoint",
            text=self.text.decode("utf-8"),
            first=self.first,
            path=[node.hex() for node in self.path],
        )

    @property
    def wanted(self) -> Checkpoint:
        """The checkpoint; ValueError where the text is none."""
        return parse_text(self.text)


@dataclass(frozen=True, slots=True)
class EpochRequest:
    """Please sign ``text`` (of an epoch): ``path`` proves that the tree of ``first`` leaves is its beginning."""

    text: bytes
    first: int
    path: ProofPath

    @property
    def octets(self) -> bytes:
        """As it is sent: one JSON object and a LF."""
        return _spell(
            kind="sign-epoch",
            text=self.text.decode("utf-8"),
            first=self.first,
            path=[node.hex() for node in self.path],
        )

    @property
    def wanted(self) -> Checkpoint:
        """The checkpoint of the tree it speaks of; ValueError where the text is no epoch."""
        epoch = parse_epoch(self.text)
        return make_checkpoint(epoch.origin, epoch.size, epoch.root, time=epoch.time)


@dataclass(frozen=True, slots=True)
class Signed:
    """The whole note: the one asked for, or the checkpoint of the same tree which was signed before."""

    note: bytes

    @property
    def octets(self) -> bytes:
        """As it is sent."""
        return _spell(kind="signed", note=self.note.decode("utf-8"))


@dataclass(frozen=True, slots=True)
class Refused:
    """No: ``why`` in a sentence, and the note signed ``last``, from which the next one has to go on."""

    why: str
    last: bytes | None = None

    @property
    def octets(self) -> bytes:
        """As it is sent."""
        return _spell(kind="refused", why=self.why, last=None if self.last is None else self.last.decode("utf-8"))


Answer = Signed | Refused
AnyRequest = Request | EpochRequest
Signer = Callable[[AnyRequest], Answer]
"""Whoever can be asked for a signature."""


@dataclass(frozen=True, slots=True)
class Signing:
    """How one archive has its checkpoints signed: the ``origin`` of its log, and the ``command`` of its signer.

    Where the command is empty, the key lies in the archive's own ``keys/`` and signs in this process.
    """

    origin: str
    command: tuple[str, ...] = ()


def origin_of(archive: str) -> str:
    """The name of an archive's log, first line of every checkpoint."""
    return f"evidence-archive/{archive}"


def memory_path(key: Path) -> Path:
    """Where the signer with the key in the file ``key`` remembers what it signed last."""
    return key.with_suffix(".signed.note")


def refusal(wanted: Checkpoint, request: AnyRequest, last: Checkpoint) -> str | None:
    """Why ``wanted`` must not be signed after ``last``; None where it goes on from it. Pure."""
    if wanted.origin != last.origin:
        return f"this key signs for {last.origin}, not for {wanted.origin}"
    if wanted.size < last.size:
        return f"a checkpoint of {last.size} records was signed already, which is more than {wanted.size}"
    if wanted.size == last.size:
        return None if wanted.root == last.root else f"another history of {last.size} records was signed already"
    if request.first != last.size:
        return f"the proof begins at {request.first} records, the last checkpoint that was signed at {last.size}"
    try:
        verify_consistency(last.size, wanted.size, request.path, last.root, wanted.root)
    except ValueError as error:
        return f"it does not go on from the last checkpoint that was signed, of {last.size} records: {error}"
    return None


def sign(request: AnyRequest, key: Path) -> Answer:
    """Sign with the key in the file ``key``, or refuse.

    Raises ArchiveError where there is no key, CustodyError where key or memory are not as they should be, and
    LockedError while another process signs with this key.
    """
    if not key.exists():
        raise ArchiveError(
            f"there is no key {key}", hint="its secret is elsewhere; put it back, or add a new key: archive key new"
        )
    secret = load_key(key.parent, key.stem)
    try:
        wanted = request.wanted
    except ValueError as error:
        return Refused(f"this is no {'epoch' if isinstance(request, EpochRequest) else 'checkpoint'}: {error}")
    with durable.exclusive(key.with_suffix(".lock"), doing="signing a checkpoint"):
        remembered = _remembered(key, secret)
        signed: bytes | None = None
        if remembered is not None:
            last, note = remembered
            why = refusal(wanted, request, last)
            if why is not None:
                return Refused(why, note)
            if wanted.size == last.size:  # asked twice, as after a crash: there is one checkpoint for one tree
                signed = note
        if signed is None:
            signed = sign_checkpoint(wanted, secret).octets
            durable.write_atomic(memory_path(key), signed)
        if isinstance(request, EpochRequest):
            signed = sign_epoch(parse_epoch(request.text), secret).octets
        return Signed(signed)


def ask_process(command: Sequence[str], request: AnyRequest) -> Answer:
    """Ask a signer that is a program of its own; ArchiveError where it cannot be asked or does not answer."""
    try:
        done = subprocess.run(command, input=request.octets, capture_output=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _silent(command, str(error)) from error
    try:
        return parse_answer(done.stdout)
    except ValueError as error:
        said = done.stderr.decode("utf-8", "replace").strip()[-500:]
        raise _silent(command, f"it ended with {done.returncode}: {said or error}") from error


def parse_request(data: bytes) -> AnyRequest:
    """The request that was sent; ValueError, with a word, for anything else."""
    said = _read(data)
    kinds: dict[object, type[Request] | type[EpochRequest]] = {"sign-checkpoint": Request, "sign-epoch": EpochRequest}
    kind = kinds.get(said["kind"]) if isinstance(said["kind"], str) else None
    if kind is None or said.keys() != {"v", "kind", "text", "first", "path"}:
        raise ValueError("not a request to sign a checkpoint or an epoch")
    text, first, path = said["text"], said["first"], said["path"]
    if not isinstance(text, str) or type(first) is not int or first < 0 or not isinstance(path, list):
        raise ValueError("not a request to sign a checkpoint or an epoch")
    if not all(isinstance(node, str) for node in path):
        raise ValueError("the path is not a list of hashes")
    return kind(text.encode(), first, tuple(bytes.fromhex(node) for node in path))


def parse_answer(data: bytes) -> Answer:
    """The answer that was sent; ValueError, with a word, for anything else."""
    said = _read(data)
    if said["kind"] == "signed" and isinstance(said.get("note"), str):
        return Signed(said["note"].encode())
    if said["kind"] == "refused" and isinstance(said.get("why"), str) and isinstance(said.get("last"), str | None):
        return Refused(said["why"], None if said["last"] is None else said["last"].encode())
    raise ValueError("not the answer of a signer")


def _remembered(key: Path, secret: SigningKey) -> tuple[Checkpoint, bytes] | None:
    path = memory_path(key)
    try:
        note = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        origin = parse_text(note.partition(b"\n\n")[0] + b"\n").origin
        return open_note(note, ((origin, secret.public),)).checkpoint, note
    except ValueError as error:
        raise CustodyError(
            f"what the signer remembers in {path} is not what it wrote: {error}",
            hint="keep the file; put the newest checkpoint that this key signed in its place",
        ) from error


def _silent(command: Sequence[str], why: str) -> ArchiveError:
    return ArchiveError(
        f"the signer did not sign: {' '.join(command)}: {why}",
        hint="see that this command can be run here ([custody] signer in archive.toml); nothing was lost",
        transient=True,
    )


def _spell(**said: object) -> bytes:
    return encode({"v": 1, **said}) + b"\n"


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_OCTETS:
        raise ValueError("too long")
    try:
        said = json.loads(data.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(said, dict) or said.get("v") != 1 or "kind" not in said:
        raise ValueError("not what signer and archive say to each other")
    return said
