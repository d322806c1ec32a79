"""Archives that earlier releases wrote, unpacked for a test, with the clock set to one hour after their last record.

Each has a line in ``GOLDENS``, a tar file, and a folder with its answers. See README.md in this folder.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import clock
from archive.cli import run

HERE = Path(__file__).resolve().parent
ROOT_MARK = "{ROOT}"
"""Stands for the folder an archive was unpacked in, in ``archive.toml`` inside the tar and in stored answers."""
FOLDER_MARK = "{GOLDEN}"
"""Stands in stored answers for the folder beside the tar."""

OPENING = re.compile(rb'\{"n":(0|[1-9][0-9]*),"record":(\{.*\}),"salt":"([A-Za-z0-9+/]{43}=)"\}\n')
COMMITMENT = b"evidence-archive/custody/commitment/v1\0"


@dataclass(frozen=True)
class Golden:
    """One archive written by an earlier release.

    ``schema`` is the newest migration of that release: only under it the catalogue's digest is the stored one.
    ``locations`` lie beside the archive's home; each has all of the log. ``reworded`` is what a later release says in
    other words on purpose: regular expressions and what stands in their place, for stored answers in text.
    """

    version: str
    sha256: str
    schema: str
    locations: tuple[str, ...] = ("store", "second", "third")
    volumes: tuple[str, ...] = ("volume-1",)
    reworded: tuple[tuple[str, str], ...] = ()

    @property
    def tar(self) -> Path:
        return HERE / f"{self.version}.tar"

    @property
    def folder(self) -> Path:
        return HERE / self.version

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def answers(self) -> list[dict[str, Any]]:
        """What was asked (``arguments``), the exit ``code``, and the file with what stood on stdout."""
        return list(json.loads(self.text("answers.json")))

    def in_words_of_today(self, text: str) -> str:
        """A stored answer as it reads now."""
        for then, now in self.reworded:
            text = re.sub(then, now, text, flags=re.MULTILINE)
        return text

    def kinds(self) -> list[tuple[str, int]]:
        """Every kind of record that release knew, with its version."""
        lines = [line.split() for line in self.text("kinds.txt").splitlines()]
        return [(kind, int(version)) for kind, version in lines]

    def verdicts(self) -> list[dict[str, Any]]:
        """What the stand-alone verifiers were asked (``place``, ``program``), their ``code`` and what they said."""
        return list(json.loads(self.text("verdicts.json")))

    def known_outside(self, place: str) -> list[str | Path]:
        """A checkpoint that was kept elsewhere, and the keys, in words for a stand-alone verifier."""
        note = "checkpoint-of-volume.note" if place in self.volumes else "checkpoint.note"
        keys = [word for key in self.text("keys.txt").split() for word in ("--key", key)]
        return ["--since", self.folder / note, *keys]


GOLDENS = (Golden("0.1", sha256="fc0f4dd434127ed3c5eb226ede7b76a488237457df1fa904e4e1c09d9beebf6a", schema="0001"),)
"""A later release adds a line, and never touches one."""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Unpacked:
    """A golden archive in a folder of a test."""

    golden: Golden
    root: Path

    @property
    def home(self) -> Path:
        return self.root / "archive"

    def location(self, name: str) -> Path:
        return self.home / "store" if name == "store" else self.root / name

    def run(self, *words: str | Path, home: Path | None = None) -> Ran:
        """One command of the command line, in this process."""
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(["--archive", str(home or self.home), *map(str, words)])
        out.flush(), err.flush()
        return Ran(int(code), out.buffer.getvalue().decode(), err.buffer.getvalue().decode())

    def judged(self, place: str, program: Path) -> Ran:
        """What a stand-alone verifier, in a Python of its own, says of a location or a volume."""
        folder = self.root / place if place in self.golden.volumes else self.location(place)
        done = subprocess.run(
            [sys.executable, "-I", program, folder, *self.golden.known_outside(place)],
            capture_output=True,
            encoding="utf-8",
            check=False,
            cwd=self.root,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def normalised(self, text: str) -> str:
        return text.replace(str(self.root), ROOT_MARK).replace(str(self.golden.folder), FOLDER_MARK)

    def custody(self, place: str) -> Path:
        """The log in the ``home``, at a location, or on a volume."""
        base = self.root / place if place in self.golden.volumes else self.location(place)
        return (self.home if place == "home" else base) / "custody"


def unpack(golden: Golden, root: Path) -> Unpacked:
    """Unpack below ``root``: folders 0700, files 0600, whatever the umask; its paths are put into archive.toml."""
    with tarfile.open(golden.tar) as tar:
        members = {member.name: member for member in tar.getmembers()}
        for member in members.values():
            path = root / member.name
            assert path.is_relative_to(root) and ".." not in path.parts, member.name
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
                path.chmod(0o700)
                continue
            # Of a link, the octets it leads to: copies must not share them.
            source = tar.extractfile(members[member.linkname] if member.islnk() else member)
            assert source is not None, member.name
            path.write_bytes(source.read())
            path.chmod(0o600)
    toml = root / "archive" / "archive.toml"
    toml.write_text(toml.read_text("utf-8").replace(ROOT_MARK, str(root)), "utf-8")
    return Unpacked(golden, root)


def segments(folder: Path) -> list[Path]:
    """The segments of one part of a log, in order."""
    return sorted(folder.glob("*.jsonl"))


def openings(custody: Path) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, record and salt of every opening, by the octets as they lie there and by nothing of ours."""
    for segment in segments(custody / "openings"):
        for line in segment.read_bytes().splitlines(keepends=True):
            found = OPENING.fullmatch(line)
            assert found is not None, (segment, line)
            yield int(found[1]), found[2], base64.b64decode(found[3])


def commitments(custody: Path) -> list[str]:
    """What the leaves commit to, in order."""
    lines = [line for segment in segments(custody / "leaves") for line in segment.read_bytes().splitlines()]
    leaves = [json.loads(line) for line in lines]
    assert [leaf["n"] for leaf in leaves] == list(range(len(leaves)))
    return [leaf["commitment"] for leaf in leaves]


def commitment(record: bytes, salt: bytes) -> str:
    return hashlib.sha256(COMMITMENT + salt + record).hexdigest()


def last_moment(custody: Path) -> datetime:
    """The time of the last record, by its own words."""
    *_, (_, record, _) = openings(custody)
    return datetime.fromisoformat(json.loads(record)["time"])


def set_clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """It is ``now`` for the whole program, on a machine whose clock is right."""

    class Frozen(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return now if tz is None else now.astimezone(tz)

    monkeypatch.setattr(clock, "datetime", Frozen)
    monkeypatch.setattr(clock, "machine_clock", lambda: "system, synchronised")


def one_hour_later(monkeypatch: pytest.MonkeyPatch, unpacked: Unpacked) -> None:
    """Set the clock to one hour after the archive's last record."""
    set_clock(monkeypatch, last_moment(unpacked.custody("home")) + timedelta(hours=1))
