"""What the columns of a producer's table mean: our words for them, and a file that says which are theirs.

Columns nobody here knows are kept like the others; they only mean nothing to the program.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from archive.errors import ConfigError, UsageError
from archive.model.digests import HEX_LENGTH, sha256_hex
from archive.model.names import shown
from archive.storage.reading import open_quietly

LONGEST_MAPPING = 1 << 20
"""Octets of the longest mapping that is read."""
PATH = "path"
DIGESTS = tuple(name for name in HEX_LENGTH if name in ("sha256", "sha512", "sha1", "md5"))
"""Columns whose cells are compared with the bytes received."""
PAST_DATES = ("captured_at", "published_at", "event_date", "interview_date", "consent_date")
FUTURE_DATES = ("consent_expiry",)
STATED: Mapping[str, str] = MappingProxyType(
    {
        "rights_basis": "rights_basis",
        "restriction": "restriction",
        "terms": "terms",
        "consent_scope": "terms",
        "consent_ref": "consent_ref",
        "person": "person",
        "person_code": "person",
        "consent_expiry": "consent_expiry",
    }
)
"""Columns that state something about rights, and what they state (``archive.model.rights.Statement``)."""
OTHERS = (
    *("url", "captured_by", "tool", "tool_version", "platform", "uploader", "place", "lat", "lon", "language"),
    *("case_ids", "persons", "content_warning", "notes", "interviewer_code", "consent_form_file"),
)
KNOWN = (PATH, *DIGESTS, *PAST_DATES, *STATED, *OTHERS)
"""Every column that has a meaning here."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which of their headings are which of our columns; ``data`` is the file as it was given."""

    headings: Mapping[str, str]
    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Digest of the file."""
        return sha256_hex(self.data)


def read_mapping(path: Path) -> ColumnMap:
    """The mapping in the TOML file ``path``: a line ``our_column = "their heading"`` for each column that differs.

    Raises UsageError or ConfigError, saying what to do, for a file that is missing, is no TOML, or names a column
    that has no meaning here.
    """
    try:
        with open_quietly(Path(os.path.realpath(path))) as file:  # it may be named through a link
            data = file.read(LONGEST_MAPPING + 1)
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}", hint="--metadata-map names a file of our column names") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > LONGEST_MAPPING:
        raise ConfigError(f"{path}: too large for a list of column names")
    try:
        given = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: {' '.join(str(error).split())}", hint='a line looks like this: path = "Имя файла"'
        ) from error
    for column, heading in given.items():
        if column not in KNOWN:
            raise ConfigError(
                f"{path}: '{shown(column)}' is none of our columns", hint=f"these are: {', '.join(KNOWN)}"
            )
        if not isinstance(heading, str) or not heading.strip():
            raise ConfigError(f"{path}: '{column}' must be a heading of the table, in quotation marks")
    return ColumnMap({column: heading.strip() for column, heading in given.items()}, path.name, data)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each known column stands in a table, counted from 0."""

    places: Mapping[str, int]
    missing: tuple[str, ...] = ()
    """Headings that the mapping names and the table does not have."""
    twice: tuple[str, ...] = ()
    """Headings that stand in the table more than once; the first counts."""

    def __contains__(self, column: str) -> bool:
        return column in self.places

    def cell(self, cells: Sequence[str], column: str) -> str:
        """What a row says in ``column``, without blanks around it; empty where it says nothing."""
        place = self.places.get(column, len(cells))
        return cells[place].strip() if place < len(cells) else ""


def find_columns(heading: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """The known columns of a table with this ``heading``; where capitals differ only, it is the same heading."""
    exact: dict[str, int] = {}
    folded: dict[str, int] = {}
    twice = []
    for place, cell in enumerate(heading):
        if cell and exact.setdefault(cell, place) != place:
            twice.append(cell)
        folded.setdefault(cell.casefold(), place)
    places: dict[str, int] = {}
    missing: list[str] = []
    for column in KNOWN:
        wanted = mapping.get(column, column)
        found = exact.get(wanted, folded.get(wanted.casefold()))
        if found is not None:
            places[column] = found
        elif column in mapping:
            missing.append(wanted)
    return Columns(places, tuple(missing), tuple(dict.fromkeys(twice)))
