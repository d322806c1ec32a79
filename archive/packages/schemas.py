"""The official XML schemas in an archive's own folder: each file is the one known here, byte for byte, or not taken.

The archive works without them: METS and PREMIS are then judged by everything but their schemas, and whoever judges says
so. They are never fetched from a network; a person copies them from a place they trust, and the digests decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from archive import durable
from archive.errors import ArchiveError, UsageError
from archive.model.digests import sha256_hex
from premis.errors import PremisError
from premis.schemas import Schemas

FOLDER = "schemas"
"""Where an archive keeps them, below its own folder."""

REQUIRED: Mapping[str, str] = MappingProxyType(
    {
        "mets.xsd": "8f289c776e490e4763dab0e4b958c74993e5f271718cf244f24d00bb5af62a1f",
        "premis-v3-0.xsd": "03b8a77a20b32b882ad799e12262671d07ad18210c60233f4e613a1289491cba",
        "xlink.xsd": "f1f5bb6003165cdd8f6c1fcc32f8fd1f965e1681010f3b9806d9460bcffa8a3c",
        "xml.xsd": "8ef35874d6947cfd6dc2de1667ac9b70cdee666c3571dd05cfcc7881576f73ae",
        "DILCISExtensionMETS.xsd": "40844e8064de67cd1378028f65cdbbe72e94fa21fae2ab7ad9c1ac1adbe6aac1",
    }
)
"""METS 1.12.1, PREMIS 3.0, xlink and xml as the Library of Congress and W3C publish them; the CSIP extension."""

OPTIONAL: Mapping[str, str] = MappingProxyType(
    {"DILCISExtensionSIPMETS.xsd": "f19580da5e39bf2ccd763d260fb93e0fc78e08c9aa8ae37790382ff3e246d497"}
)
"""Met in submission packages only."""

PINNED: Mapping[str, str] = MappingProxyType({**REQUIRED, **OPTIONAL})
"""Every schema known here, with the SHA-256 of its bytes."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How a folder differs from the schemas known here; names of files."""

    missing: tuple[str, ...]
    wrong: tuple[str, ...]
    extra: tuple[str, ...]
    """Schemas known to nobody here; they are left out and do no harm."""

    @property
    def usable(self) -> bool:
        """Whether everything needed is there and nothing is other than it should be."""
        return not self.missing and not self.wrong


@dataclass(frozen=True, slots=True)
class Installation:
    """What was copied, and what was left where it was."""

    folder: Path
    installed: tuple[str, ...]
    left_out: tuple[str, ...]


def compare_with_pinned(folder: Path) -> Difference:
    """How the schemas in ``folder`` differ from those known here. Raises OSError where it cannot be read."""
    found = {path.name: path for path in folder.glob("*.xsd") if path.is_file()}
    return Difference(
        missing=tuple(name for name in REQUIRED if name not in found),
        wrong=tuple(name for name in PINNED if name in found and sha256_hex(found[name].read_bytes()) != PINNED[name]),
        extra=tuple(sorted(found.keys() - PINNED.keys())),
    )


def install(source: Path, home: Path) -> Installation:
    """Copy the schemas from ``source`` into the archive at ``home``.

    All are checked before the first is written, and each is written whole or not at all; after a crash the same call
    completes the set. Raises UsageError for a folder that is not what it should be.
    """
    checked = _checked(source)
    folder = home / FOLDER
    folder.mkdir(exist_ok=True)
    for name, data in checked.items():
        durable.write_atomic(folder / name, data)
    durable.sync_folder(home)
    return Installation(folder, tuple(checked), compare_with_pinned(source).extra)


def check_source(source: Path) -> Installation:
    """What `install` would copy, without copying. Raises as it does."""
    return Installation(source, tuple(_checked(source)), compare_with_pinned(source).extra)


def installed(home: Path) -> Path | None:
    """The folder of the archive's own schemas, None where none are installed.

    Raises ArchiveError where they are there and not as they were installed.
    """
    folder = home / FOLDER
    if not folder.is_dir():
        return None
    difference = compare_with_pinned(folder)
    if not difference.usable:
        raise ArchiveError(
            f"the schemas in {folder} are not as they were installed: {_in_words(difference)}",
            hint="install them again: archive schemas install DIR",
        )
    return folder


@contextmanager
def opened(folder: Path) -> Iterator[Schemas]:
    """The schemas in ``folder``, compiled together with that of our own elements.

    Raises ArchiveError where one is missing or does not compile.
    """
    ours = resources.files("archive.packages").joinpath("data/evidence-extension-1.xsd")
    with resources.as_file(ours) as extension:
        try:
            schemas = Schemas(folder, [extension])
        except PremisError as error:
            raise ArchiveError(str(error), hint="the schemas are METS 1.12.1, PREMIS 3.0 and those they need") from None
        yield schemas


def _checked(source: Path) -> dict[str, bytes]:
    if not source.is_dir():
        raise UsageError(f"{source} is not a folder", hint="give the folder that holds mets.xsd and the others")
    difference = compare_with_pinned(source)
    if not difference.usable:
        raise UsageError(
            f"{source} does not hold the schemas known here: {_in_words(difference)}",
            hint="nothing was copied; every file must be the published one, byte for byte",
        )
    data = {name: (source / name).read_bytes() for name in PINNED if (source / name).is_file()}
    for name, octets in data.items():  # read again since it was judged, and only what was read now is written
        if sha256_hex(octets) != PINNED[name]:
            raise UsageError(f"{source / name} changed while it was read", hint="nothing was copied")
    return data


def _in_words(difference: Difference) -> str:
    parts = []
    if difference.missing:
        parts.append(f"missing {', '.join(difference.missing)}")
    if difference.wrong:
        parts.append(f"other than published {', '.join(difference.wrong)}")
    return "; ".join(parts)
