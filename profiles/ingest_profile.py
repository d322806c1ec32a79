"""Ingest profiles: what was agreed with producers about deliveries of one kind, as versioned data.

A profile is named ``<name>-<version>`` and never edited once used: a change is a new version. Our own lie in
``data/ingest``; an archive may bring others of the same form.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from enum import StrEnum
from importlib import resources
from typing import Any

MOST_FILES = 5_000
"""Delivered files in one package: what one METS and one PREMIS document hold without shards."""

MOST_BYTES = 20_000_000_000
"""Octets of delivered content in one package."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*-[1-9][0-9]*")


class Orphans(StrEnum):
    """What becomes of a file that no row of the producer's table speaks of."""

    ACCEPT = "accept"
    """It is accepted, under embargo, and told."""
    QUARANTINE = "quarantine"
    """It is kept apart until a person decides."""


class Duplicates(StrEnum):
    """What becomes of bytes that are held already. The receipt is recorded in either case."""

    STORE = "store"
    """They are stored again, so that deleting one accession never destroys another's copy."""
    REFERENCE = "reference"
    """Within one accession and one class of rights they are stored once."""


class Grouping(StrEnum):
    """What one package holds."""

    NONE = "none"
    """Whatever comes, within the bounds."""
    FOLDER = "folder"
    """One top folder of the delivery: a person or a case."""
    COLUMN = "column"
    """The files that have the same word in one column of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProfile:
    """One agreement's terms. Sizes in octets; ``digests`` are computed beside SHA-256 and BLAKE3.

    ``columns_required`` must stand in the heading of the table; ``columns_expected`` are missed aloud.
    ``bagit_profile`` names the profile (``profiles.bagit_profile``) a delivered bag must meet, ``group_column`` the
    column of ``Grouping.COLUMN``.
    """

    name: str
    version: int
    title: str
    metadata_required: bool = False
    columns_required: tuple[str, ...] = ()
    columns_expected: tuple[str, ...] = ()
    orphans: Orphans = Orphans.ACCEPT
    duplicates: Duplicates = Duplicates.STORE
    max_files: int = MOST_FILES
    max_bytes: int = MOST_BYTES
    grouping: Grouping = Grouping.NONE
    group_column: str | None = None
    digests: tuple[str, ...] = ()
    rights_default: str = "embargo"
    bagit_profile: str | None = None

    @property
    def id(self) -> str:
        """Name and version, as agreements cite it."""
        return f"{self.name}-{self.version}"


NO_AGREEMENT = IngestProfile(name="none", version=1, title="Nothing was agreed")
"""Terms of a producer nobody has agreed anything with: everything is accepted, under embargo."""

_DIGESTS = ("sha512", "sha1", "md5")
_TABLES = {
    "metadata": {
        "required": "metadata_required",
        "columns_required": "columns_required",
        "columns": "columns_expected",
    },
    "files": {"without_row": "orphans", "duplicates": "duplicates", "digests": "digests"},
    "packages": {"max_files": "max_files", "max_bytes": "max_bytes", "group_by": "grouping", "column": "group_column"},
    "rights": {"unknown": "rights_default"},
    "bag": {"profile": "bagit_profile"},
}
_TOP = ("name", "version", "title")


def parse_ingest_profile(data: bytes) -> IngestProfile:
    """The profile in the TOML ``data``; raises ValueError naming the key for anything not understood."""
    try:
        said = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"not TOML: {error}") from error
    known = {*_TOP, *_TABLES}
    if unknown := sorted(said.keys() - known):
        raise ValueError(f"unknown key '{unknown[0]}' (known: {', '.join(sorted(known))})")
    values: dict[str, Any] = {key: said[key] for key in _TOP if key in said}
    for table, names in _TABLES.items():
        given = said.get(table, {})
        if not isinstance(given, dict):
            raise ValueError(f"'{table}' is no table")
        if unknown := sorted(given.keys() - names.keys()):
            raise ValueError(f"unknown key '{table}.{unknown[0]}' (known: {', '.join(names)})")
        values |= {names[key]: value for key, value in given.items()}
    return _checked(IngestProfile(**_converted(values)))


def _converted(values: dict[str, Any]) -> dict[str, Any]:
    words: dict[str, type[StrEnum]] = {"orphans": Orphans, "duplicates": Duplicates, "grouping": Grouping}
    kinds = {field.name: str(field.type) for field in fields(IngestProfile)}
    for name in _TOP:
        if name not in values:
            raise ValueError(f"'{name}' is missing")
    for name, value in values.items():
        place = _place(name)
        if name in words:
            if value not in list(words[name]):
                raise ValueError(f"'{place}' is {value!r}; one of these is known: {', '.join(words[name])}")
            values[name] = words[name](value)
        elif kinds[name].startswith("tuple"):
            if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
                raise ValueError(f"'{place}' is no list of words")
            values[name] = tuple(value)
        elif type(value).__name__ != kinds[name].removesuffix(" | None"):
            raise ValueError(f"'{place}' is {value!r}; expected {kinds[name]}")
    return values


def _checked(profile: IngestProfile) -> IngestProfile:
    if not _NAME.fullmatch(profile.id):
        raise ValueError(f"'{profile.id}' cannot be the name of a profile: small letters, digits, hyphens")
    for name, value, most in (
        ("max_files", profile.max_files, MOST_FILES),
        ("max_bytes", profile.max_bytes, MOST_BYTES),
    ):
        if not 1 <= value <= most:
            raise ValueError(f"'{_place(name)}' is {value}; it must lie between 1 and {most}")
    if (profile.grouping is Grouping.COLUMN) != (profile.group_column is not None):
        raise ValueError("'packages.column' goes with packages.group_by = \"column\", and with nothing else")
    if profile.group_column is not None and profile.group_column not in profile.columns_required:
        raise ValueError("'packages.column' must be one of 'metadata.columns_required'")
    if profile.columns_required and not profile.metadata_required:
        raise ValueError("'metadata.columns_required' asks for columns, and 'metadata.required' for no table")
    if unknown := [digest for digest in profile.digests if digest not in _DIGESTS]:
        raise ValueError(f"'files.digests' names {unknown[0]!r}; known beside SHA-256: {', '.join(_DIGESTS)}")
    if profile.rights_default != "embargo":
        raise ValueError("'rights.unknown' can only be \"embargo\": what nobody allowed is not disclosed")
    return profile


def _place(name: str) -> str:
    """Where a person finds the field: table and key."""
    for table, names in _TABLES.items():
        for key, field_name in names.items():
            if field_name == name:
                return f"{table}.{key}"
    return name


def shipped_ingest_profiles() -> dict[str, bytes]:
    """Our own profiles by name and version, as they lie on disk."""
    folder = resources.files("profiles").joinpath("data", "ingest")
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): file.read_bytes() for file in found}
