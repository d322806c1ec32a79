"""A bag held against what was agreed about it: the facts a BagIt profile asks for, taken from the bag's structure."""

from __future__ import annotations

from archive.bags.manifests import Kind, parse_manifest_name
from archive.bags.paths import is_payload
from archive.bags.structure import Structure
from archive.model.names import shown
from profiles.bagit_profile import BagFacts, BagItProfile, check_bag
from profiles.finding import Finding


def check_agreement(structure: Structure, profile: BagItProfile) -> list[Finding]:
    """Everything in which the bag is not what ``profile`` asks for; names that are not UTF-8 are shown lossily."""
    return check_bag(profile, facts_of(structure))


def facts_of(structure: Structure) -> BagFacts:
    """What a profile asks about, of a bag that lies in a folder."""
    return BagFacts(
        bagit_version=None if structure.version is None else str(structure.version),
        info=structure.info,
        manifests=_algorithms(structure, Kind.PAYLOAD),
        tag_manifests=_algorithms(structure, Kind.TAG),
        tag_files=[shown(entry.path) for entry in structure.files() if not is_payload(entry.path)],
        payload={shown(entry.path): entry.size for entry in structure.payload()},
        has_fetch=b"fetch.txt" in structure.entries,
    )


def _algorithms(structure: Structure, kind: Kind) -> frozenset[str]:
    found = (parse_manifest_name(name) for name in structure.manifests(kind))
    return frozenset(parsed[1] for parsed in found if parsed is not None)
