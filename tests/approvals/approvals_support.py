"""An archive with three locations, one delivery and three approvers, made once by the command line and copied."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from own_copies import moved

from archive import assembly
from archive.cli import run as run_command
from archive.model.records import Record

LOCATIONS = ("store", "second", "third")
CONTENT = "data/representations/original/data"

PERSON = "Иванов Иван.txt"
SECRET_WORDS = "показания свидетеля, которые надо забыть\n".encode()
FILES: dict[str, bytes] = {
    "one.txt": b"the first file\n" * 30,
    "папка/два.txt": "второй файл\n".encode() * 40,
    "odd: name?.txt": b"a name that no disk agrees on\n",
    PERSON: SECRET_WORDS,
    "twin.txt": SECRET_WORDS,  # the same bytes, delivered twice
    "empty.txt": b"",
}
TABLE = "path;place;notes\n" + "".join(f"{name};Minsk;about {number}\n" for number, name in enumerate(FILES))


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.out, self.err
        return json.loads(self.out)


def command(*arguments: object) -> Ran:
    """The real command line, in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command([str(argument) for argument in arguments])
    return Ran(int(code), out.buffer.getvalue().decode("utf-8"), err.getvalue())  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Sample:
    """One archive, and what a test does with it."""

    root: Path

    @property
    def home(self) -> Path:
        return self.root / "archive"

    def location(self, name: str) -> Path:
        return self.home / "store" if name == "store" else self.root / name

    def run(self, *arguments: object, actor: str | None = "anna") -> Ran:
        named = () if actor is None else ("--as", actor)
        return command("--archive", self.home, *named, *arguments)

    def done(self, *arguments: object, actor: str | None = "anna", code: int = 0) -> dict[str, Any]:
        """The JSON of a command that must end with ``code``."""
        ran = self.run(*arguments, "--json", actor=actor)
        assert ran.code == code, (ran.err, ran.out)
        return ran.json

    def packages(self, kind: str | None = None) -> list[dict[str, Any]]:
        return [package for package in self.done("list")["aips"] if kind in (None, package["kind"])]

    @property
    def aip(self) -> str:
        (package,) = self.packages("aip")
        return package["id"]

    @property
    def papers(self) -> str:
        (package,) = self.packages("accession-package")
        return package["id"]

    @property
    def accession(self) -> str:
        return self.packages()[0]["accession"]

    def file(self, name: str) -> dict[str, Any]:
        """The one file with exactly this delivered name."""
        (found,) = [file for file in self.done("find", name)["files"] if file["path"] == name]
        return found

    def bag(self, location: str, package: str) -> Path:
        return self.location(location) / package[:2] / package

    def content(self, location: str, package: str) -> dict[str, bytes]:
        """The delivered files of a package as they lie at a location."""
        base = self.bag(location, package) / CONTENT
        return {path.relative_to(base).as_posix(): path.read_bytes() for path in base.rglob("*") if path.is_file()}

    def request(self, *words: object, key: str = "anna", reason: str = "consent withdrawn") -> str:
        """File a request with the command ``words``; its identifier."""
        return self.done(*words, "--reason", reason, "--key", key, actor=key)["request"]

    def approve(self, request: str, key: str = "boris") -> None:
        self.done("approve", request, "--key", key, actor=key)

    def agreed(self, *words: object, reason: str = "consent withdrawn") -> str:
        """A request by anna that boris has approved; its identifier."""
        request = self.request(*words, reason=reason)
        self.approve(request)
        return request

    def delete(self, *identifiers: str, code: int = 0) -> str:
        """Delete for good, by two persons; the request."""
        request = self.agreed("deletion", "request", *identifiers)
        self.done("carry-out", request, code=code)
        return request

    def records(self, *kinds: str) -> list[Record]:
        with assembly.reading(self.home) as archive:
            return [record for _, record in archive.holdings.log.records(kinds=frozenset(kinds) or None)]

    def size(self) -> int:
        with assembly.reading(self.home) as archive:
            return archive.holdings.log.size

    def digest(self) -> str:
        return self.done("catalogue", "digest")["digest"]

    def set(self, setting: str, value: int) -> None:
        """Write another value of a setting into ``archive.toml``."""
        toml = self.home / "archive.toml"
        lines = toml.read_text().splitlines(keepends=True)
        (number,) = [n for n, line in enumerate(lines) if line.startswith(f"{setting} =")]
        lines[number] = f"{setting} = {value}\n"
        toml.write_text("".join(lines))

    @contextlib.contextmanager
    def away(self, location: str) -> Iterator[None]:
        """A location is offline meanwhile."""
        place = self.location(location)
        place.rename(self.root / "away")
        yield
        (self.root / "away").rename(place)


def everything_at(place: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in sorted(place.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def deliver(folder: Path, files: dict[str, bytes]) -> Path:
    for number, (name, data) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, ns=(10**18, 1_700_000_000_000_000_000 + number))
    return folder


def make_template(root: Path) -> Sample:
    """The archive every test begins with. Requests wait no hours here; where waiting matters a test injects a clock."""
    sample = Sample(root)
    root.mkdir()
    places = [f"--location={name}={root / name}" for name in ("second", "third")]
    assert command("init", sample.home, *places).code == 0
    sample.set("delay_hours", 0)
    delivery = deliver(root / "delivery", FILES)
    (root / "table.csv").write_text(TABLE, encoding="utf-8")
    ran = sample.run("ingest", delivery, "--producer", "viasna", "--metadata", root / "table.csv", actor=None)
    assert ran.code == 0, ran.err
    for code in ("anna", "boris", "clara"):
        assert sample.run("agent", "add", code, "--role", "approver", actor=None).code == 0
    for name in ("anna", "boris"):
        assert sample.run("key", "new", name, "--role", "approver", actor=name).code == 0
    return sample


def copy_of(template: Sample, target: Path) -> Sample:
    """A copy of an archive with its locations, which are found by the paths in its ``archive.toml``."""
    shutil.copytree(template.root, target, symlinks=True)
    toml = target / "archive" / "archive.toml"
    toml.write_text(moved(toml.read_text(), template.root, target))
    return Sample(target)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(seconds=5)

    def __call__(self) -> datetime:
        return self.now

    def pass_hours(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
