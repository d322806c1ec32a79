"""An archive with three locations, driven through the command line, and eyes that look into what it sealed."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import RawIOBase
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from archive import assembly
from archive.cli import run
from archive.ingest.workbench import Workbench
from archive.model.names import original_part
from archive.storage.reading import open_quietly
from premis.model import Entity, Event, File, Identifier, IntellectualEntity
from premis.reader import read_premis
from premis.validation import Schemas, check_references, validate

CONTENT = "data/representations/original/data/"
LOCATIONS = ("store", "second", "third")


@dataclass(frozen=True)
class Answer:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def found(self, code: str) -> list[dict[str, Any]]:
        return [finding for finding in self.json["findings"] if finding["code"] == code]

    def subjects(self, code: str) -> list[str]:
        return [finding["subject"] for finding in self.found(code)]

    def codes(self) -> set[str]:
        return {finding["code"] for finding in self.json["findings"]}


def command(*arguments: str | Path) -> Answer:
    """Run one ``archive`` command in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    out.flush(), err.flush()
    return Answer(code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode())


@dataclass(frozen=True)
class Place:
    """An archive in a folder of its own, with its other two locations beside it."""

    home: Path

    @classmethod
    def make(cls, root: Path) -> Place:
        made = command("init", root / "archive", *(f"--location={name}={root / name}" for name in LOCATIONS[1:]))
        assert made.code == 0, made.err
        return cls(root / "archive")

    def __call__(self, *arguments: str | Path) -> Answer:
        return command("--archive", self.home, *arguments)

    def ingest(self, delivery: Path, *more: str | Path, producer: str = "viasna") -> Answer:
        return self("ingest", delivery, "--producer", producer, "--json", *more)

    def set(self, **settings: int) -> None:
        """Change numbers in archive.toml."""
        path = self.home / "archive.toml"
        text = path.read_text()
        for name, value in settings.items():
            text, changed = re.subn(rf"(?m)^{name} = \d+", f"{name} = {value}", text)
            assert changed == 1
        path.write_text(text)

    def packages(self) -> list[dict[str, Any]]:
        return list(self("list", "--json").json["aips"])

    def replicas(self) -> list[Path]:
        """Every sealed package at every location."""
        return [Path(replica["path"]) for package in self.packages() for replica in package["replicas"]]

    def bag(self, package: str) -> Path:
        return self.home / "store" / package[:2] / package

    def log_size(self) -> int:
        return sum(len(p.read_bytes().splitlines()) for p in (self.home / "custody" / "leaves").iterdir())

    def staging(self) -> list[Path]:
        return list((self.home / "staging").iterdir())

    def stored(self) -> set[str]:
        """Everything that stands at the three locations, but for copies of the log and the empty landing place."""
        roots = [self.home / "store", self.home.parent / "second", self.home.parent / "third"]
        return {
            str(path.relative_to(self.home.parent))
            for root in roots
            for path in root.rglob("*")
            if "custody" not in path.relative_to(root).parts and path.name != ".incoming"
        }

    def evidence(self, answer: Answer) -> list[Evidence]:
        """Every file in the AIPs of an accession."""
        return [file for aip in answer.json["aips"] for file in evidence_in(self.bag(aip))]

    def receipt(self, answer: Answer) -> str:
        papers = self.bag(answer.json["accession_package"])
        return (papers / "data/documentation/receipt.csv").read_text("utf-8")

    def listing(self, answer: Answer) -> dict[bytes, dict[str, Any]]:
        text = (self.bag(answer.json["accession_package"]) / "data/documentation/listing.jsonl").read_text("utf-8")
        lines = [json.loads(line) for line in text.split("\n") if line]
        return {base64.b64decode(line["path_b64"]): line for line in lines}


@dataclass(frozen=True)
class Evidence:
    """One file of an AIP: what PREMIS says of it, and where it lies."""

    id: str
    name: bytes
    original_name: str | None
    path: str
    bag: Path
    modified: str
    hard_link_group: str | None
    object: File
    events: tuple[Event, ...]

    @property
    def data(self) -> bytes:
        return (self.bag / CONTENT / self.path).read_bytes()

    @property
    def unescaped(self) -> bytes | None:
        """The delivered name by un-escaping the path alone; None where it was cut."""
        parts = [original_part(part) for part in self.path.split("/")]
        return None if None in parts else b"/".join(part or b"" for part in parts)

    def digests(self) -> list[tuple[str, str, str | None]]:
        """Algorithm, digest and originator."""
        return [(f.algorithm.value, f.digest, f.originator) for f in self.object.characteristics[0].fixity]

    def events_of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.type.value == kind]


def premis_of(path: Path) -> list[Entity]:
    return list(read_premis(path))


def evidence_in(bag: Path) -> list[Evidence]:
    entities = premis_of(bag / "data/representations/original/metadata/preservation/premis.xml")
    events = [entity for entity in entities if isinstance(entity, Event)]
    found = []
    for entity in entities:
        if isinstance(entity, File):
            extension = etree.fromstring(entity.characteristics[0].extensions[0])
            said = {etree.QName(child).localname: child.text or "" for child in extension}
            location = entity.storage[0].location_value or ""
            identifier = entity.identifiers[0]
            found.append(
                Evidence(
                    id=identifier.value,
                    name=base64.b64decode(said["nameBytes"], validate=True),
                    original_name=None if entity.original_name is None else str(entity.original_name),
                    path=location.removeprefix(CONTENT.removeprefix("data/")),
                    bag=bag,
                    modified=said["modified"],
                    hard_link_group=said.get("hardLinkGroup"),
                    object=entity,
                    events=tuple(e for e in events if identifier in [link.identifier for link in e.objects]),
                )
            )
    return found


def snapshot(root: Path) -> dict[bytes, tuple[object, ...]]:
    """Everything a careful eye sees of a tree: kinds, modes, sizes, times, targets, bytes. Leaves no trace itself."""
    return dict(_seen(os.fsencode(root)))


def _seen(root: bytes) -> Iterator[tuple[bytes, tuple[object, ...]]]:
    pending = [root]
    while pending:
        path = pending.pop()
        status = os.lstat(path)
        facts: tuple[object, ...] = (status.st_mode, status.st_nlink, status.st_mtime_ns, status.st_ctime_ns)
        if stat.S_ISLNK(status.st_mode):
            facts += (os.readlink(path),)
        elif stat.S_ISREG(status.st_mode):
            facts += (status.st_size, status.st_atime_ns, _digest(path))
        elif stat.S_ISDIR(status.st_mode):
            pending.extend(os.path.join(path, name) for name in os.listdir(path))
        yield path, facts


def _digest(path: bytes) -> str:
    with open_quietly(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def with_opener(monkeypatch: pytest.MonkeyPatch, opener: Callable[[bytes], RawIOBase]) -> None:
    """Let ingest open delivered files with ``opener`` from here on."""
    original = assembly.ingest_bench

    def bench(*arguments: Any, **named: Any) -> Workbench:
        return replace(original(*arguments, **named), open_source=opener)

    monkeypatch.setattr(assembly, "ingest_bench", bench)


class Failing:
    """Opens delivered files, but fails for some, by the end of their name: at opening, or while they are read."""

    def __init__(self, number: int, *names: bytes, after: int | None = None) -> None:
        self.number, self.names, self.after = number, names, after

    def __call__(self, path: bytes) -> RawIOBase:
        if not path.endswith(self.names):
            return open_quietly(path)
        if self.after is None:
            raise OSError(self.number, os.strerror(self.number), path)
        return _Breaking(open_quietly(path), self.number, self.after)  # type: ignore[return-value]


class _Breaking:
    """A reading that breaks off after some octets."""

    def __init__(self, file: RawIOBase, number: int, after: int) -> None:
        self._file, self._number, self._left = file, number, after

    def readinto(self, buffer: memoryview) -> int:
        if self._left == 0:
            raise OSError(self._number, os.strerror(self._number))
        octets = self._file.readinto(buffer[: self._left]) or 0
        self._left -= octets
        return octets

    def fileno(self) -> int:
        return self._file.fileno()

    def __enter__(self) -> _Breaking:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def assert_lists_are_right(bag: Path) -> None:
    """Ask the tools that every recipient has."""
    lists = [("sha256sum", "manifest-sha256.txt"), ("sha256sum", "tagmanifest-sha256.txt")]
    if shutil.which("b3sum") is not None:  # where it is missing, a test of its own says so
        lists.append(("b3sum", "manifest-blake3.txt"))
    for tool, manifest in lists:
        done = subprocess.run([tool, "-c", "--quiet", manifest], cwd=bag, capture_output=True, check=False)
        assert done.returncode == 0, f"{bag}: {done.stdout!r}{done.stderr!r}"


def assert_bagit_python_agrees(bags: list[Path]) -> None:
    done = subprocess.run([sys.executable, "-m", "bagit", "--validate", *bags], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def assert_documents_are_valid(bag: Path, schemas: Schemas, *, known: tuple[Identifier, ...] = ()) -> None:
    """METS and PREMIS fit the official schemas, and every reference is true."""
    documents = [
        path
        for name in ("METS.xml", "premis.xml")
        for path in bag.rglob(name)
        if not str(path).startswith(f"{bag}/{CONTENT}")
    ]
    assert len(documents) in (2, 4)
    for path in documents:
        assert validate(path, schemas) == []
    assert check_references(bag / "data", bag / "data/METS.xml", known=known) == []


def schemas_with_ours(shared: Path, bag: Path) -> Schemas:
    """The official schemas with the extension as a package carries it."""
    return Schemas(shared / "standards", extensions=[bag / "data/schemas/evidence-extension-1.xsd"])


def package_identifiers(bag: Path) -> tuple[Identifier, ...]:
    """How an AIP names itself, so that others can speak of it."""
    entities = premis_of(bag / "data/metadata/preservation/premis.xml")
    return tuple(e.identifiers[0] for e in entities if isinstance(e, IntellectualEntity))


def write(folder: Path, files: dict[str | bytes, bytes]) -> Path:
    """Make a folder with these files."""
    for name, data in files.items():
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
    return folder


def add_up(answer: Answer) -> bool:
    said = answer.json
    parts = ("accepted", "duplicate", "quarantined", "rejected", "pending")
    return int(said["received"]) == sum(int(said[part]) for part in parts)
