"""An archive with a second location, driven in this process, and files over which the identifiers differ."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from archive import assembly
from archive.catalogue.rows import FileFormatRow
from archive.cli import run
from archive.holdings.rebuild import catalogue_digest

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
    b"\0\0\0\nIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82"
)


@dataclass(frozen=True)
class Said:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def json(self) -> dict[str, Any]:
        (line,) = self.lines
        return line


@dataclass(frozen=True)
class Keep:
    """An archive and a way to speak to it."""

    home: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str | Path) -> Said:
        self.capture.readouterr()
        code = run(["--archive", str(self.home), "--as", "ak-1", *map(str, words)])
        said = self.capture.readouterr()
        return Said(code, said.out, said.err)

    def ingest(self, delivery: Path) -> Said:
        return self("ingest", delivery, "--producer", "p", "--json")

    def files(self) -> dict[str, str]:
        """Identifiers of the files held, by name."""
        with assembly.reading(self.home) as archive:
            catalogue = archive.holdings.catalogue
            return {
                row.name.decode(): str(row.id)
                for accession in catalogue.accessions()
                for row in catalogue.files(accession.id)
            }

    def told(self, name: str) -> list[FileFormatRow]:
        with assembly.reading(self.home) as archive:
            return archive.holdings.catalogue.formats_of(self.files()[name])  # type: ignore[arg-type]  # a file's

    def kinds(self) -> list[str]:
        with assembly.reading(self.home) as archive:
            return [record.kind for _, record in archive.holdings.log.records()]

    def digest(self) -> str:
        with assembly.reading(self.home) as archive:
            return catalogue_digest(archive.holdings.catalogue)

    def review(self) -> list[str]:
        """Names of the files that wait for a person."""
        return [line["name"] for line in self("formats", "review", "--json").lines]


def delivery(folder: Path) -> Path:
    """A whole picture, one cut off in the middle, one known by its name only, and a text."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "whole.png").write_bytes(PNG)
    (folder / "cut.png").write_bytes(PNG[:12])
    (folder / "words.csv").write_bytes(b"\0\1 no words")
    (folder / "note.txt").write_text("a note\n")
    return folder
