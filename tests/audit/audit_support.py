"""A small archive with three locations, made once by the command line and copied for each test."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blake3

from archive.assembly import reading
from archive.cli import run as run_command
from archive.model.records import Record

LOCATIONS = ("store", "second", "third")
PAYLOAD = "data/representations/original/data"
TAG_FILES = ("bag-info.txt", "bagit.txt", "manifest-blake3.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt")
COUNTS = ("ok", "altered", "missing", "extra", "unreadable", "offline", "not_checked", "tool_error")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


def archive(*arguments: object) -> Ran:
    """The real command line, in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command([str(argument) for argument in arguments])
    return Ran(int(code), out.buffer.getvalue().decode("utf-8"), err.getvalue())  # type: ignore[attr-defined]


def write_delivery(folder: Path, *, files: int = 6) -> Path:
    folder.mkdir(parents=True)
    for number in range(files):
        (folder / f"photo-{number}.txt").write_bytes(f"photo {number}\n".encode() * (400 + number))
    (folder / "letters").mkdir()
    (folder / "letters" / "first.txt").write_bytes("письмо\n".encode() * 50)
    return folder


@dataclass(frozen=True)
class Sample:
    """An archive with one delivery in it: one package of evidence, and the accession's papers."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "archive"

    def location(self, name: str) -> Path:
        return self.home / "store" if name == "store" else self.root / name

    def run(self, *arguments: object) -> Ran:
        return archive("--archive", self.home, *arguments)

    def audit(self, *arguments: object) -> tuple[int, dict[str, Any]]:
        ran = self.run("audit", "--json", *arguments)
        assert ran.out, ran.err
        return ran.code, ran.json

    def packages(self) -> list[dict[str, Any]]:
        return self.run("list", "--json").json["aips"]

    @property
    def aip(self) -> str:
        return next(package["id"] for package in self.packages() if package["kind"] == "aip")

    @property
    def papers(self) -> str:
        return next(package["id"] for package in self.packages() if package["kind"] == "accession-package")

    def bag(self, location: str, package: str | None = None) -> Path:
        identifier = package or self.aip
        return self.location(location) / identifier[:2] / identifier

    def states(self, package: str | None = None) -> dict[str, str]:
        identifier = package or self.aip
        (found,) = [each for each in self.packages() if each["id"] == identifier]
        return {replica["location"]: replica["state"] for replica in found["replicas"]}

    def verified(self, package: str | None = None) -> dict[str, str]:
        identifier = package or self.aip
        (found,) = [each for each in self.packages() if each["id"] == identifier]
        return {replica["location"]: replica["last_verified"] for replica in found["replicas"]}

    def files(self) -> int:
        """Files of all replicas, payload and tag files."""
        return sum(len(tree(self.bag(name, package["id"]))) for name in LOCATIONS for package in self.packages())

    def open_incidents(self) -> list[dict[str, Any]]:
        return self.run("incident", "list", "--open", "--json").json["incidents"]

    def records(self, kind: str | None = None) -> list[Record]:
        with reading(self.home) as opened:
            return [record for _, record in opened.holdings.log.records() if kind in (None, record.kind)]

    def set_aside(self, location: str) -> dict[str, bytes]:
        """What is kept under set-aside/: path below the incident's folder, and bytes."""
        base = self.location(location) / "set-aside"
        kept: dict[str, bytes] = {}
        for incident in sorted(base.iterdir()) if base.is_dir() else ():
            kept |= {path: data for path, data in tree(incident).items()}
        return kept


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` with its bytes; links are named and not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[path.relative_to(folder).as_posix()] = b"-> " + os.fsencode(os.readlink(path))
        elif path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def everything(root: Path) -> dict[str, bytes]:
    """The whole tree without what only tells that somebody looked (lock files, SQLite's shared memory)."""
    passing = ("lock", "catalogue.sqlite-shm", "catalogue.sqlite-wal", "catalogue.sqlite")
    return {name: data for name, data in tree(root).items() if name.rsplit("/", 1)[-1] not in passing}


def same_counts(report: dict[str, Any], **expected: int) -> bool:
    """Whether the counts by kind are exactly these, with 0 for kinds not named, and add up to ``files``."""
    counts = {name: report[name] for name in COUNTS}
    assert counts == {**dict.fromkeys(COUNTS, 0), **expected}
    assert report["files"] == sum(counts.values())
    return True


@contextlib.contextmanager
def times_kept(path: Path) -> Iterator[None]:
    """Size is the caller's affair; modification time comes back, as a disk that rots leaves it."""
    before = path.stat()
    yield
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def flip(path: Path, *, at: int | None = None, bit: int = 0x01) -> bytes:
    """Rot: one bit of one byte, size and times as before. Answers the damaged bytes."""
    data = bytearray(path.read_bytes())
    position = len(data) // 2 if at is None else at
    data[position] ^= bit
    with times_kept(path):
        path.write_bytes(data)
    return bytes(data)


def relist(bag: Path, *manifests: str) -> None:
    """A hand: make the named manifests fit what lies in the bag now."""
    for name in manifests:
        algorithm = "blake3" if "blake3" in name else "sha256"
        tags = name.startswith("tag")
        lines = []
        for path, data in sorted(tree(bag).items()):
            if path.startswith("data/") is not tags and path != name:
                digest = (blake3.blake3 if algorithm == "blake3" else hashlib.sha256)(data).hexdigest()
                lines.append(f"{digest}  {path}\n")
        with times_kept(bag / name):
            (bag / name).write_bytes("".join(lines).encode())


def copied(template: Path, target: Path) -> Sample:
    """A copy of the sample archive that knows its new place."""
    shutil.copytree(template, target, symlinks=True)
    configuration = target / "archive" / "archive.toml"
    configuration.write_text(configuration.read_text().replace(template.as_uri(), target.as_uri()))
    return Sample(target)


def replace_text(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, text
    path.write_text(text.replace(old, new))


Change = Callable[[Path], None]
