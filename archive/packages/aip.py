"""Sealing an AIP: the delivered files lie in place; write what describes them, and make the folder a bag."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from itertools import chain
from pathlib import Path

from archive.model.moments import format_moment
from archive.packages import preservation
from archive.packages.content import AipContent, ItemTable, Provenance, Sealed
from archive.packages.description import (
    mets_moment,
    write_dublin_core,
    write_representation_mets,
    write_root_mets,
)
from archive.packages.explanations import codebook, formats_in_words, readmes
from archive.packages.folder import PackageFolder, content_path, readable_size
from archive.packages.items import item_entities, signature_events
from archive.packages.rights import file_rights
from archive.packages.virus_check import file_checks, scanner_agents, shared_check
from premis.mets import MetsFile, OaisPackageType
from premis.writer import write_premis

AIP_BAG_PROFILE = "urn:uuid:0c7c8f1e-4f52-4d0e-9b64-2f6f0a3c7d11"
"""Identifier of the BagIt profile of our AIPs, version 1 (``profiles/data/bagit/aip-1.json``)."""

MORE_MANIFESTS = ("sha512",)
"""Digests that make a payload manifest of their own where they were agreed on; MD5 and SHA-1 stand in PREMIS only."""


def seal_aip(root: Path, content: AipContent) -> Sealed:
    """Describe the delivered files below ``root`` and make the folder a bag. Nothing is synced or published here."""
    folder = PackageFolder(root, manifests=tuple(name for name in content.more_digests if name in MORE_MANIFESTS))
    for file in content.files:
        digests = {"sha256": file.sha256, "blake3": file.blake3, **dict(file.digests)}
        folder.add(content_path(file.path), size=file.size, digests=digests)
    texts = _readmes(content)
    write_texts(folder, {**texts, "codebook.txt": codebook(), "formats.txt": formats_in_words(content.files)})
    _write_items(folder, content.items)
    write_dublin_core(folder, content.provenance)
    _write_premis(folder, content)
    write_representation_mets(folder, content.provenance, _mets_files(content))
    write_root_mets(folder, content.provenance, OaisPackageType.AIP)
    readme = texts.pop("README.txt")
    for name, text in texts.items():
        folder.write(name, text)
    octets = sum(file.size for file in content.files)
    return folder.finish(
        content.provenance.package,
        info=bag_info(content.provenance, profile=AIP_BAG_PROFILE, size=octets),
        readme=readme,
    )


def bag_info(provenance: Provenance, *, profile: str, size: int) -> list[tuple[str, str]]:
    """The labels of bag-info.txt (RFC 8493 §2.2.2); ``size`` in octets of content, for people."""
    return [
        ("BagIt-Profile-Identifier", profile),
        ("Source-Organization", provenance.organization),
        ("External-Identifier", f"urn:uuid:{provenance.package}"),
        ("External-Description", provenance.title),
        ("Bagging-Date", provenance.sealed_at.date().isoformat()),
        ("Bag-Size", readable_size(size)),
        ("Bag-Group-Identifier", f"urn:uuid:{provenance.accession}"),
        ("Internal-Sender-Identifier", provenance.producer),
        ("Bag-Software-Agent", f"evidence-archive {provenance.software_version}"),
    ]


def write_texts(folder: PackageFolder, texts: Mapping[str, bytes]) -> None:
    """What explains the package, by file name, as its documentation, and the schema of our own elements."""
    for name, text in texts.items():
        folder.write(f"data/documentation/{name}", text)
    schema = resources.files("archive.packages").joinpath("data/evidence-extension-1.xsd").read_bytes()
    folder.write("data/schemas/evidence-extension-1.xsd", schema)


def _readmes(content: AipContent) -> dict[str, bytes]:
    provenance = content.provenance
    return readmes(
        package=provenance.package,
        accession=provenance.accession,
        producer=provenance.producer,
        sealed=format_moment(provenance.sealed_at),
        files=len(content.files),
        bytes=sum(file.size for file in content.files),
    )


def _write_items(folder: PackageFolder, items: ItemTable | None) -> None:
    """The producer's rows about this package's files and nobody else's, word for word."""
    rows = iter(() if items is None else items.rows)
    first = next(rows, None)
    if items is None or first is None:
        return
    with folder.writing("data/metadata/descriptive/items.csv") as out:
        for cells in chain((items.heading, first), rows):
            out.write(_line(cells, items.delimiter))
    if items.meanings:
        lines = [_line(cells, ",") for cells in (("column", "heading"), *items.meanings)]
        folder.write("data/metadata/descriptive/columns.csv", b"".join(lines))


def _line(cells: Sequence[str], delimiter: str) -> bytes:
    """One row; octets of the producer's table that were no text are spelled out, so that this one is UTF-8."""
    row, text = [cell.encode("utf-8", "backslashreplace").decode() for cell in cells], io.StringIO()
    ends_early = any("\r" in cell for cell in row)  # which, without quotes, would end the row for most readers
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    if ends_early:
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(row)
    return text.getvalue().encode()


def _write_premis(folder: PackageFolder, content: AipContent) -> None:
    package = preservation.uuid_identifier(content.provenance.package)
    original = preservation.uuid_identifier(str(uuid.uuid4()))
    tools = {answer.tool: answer for file in content.files for answer in file.answers}.values()
    agents = preservation.software_agents(content.provenance.software_version, *tools)
    agents += scanner_agents(content.files)
    with folder.writing("data/representations/original/metadata/preservation/premis.xml") as out:
        write_premis(
            out,
            objects=chain((preservation.file_object(file) for file in content.files), item_entities(content)),
            events=chain(preservation.file_events(content), file_checks(content), signature_events(content)),
            agents=agents,
            rights=file_rights(content),
        )
    note = "what may be done with these files is not established; files whose rights are said below follow those"
    with folder.writing("data/metadata/preservation/premis.xml") as out:
        write_premis(
            out,
            objects=(
                preservation.package_entity(content.provenance),
                *preservation.group_entities(content, package),
                preservation.representation(original, of=package),
            ),
            events=[
                *preservation.package_events(content, package),
                *preservation.shared_events(content, original),
                shared_check(content, original),
            ],
            agents=[*agents, preservation.producer_agent(content.provenance.producer)],
            rights=(preservation.embargo((package, original), notes=(note,)),),
        )


def _mets_files(content: AipContent) -> Iterator[MetsFile]:
    created = mets_moment(content.provenance.sealed_at)
    for number, file in enumerate(content.files, start=1):
        match = file.identification.format
        mime = match.mime if match is not None and match.mime else "application/octet-stream"
        yield MetsFile(f"file-{number}", mime, file.size, created, file.sha256, f"data/{file.path}")
