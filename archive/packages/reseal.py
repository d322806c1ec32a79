"""Sealing anew what is left of an AIP after files were deaccessioned: the same content less those files.

The new package tells in PREMIS where it comes from: a derivation to its source, the digest of the source's tagmanifest,
and the event with who authorised it. It tells nothing of the files that are gone but how many they were.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from archive.bags.baginfo import parse_info, values
from archive.bags.versions import V1_0
from archive.errors import ArchiveError
from archive.model.identifiers import AccessionId, PackageId
from archive.model.moments import format_moment
from archive.model.names import shown
from archive.packages.aip import AIP_BAG_PROFILE, MORE_MANIFESTS, bag_info, write_texts
from archive.packages.content import Provenance, Sealed
from archive.packages.description import mets_moment, write_dublin_core, write_representation_mets, write_root_mets
from archive.packages.division import GoneFile, Naming, column_of_names, without_rows_of
from archive.packages.explanations import codebook, formats_from_premis, readmes, template
from archive.packages.folder import PackageFolder
from archive.packages.remainder_premis import Authority, Documents, write_remaining_premis
from archive.packages.sealed import MANIFEST, MANIFEST_BLAKE3, TAGMANIFEST, Promise
from archive.packages.sealed_source import SealedSource
from archive.storage.location import PackageReader
from premis.mets import MetsFile, OaisPackageType
from premis.model import File
from premis.reader import read_mets, read_premis

PACKAGE_PREMIS = b"data/metadata/preservation/premis.xml"
FILE_PREMIS = b"data/representations/original/metadata/preservation/premis.xml"
_FILE_METS = b"data/representations/original/METS.xml"
_ITEMS = b"data/metadata/descriptive/items.csv"
_COLUMNS = b"data/metadata/descriptive/columns.csv"


def _manifest(algorithm: str) -> bytes:
    return f"manifest-{algorithm}.txt".encode()


_KNOWN = frozenset(
    {
        b"bagit.txt",
        b"bag-info.txt",
        MANIFEST,
        MANIFEST_BLAKE3,
        TAGMANIFEST,
        *map(_manifest, MORE_MANIFESTS),
        b"data/METS.xml",
        b"data/metadata/descriptive/dc.xml",
        _ITEMS,
        _COLUMNS,
        PACKAGE_PREMIS,
        FILE_PREMIS,
        _FILE_METS,
        b"data/documentation/codebook.txt",
        b"data/documentation/formats.txt",
        b"data/documentation/deaccession.txt",
    }
)
"""What is written anew or divided. What is not known here might tell of a file that is to be forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """What is left of the package ``source``, to be sealed as ``package``.

    ``keep`` and ``gone`` are delivered names by the identifiers of the files that stay and that go.
    """

    package: PackageId
    source: PackageId
    source_tagmanifest_sha256: str
    accession: AccessionId
    producer: str
    keep: Mapping[str, bytes]
    gone: Mapping[str, bytes]
    authority: Authority
    sealed_at: datetime
    software_version: str


def reseal_aip(
    root: Path, remainder: Remainder, *, source: PackageReader, promise: Promise
) -> tuple[Sealed, list[str]]:
    """Make below ``root`` a package of what is left, from the replica ``source``. Nothing is synced or published here.

    Answers what was sealed, and a sentence where a row about a file that stays still names one that is gone. Every byte
    that is taken over is checked against ``promise``. Raises StorageError where one is not what was sealed, and
    ArchiveError where the package holds something that this program cannot divide.
    """
    taken = SealedSource(source, promise)
    documents = Documents(
        package=tuple(read_premis(io.BytesIO(taken.data(PACKAGE_PREMIS)))),
        files=tuple(read_premis(io.BytesIO(taken.data(FILE_PREMIS)))),
    )
    files = [entity for entity in documents.files if isinstance(entity, File) and _id(entity) in remainder.keep]
    _require_known(promise, documents, remainder)
    provenance = _provenance(taken, remainder)
    manifests = tuple(name for name in MORE_MANIFESTS if _manifest(name) in promise.files)
    folder = PackageFolder(root, manifests=manifests)
    for file in files:
        taken.copy(_path(file), folder)
    octets = sum(file.characteristics[0].size or 0 for file in files)
    texts = _texts(remainder, files, octets)
    write_texts(folder, {**texts, **_documentation(documents, files, remainder)})
    for path in sorted(promise.files):
        as_it_is = path == _COLUMNS or path.startswith(b"data/schemas/")
        if as_it_is and not (root / os.fsdecode(path)).exists():
            taken.copy(path, folder)
    if _ITEMS in promise.files:
        _write_items(folder, taken, remainder)
    write_dublin_core(folder, provenance)
    write_remaining_premis(
        folder,
        documents,
        package=remainder.package,
        source=remainder.source,
        source_tagmanifest_sha256=remainder.source_tagmanifest_sha256,
        keep=remainder.keep.keys(),
        gone=remainder.gone.keys(),
        authority=remainder.authority,
        at=remainder.sealed_at,
        software_version=remainder.software_version,
    )
    write_representation_mets(folder, provenance, _mets_files(taken, files, provenance))
    write_root_mets(folder, provenance, OaisPackageType.AIP)
    readme = texts.pop("README.txt")
    for name, text in texts.items():
        folder.write(name, text)
    info = bag_info(provenance, profile=AIP_BAG_PROFILE, size=octets)
    return folder.finish(remainder.package, info=info, readme=readme), list(_doubts(root, remainder))


def _doubts(root: Path, remainder: Remainder) -> Iterator[str]:
    items = root / os.fsdecode(_ITEMS)
    gone = [GoneFile(identifier, name, None) for identifier, name in remainder.gone.items()]
    if items.exists() and Naming(gone).names(items.read_bytes().splitlines(keepends=True)):
        yield "items.csv: a row about a file that stays names one that was deleted"


def _mime_types(taken: SealedSource) -> dict[str, str]:
    """The media type of each delivered file by its path below the representation."""
    document = read_mets(io.BytesIO(taken.data(_FILE_METS)))
    return {
        file.target.href: file.mime_type or "application/octet-stream"
        for file in document.files
        if file.target.href is not None
    }


def _id(file: File) -> str:
    return file.identifiers[0].value


def _path(file: File) -> bytes:
    return b"data/" + (file.storage[0].location_value or "").encode()


def _require_known(promise: Promise, documents: Documents, remainder: Remainder) -> None:
    """Refuse to divide what this program did not make, or what does not tell which file is whose."""
    described = {_path(entity): _id(entity) for entity in documents.files if isinstance(entity, File)}
    if set(described.values()) != remainder.keep.keys() | remainder.gone.keys():
        raise ArchiveError(
            f"the PREMIS of package {remainder.source} does not describe the files that the catalogue knows in it",
            hint="archive catalogue rebuild makes a new catalogue; a package can also be deleted as a whole",
        )
    for path in promise.files:
        readme = path.startswith((b"README.", b"data/documentation/README."))
        if not (path in _KNOWN or path in described or readme or path.startswith(b"data/schemas/")):
            raise ArchiveError(
                f"package {remainder.source} holds {shown(path)}, which this program cannot divide by files",
                hint="nothing was changed; the package can be deleted as a whole",
            )


def _provenance(taken: SealedSource, remainder: Remainder) -> Provenance:
    info, _ = parse_info(taken.data(b"bag-info.txt").decode(), name="bag-info.txt", version=V1_0)
    return Provenance(
        package=remainder.package,
        accession=remainder.accession,
        producer=remainder.producer,
        organization="".join(values(info, "Source-Organization")),
        title="".join(values(info, "External-Description")),
        sealed_at=remainder.sealed_at,
        software_version=remainder.software_version,
    )


def _texts(remainder: Remainder, files: Iterable[File], octets: int) -> dict[str, bytes]:
    return readmes(
        package=remainder.package,
        accession=remainder.accession,
        producer=remainder.producer,
        sealed=format_moment(remainder.sealed_at),
        files=len(list(files)),
        bytes=octets,
    )


def _documentation(documents: Documents, files: list[File], remainder: Remainder) -> dict[str, bytes]:
    told = template(
        "deaccession.txt",
        package=remainder.package,
        source=remainder.source,
        tagmanifest_sha256=remainder.source_tagmanifest_sha256,
        gone=len(remainder.gone),
        files=len(files),
        at=format_moment(remainder.authority.at),
        request=remainder.authority.request,
        persons=", ".join(remainder.authority.persons),
    )
    return {
        "codebook.txt": codebook(),
        "formats.txt": formats_from_premis(files, documents.files),
        "deaccession.txt": told,
    }


def _mets_files(taken: SealedSource, files: Iterable[File], provenance: Provenance) -> Iterator[MetsFile]:
    mimes, created = _mime_types(taken), mets_moment(provenance.sealed_at)
    for number, file in enumerate(files, start=1):
        inside = _path(file).decode().removeprefix("data/representations/original/")
        characteristics = file.characteristics[0]
        sha256 = next(fixity.digest for fixity in characteristics.fixity if fixity.algorithm.value == "SHA-256")
        yield MetsFile(f"file-{number}", mimes[inside], characteristics.size or 0, created, sha256, inside)


def _write_items(folder: PackageFolder, taken: SealedSource, remainder: Remainder) -> None:
    """The producer's rows about the files that stay, in their order and word for word."""
    column = column_of_names(taken.lines(_ITEMS), (*remainder.keep.values(), *remainder.gone.values()))
    if column is None:
        raise ArchiveError(
            f"the producer's table in package {remainder.source} does not tell which row is about which file",
            hint="nothing was changed; the package can be deleted as a whole",
        )
    gone = list(remainder.gone.values())
    if sum(1 for _ in without_rows_of(taken.lines(_ITEMS), column, gone)) > 1:
        with folder.writing(_ITEMS.decode()) as out:
            for line in without_rows_of(taken.lines(_ITEMS), column, gone):
                out.write(line)
