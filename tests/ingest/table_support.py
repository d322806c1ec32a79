"""Tables as producers send them, read as ingest reads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from archive.ingest.metadata import MetadataFile, MetadataTable, read_metadata

TODAY = date(2026, 11, 22)


def table(folder: Path, data: str | bytes, name: str = "metadata.csv") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(folder: Path, data: str | bytes, **said: Any) -> MetadataTable:
    return read_metadata(MetadataFile(table(folder, data), **said), scratch=folder, today=TODAY)


def cells(found: MetadataTable) -> list[tuple[str, ...]]:
    """Every row that names a file, in order of the table."""
    return [tuple(row.cells) for row in found.rows.unmet()]


def told(found: MetadataTable) -> list[tuple[str, str]]:
    return [(finding.code, finding.subject) for finding in found.findings]


def message(found: MetadataTable, code: str) -> str:
    (only,) = [finding.message for finding in found.findings if finding.code == code]
    return only
