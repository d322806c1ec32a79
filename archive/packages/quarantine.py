"""Sealing a quarantine package: an ordinary AIP, encrypted, in a bag that tells nothing of what it holds.

Its papers name no file, no person and no producer: only counts, the reason, and digests of what is encrypted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from archive.model.moments import format_moment
from archive.model.quarantine import QuarantineReason
from archive.packages import preservation
from archive.packages.aip import bag_info, write_texts
from archive.packages.content import Provenance, Sealed
from archive.packages.description import write_dublin_core, write_root_mets
from archive.packages.explanations import template
from archive.packages.folder import PackageFolder, Stored, readable_size
from archive.storage.encryption import encrypt
from premis.mets import OaisPackageType
from premis.model import File, Fixity, Format, Identifier, ObjectCharacteristics, Storage
from premis.terms import local, term
from premis.writer import write_premis

QUARANTINE_BAG_PROFILE = "urn:uuid:3d5f9a0b-9a53-4d58-8a63-6f1e0f7b2c94"
"""Identifier of the BagIt profile of our quarantine packages, version 1."""

CONTENT = "data/content.tar.age"
"""Where the encrypted content lies in a quarantine package."""

_WHY = {
    QuarantineReason.INFECTED: "a scanner found malware in it",
    QuarantineReason.WITHOUT_ROW: "no row of the producer's table speaks of it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineContent:
    """What one quarantine package is made of.

    ``content`` is what the package inside promises; ``files`` counts the delivered files in it; ``octets`` are those of
    the package inside as one stream, taken once.
    """

    provenance: Provenance
    why: QuarantineReason
    files: int
    content: Sealed
    recipient: str
    octets: Iterable[bytes]


def seal_quarantine(root: Path, kept: QuarantineContent) -> Sealed:
    """Encrypt the content into ``root`` and make the folder a bag. Nothing is synced or published here."""
    folder = PackageFolder(root)
    with folder.writing(CONTENT) as out:
        encrypt(kept.octets, out.write, kept.recipient)
    encrypted = folder.stored(CONTENT)
    provenance = kept.provenance
    readme = template(
        "README-quarantine.txt",
        package=provenance.package,
        accession=provenance.accession,
        sealed=format_moment(provenance.sealed_at),
        why=_WHY[kept.why],
        files=kept.files,
        content=kept.content.package,
        size=readable_size(kept.content.bytes),
        recipient=kept.recipient,
        tagmanifest_sha256=kept.content.tagmanifest_sha256,
    )
    write_texts(folder, {"README.txt": readme})
    write_dublin_core(folder, provenance)
    _write_premis(folder, kept, encrypted)
    write_root_mets(folder, provenance, OaisPackageType.AIP, content=(encrypted,))
    info = bag_info(provenance, profile=QUARANTINE_BAG_PROFILE, size=encrypted.size)
    unnamed = [(label, value) for label, value in info if label != "Internal-Sender-Identifier"]
    return folder.finish(provenance.package, info=unnamed, readme=readme)


def _write_premis(folder: PackageFolder, kept: QuarantineContent, encrypted: Stored) -> None:
    provenance = kept.provenance
    package = preservation.uuid_identifier(provenance.package)
    inside = preservation.uuid_identifier(kept.content.package)
    octets = Identifier("local", f"{provenance.package}/content.tar.age")
    fixity = (
        Fixity(term("cryptographicHashFunctions", "SHA-256"), encrypted.sha256),
        Fixity(local("BLAKE3"), encrypted.blake3),
    )
    characteristics = ObjectCharacteristics(
        composition_level=1,
        fixity=fixity,
        size=encrypted.size,
        formats=(Format(name="age encrypted file", version="age-encryption.org/v1"),),
    )
    held = File(
        identifiers=(octets,),
        characteristics=(characteristics,),
        storage=(Storage(local("path in package"), CONTENT.removeprefix("data/")),),
    )
    at = provenance.sealed_at
    events = (
        preservation.new_event(
            "quarantine", at=at, objects=(package,), detail=_WHY[kept.why], note=f"{kept.files} delivered files"
        ),
        preservation.new_event(
            "encryption", at=at, objects=(octets,), detail=f"age-encryption.org/v1, to {kept.recipient}"
        ),
        preservation.new_event("information package creation", at=at, objects=(package,)),
    )
    entity = preservation.package_entity(provenance, relationships=(preservation.structural("has Part", octets),))
    note = f"kept apart until a person decides; holds package {inside.value}"
    with folder.writing("data/metadata/preservation/premis.xml") as out:
        write_premis(
            out,
            objects=(entity, held),
            events=events,
            agents=preservation.software_agents(provenance.software_version),
            rights=(preservation.embargo((package, octets), notes=(note,)),),
        )
