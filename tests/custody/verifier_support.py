"""A handed-over volume to be tampered with, and the stand-alone verifier run on it in an empty environment."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_authority import LocalAuthority
from stamping_support import World, configured

from archive import assembly
from archive.cli import run
from archive.custody.checkpoint import parse_note
from archive.custody.keys import SigningKey, key_id, load_key
from archive.custody.leaf import commitment
from archive.custody.merkle import Frontier, leaf_hash
from archive.custody.notes import checkpoint_in, newest_note
from archive.handover.verifier import VERIFIER, travelling
from archive.holdings.timestamping import stamp_checkpoint
from archive.progress import Silent


@dataclass(frozen=True)
class Verdict:
    """What the verifier printed and how it ended."""

    code: int
    lines: tuple[str, ...]

    def told(self, word: str, check: str = "") -> list[str]:
        """Lines that begin with ``word``, of one check if it is named."""
        return [line for line in self.lines if line.startswith(f"{word:12} {check}")]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def verify(*words: str | Path, path: str | None = None, python: str = sys.executable) -> Verdict:
    """Run the script with ``python -I`` and no environment but, if given, a ``PATH``."""
    script = Path(__file__).resolve().parents[2] / "archive" / "handover" / "data" / VERIFIER
    assert script.read_bytes() == travelling(VERIFIER)
    done = subprocess.run(
        [python, "-I", str(script), *map(str, words)],
        env={} if path is None else {"PATH": path},
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return Verdict(done.returncode, tuple((done.stdout + done.stderr).decode().splitlines()))


@dataclass(frozen=True)
class Volume:
    """A volume in ``root``, and what its forger can do with it."""

    root: Path
    key: str
    paper: Path
    """A checkpoint that was handed out before the last accession."""

    @property
    def trusted(self) -> tuple[str | Path, ...]:
        """What a careful recipient gives along."""
        return ("--since", self.paper, "--key", self.key)

    def verify(self, **more: Any) -> Verdict:
        return verify(self.root, *self.trusted, **more)

    # what lies where

    @property
    def packages(self) -> list[Path]:
        return sorted(self.root.glob("packages/??/*"))

    @property
    def aip(self) -> Path:
        """The package that holds the evidence tampered with."""
        return self.evidence.parents[4]

    @property
    def evidence(self) -> Path:
        return next(self.root.glob("packages/??/*/data/representations/original/data/statement.txt"))

    @property
    def notes(self) -> list[Path]:
        return sorted((self.root / "custody/checkpoints").glob("*.note"))

    @property
    def sizes(self) -> list[int]:
        """How many records each checkpoint covers; the first is the one on paper, the last covers all."""
        return [int(note.stem) for note in self.notes]

    @property
    def tokens(self) -> list[Path]:
        return sorted((self.root / "custody/timestamps").glob("*/*"))

    # the log

    def lines(self, part: str) -> list[bytes]:
        (path,) = (self.root / "custody" / part).iterdir()
        return path.read_bytes().splitlines()

    def write_lines(self, part: str, lines: Iterable[bytes], *, count: int | None = None) -> None:
        (path,) = (self.root / "custody" / part).iterdir()
        kept = list(lines)
        path.unlink()
        path.with_name(f"{0:020d}-{len(kept) if count is None else count}.jsonl").write_bytes(
            b"".join(line + b"\n" for line in kept)
        )

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line)["record"] for line in self.lines("openings")]

    def numbers(self, kind: str) -> list[int]:
        return [n for n, record in enumerate(self.records()) if record["kind"] == kind]

    def write_log(self, records: Iterable[dict[str, Any]]) -> None:
        """All three parts, so that they fit these records: what a forger makes who can write everything."""
        of = {n: record.get("private") for n, record in enumerate(self.records())}
        held: dict[str, list[bytes]] = {}
        for line in self.lines("private"):
            held.setdefault(str(of[json.loads(line)["n"]]), []).append(line)
        leaves, openings, private = [], [], []
        for n, record in enumerate(records):
            for line in held.get(str(record.get("private")), ()):
                private.append(re.sub(rb'"n":[0-9]+', b'"n":%d' % n, line, count=1))
            salt = hashlib.sha256(b"forged %d" % n).digest()
            spelled = canonical(record)
            leaves.append(a_leaf(n, record["time"][:10], commitment(spelled, salt)))
            openings.append(canonical({"n": n, "record": record, "salt": base64.b64encode(salt).decode()}))
        self.write_lines("leaves", leaves)
        self.write_lines("openings", openings)
        self.write_lines("private", private, count=len(leaves))

    def append(self, record: dict[str, Any]) -> None:
        """One more record, dated as the last one, with all before it as they are."""
        record = {**record, "time": self.records()[-1]["time"]}
        spelled, salt, n = canonical(record), hashlib.sha256(b"appended").digest(), len(self.lines("leaves"))
        opening = canonical({"n": n, "record": record, "salt": base64.b64encode(salt).decode()})
        self.write_lines("leaves", [*self.lines("leaves"), a_leaf(n, record["time"][:10], commitment(spelled, salt))])
        self.write_lines("openings", [*self.lines("openings"), opening])

    def sign_anew(self, key: SigningKey, *, shift: int = 0) -> None:
        """Make every checkpoint fit the log as it lies here, each ``shift`` records larger, signed with ``key``."""
        leaves = self.lines("leaves")
        for path in self.notes:
            text = parse_note(path.read_bytes()).text.decode()
            origin, size, _, *rest = text.split("\n")
            frontier = Frontier().extend(leaf_hash(leaf) for leaf in leaves[: int(size) + shift])
            root = base64.b64encode(frontier.root()).decode()
            path.unlink()
            said = "\n".join([origin, str(frontier.size), root, *rest])
            write_note(path.with_name(f"{frontier.size:020d}.note"), said, key)

    # the papers

    def refit_bag(self, bag: Path) -> None:
        """Make a package's lists fit what lies in it."""
        for manifest in ("manifest-sha256.txt", "manifest-blake3.txt"):
            lines = (bag / manifest).read_text().splitlines()
            kept = [line for line in lines if (bag / line.split("  ", 1)[1]).exists()]
            (bag / manifest).write_text("".join(f"{line}\n" for line in kept))
        payload = sorted(path for path in (bag / "data").rglob("*") if path.is_file())
        (bag / "manifest-sha256.txt").write_text(sums(bag, payload))
        tags = [path for path in sorted(bag.iterdir()) if path.is_file() and path.name != "tagmanifest-sha256.txt"]
        (bag / "tagmanifest-sha256.txt").write_text(sums(bag, tags))

    def refit_sums(self) -> None:
        """Make ``SHA256SUMS`` fit what lies on the volume."""
        list_of_all = self.root / "SHA256SUMS"
        files = {path.relative_to(self.root).as_posix(): path for path in self.root.rglob("*") if path.is_file()}
        list_of_all.write_text(sums(self.root, [files[name] for name in sorted(files) if files[name] != list_of_all]))


def a_leaf(n: int, day: str, committed: str) -> bytes:
    return canonical({"commitment": committed, "n": n, "time": day, "type": "record", "v": 1})


def sums(root: Path, files: Iterable[Path]) -> str:
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(root).as_posix()}\n" for path in files
    )


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def write_note(path: Path, text: str, key: SigningKey) -> None:
    origin = text.split("\n", 1)[0]
    signature = base64.b64encode(key_id(origin, key.public) + key.sign(text.encode())).decode()
    path.write_text(f"{text}\n— {origin} {signature}\n")


def archive(home: Path, *words: str | Path) -> None:
    with contextlib.redirect_stdout(None):
        code = run(["--archive", str(home), *map(str, words)])
    assert code == 0, words


def deliver(home: Path, folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    archive(home, "ingest", folder, "--producer", "partner-a")


@dataclass(frozen=True)
class Handed:
    """A real archive, the volume it wrote, and the secret of its signer, which an insider has."""

    home: Path
    volume: Volume

    @property
    def secret(self) -> SigningKey:
        return load_key(self.home / "keys", "log-1")


def make_handed(folder: Path) -> Handed:
    """Two accessions, a time-stamp of a checkpoint between them, a frozen handover and its volume."""
    home, paper = folder / "home", folder / "paper.txt"
    with contextlib.redirect_stdout(None):
        assert run(["init", str(home), f"--location=second={folder / 'second'}"]) == 0
    first = {"statement.txt": b"I saw it.\n", "one.txt": b"twice\n", "папка/a: b?.txt": b"twice\n"}
    deliver(home, folder / "first", first)
    note = newest_note(home / "custody")
    assert note is not None
    paper.write_text("".join(line + "\n" for line in note.decode().split("\n")[:3]))
    stamp(home, note, folder / "authority")
    deliver(home, folder / "later", {"later.txt": b"later\n", "empty": b""})
    archive(home, "handover", "plan", "--recipient", "OHCHR")
    archive(home, "handover", "freeze")
    archive(home, "handover", "volume", "1", folder / "volume")
    key = (folder / "volume/custody/checkpoints/keys.txt").read_text().strip()
    return Handed(home, Volume(folder / "volume", key, paper))


def stamp(home: Path, note: bytes, folder: Path) -> None:
    local, world = LocalAuthority.make(folder), World()
    authority = configured(local)
    world.answers[authority.url] = local.answer
    checkpoint = checkpoint_in(note, "the newest")
    with assembly.changing(home, doing="stamping") as opened:
        told = stamp_checkpoint(
            opened.holdings,
            [authority],
            (checkpoint.size, parse_note(note).text),
            only_due=False,
            progress=Silent(),
            network=world.network,
        )
    assert len(told.stored) == 1
