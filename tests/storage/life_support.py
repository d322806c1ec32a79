"""One archive led through its life by the command line, whatever form its locations have."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.cli import run as run_command
from archive.storage.forms import open_location
from archive.storage.location import Identity, Location
from archive.storage.memory import MEMORY, MemoryBackend, MemoryLocation

DELIVERED = {
    "one.txt": b"the first file\n" * 300,
    "папка/два.txt": "второй файл\n".encode() * 400,
    "odd: name?.txt": b"a name that no disk agrees on\n",
    "secret.txt": b"to be forgotten\n" * 20,
    "empty.txt": b"",
}


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def command(*arguments: object) -> Ran:
    """The real command line, in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command([str(argument) for argument in arguments])
    return Ran(int(code), out.buffer.getvalue().decode("utf-8"), err.getvalue())  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Life:
    """An archive below ``root`` whose further locations have ``form``."""

    root: Path
    form: str

    @property
    def home(self) -> Path:
        return self.root / "archive"

    def place(self, name: str) -> Path:
        return self.home / "store" if name == "store" else self.root / name

    def done(self, *arguments: object, code: int = 0, actor: str = "anna") -> dict[str, Any]:
        """The JSON of a command that must end with ``code``."""
        ran = command("--archive", self.home, "--as", actor, *arguments, "--json")
        assert ran.code == code, (arguments, ran.code, ran.err, ran.out)
        return json.loads(ran.out) if ran.out else {}

    def init(self, *names: str) -> dict[str, Any]:
        places = [f"--location={name}={self.place(name)}" for name in names]
        forms = [f"--form={name}={self.form}" for name in names if self.form == "tar"]
        ran = command("init", self.home, *places, *forms, "--json")
        assert ran.code == 0, ran.err
        toml = self.home / "archive.toml"
        lines = (
            "delay_hours = 0\n" if line.startswith("delay_hours =") else line for line in toml.open(encoding="utf-8")
        )
        toml.write_text("".join(list(lines)), encoding="utf-8")
        return json.loads(ran.out)

    def add(self, name: str) -> dict[str, Any]:
        form = ["--form", self.form] if self.form == "tar" else []
        return self.done("location", "add", name, self.place(name), *form)

    def approvers(self) -> None:
        for code in ("anna", "boris"):
            ran = command("--archive", self.home, "agent", "add", code, "--role", "approver")
            assert ran.code == 0, ran.err
        for code in ("anna", "boris"):
            self.done("key", "new", code, "--role", "approver", actor=code)

    def agreed(self, *words: object) -> str:
        """A request by anna that boris has approved."""
        request = str(self.done(*words, "--reason", "it is wanted", "--key", "anna")["request"])
        self.done("approve", request, "--key", "boris", actor="boris")
        return request

    def packages(self) -> list[dict[str, Any]]:
        return list(self.done("list")["aips"])

    @property
    def aip(self) -> str:
        (found,) = [package["id"] for package in self.packages() if package["kind"] == "aip"]
        return str(found)

    def states(self) -> set[str]:
        return {replica["state"] for package in self.packages() for replica in package["replicas"]}

    def objects(self, name: str) -> Location:
        """A location as storage sees it, whatever it believes to be."""
        return self.location(name, form="directory" if name == "store" and self.form != MEMORY else self.form)

    def location(self, name: str, *, form: str) -> Location:
        return open_location(name, form=form, folder=self.place(name), archive="")

    def spoil(self, name: str, package: str, needle: bytes) -> None:
        """Alter one octet of a package as it lies at a location."""
        place = self.place(name) / package[:2]
        paths = [place / f"{package}.tar"] if self.form == "tar" else sorted((place / package).rglob("*"))
        (path,) = [path for path in paths if path.is_file() and needle in path.read_bytes()]
        path.write_bytes(path.read_bytes().replace(needle, bytes([needle[0] ^ 1]) + needle[1:], 1))

    def lose(self, name: str, package: str) -> None:
        """A package is gone from a location."""
        self.objects(name).remove(f"{package[:2]}/{package}", incidents=())

    def kept_aside(self, name: str) -> list[str]:
        return [entry.path.decode() for entry in self.objects(name).backend.entries("set-aside") if entry.size]


@dataclass(frozen=True)
class InMemory(Life):
    """The same with every location, its own store among them, in memory."""

    media: dict[Path, MemoryBackend] = field(default_factory=dict)

    def open(self, name: str, *, form: str, folder: Path, archive: str) -> Location:
        medium = self.media.setdefault(folder, MemoryBackend(folder.name))
        return MemoryLocation(name, medium, archive)

    def identify(self, folder: Path) -> Identity | None:
        return self.open("", form=MEMORY, folder=folder, archive="").identity()

    def location(self, name: str, *, form: str) -> Location:
        return self.open(name, form=form, folder=self.place(name), archive="")

    def spoil(self, name: str, package: str, needle: bytes) -> None:
        medium = self.media[self.place(name)]
        below = f"{package[:2]}/{package}/"
        (key,) = [key for key, data in medium.objects.items() if key.startswith(below) and needle in data]
        medium.objects[key] = medium.objects[key].replace(needle, bytes([needle[0] ^ 1]) + needle[1:], 1)
