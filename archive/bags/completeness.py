"""Whether everything that a bag lists is there, and everything that is there is listed (RFC 8493 §3).

Pure: decides over a ``Structure`` and reads no file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from archive.bags import baginfo
from archive.bags.manifests import Kind, parse_manifest_name
from archive.bags.paths import PAYLOAD, is_payload
from archive.bags.structure import Structure
from archive.bags.versions import V1_0, severity_by_version
from archive.model.entries import EntryKind
from archive.model.names import shown, twin_key
from archive.model.system_names import is_system_name
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_FILE_MISSING = {Kind.PAYLOAD: FindingCode.PAYLOAD_FILE_MISSING, Kind.TAG: FindingCode.TAG_FILE_MISSING}


def judge_completeness(structure: Structure) -> Iterator[Finding]:
    """Everything about a bag that can be judged without reading its payload, beyond its tag files."""
    yield from _entries(structure)
    if structure.complete_listing:
        yield from _payload_directory(structure)
        yield from _missing(structure)
        yield from _empty_folders(structure)
    yield from _unlisted(structure)
    yield from _fetched(structure)
    yield from _tag_manifests(structure)
    yield from _names(structure)


def judge_oxum(structure: Structure, *, octets: int, streams: int) -> Iterator[Finding]:
    """Payload-Oxum against the payload as it was found (RFC 8493 §2.2.2)."""
    source = "RFC 8493 §2.2.2"
    stated = baginfo.values(structure.info, "Payload-Oxum")
    if len(stated) > 1:
        message = "Payload-Oxum is stated more than once."
        yield Finding(
            FindingCode.OXUM_REPEATED, severity_by_version(structure.version), "Payload-Oxum", message, source
        )
    for text in dict.fromkeys(stated):
        try:
            expected = baginfo.parse_oxum(text)
        except ValueError:
            message = "Payload-Oxum is not two decimal numbers joined by a dot."
            yield Finding(FindingCode.OXUM_MALFORMED, Severity.ERROR, "Payload-Oxum", message, source)
            continue
        if expected != (octets, streams):
            message = f"Payload-Oxum states {text}, but the payload is {baginfo.write_oxum(octets, streams)}."
            yield Finding(FindingCode.OXUM_MISMATCH, Severity.ERROR, "Payload-Oxum", message, source)


def _entries(structure: Structure) -> Iterator[Finding]:
    """What may not be in a bag: links, pipes and the like."""
    source = "RFC 8493 §2"
    for entry in structure.entries.values():
        if entry.kind is EntryKind.LINK:
            message = "This is a symbolic link, which may lead out of the bag; it was not followed."
            yield Finding(FindingCode.LINK_IN_BAG, Severity.ERROR, shown(entry.path), message, source)
        elif entry.kind not in (EntryKind.FILE, EntryKind.FOLDER):
            message = f"This is not a file but something else ({entry.kind.value}); it was not opened."
            yield Finding(FindingCode.SPECIAL_FILE_IN_BAG, Severity.ERROR, shown(entry.path), message, source)


def _payload_directory(structure: Structure) -> Iterator[Finding]:
    data = structure.entries.get(PAYLOAD.rstrip(b"/"))
    if (data is None or data.kind is not EntryKind.FOLDER) and not any(map(is_payload, structure.entries)):
        message = "The bag has no payload directory named data."
        yield Finding(FindingCode.PAYLOAD_DIRECTORY_MISSING, Severity.ERROR, "data", message, "RFC 8493 §2.1.2")


def _missing(structure: Structure) -> Iterator[Finding]:
    """Listed files that are not there. What stands there but is no file was named by ``_entries``."""
    to_fetch = {entry.path for entry in structure.fetch}
    for kind in Kind:
        listed = dict.fromkeys(path for digests in structure.manifests(kind).values() for path in digests)
        for path in listed:
            entry = structure.entries.get(path)
            if entry is None and path in to_fetch:
                message = "This payload file was left to be fetched and is not there: the bag is incomplete."
                yield Finding(
                    FindingCode.PAYLOAD_FILE_NOT_FETCHED, Severity.ERROR, shown(path), message, "RFC 8493 §2.2.3"
                )
            elif entry is None:
                message = f"A {kind.value} manifest lists this file, but it is not in the bag."
                yield Finding(_FILE_MISSING[kind], Severity.ERROR, shown(path), message, "RFC 8493 §3")
            elif entry.kind is EntryKind.FOLDER:
                message = "A manifest lists this folder; manifests list files only."
                yield Finding(
                    FindingCode.MANIFEST_LISTS_FOLDER, Severity.ERROR, shown(path), message, "RFC 8493 §2.1.3"
                )


def _unlisted(structure: Structure) -> Iterator[Finding]:
    """Payload files that manifests leave out; silent where no manifest could be read, which is said already."""
    manifests = structure.manifests(Kind.PAYLOAD)
    if not manifests:
        return
    for entry in structure.payload():
        without = [name for name, digests in manifests.items() if entry.path not in digests]
        if len(without) == len(manifests):
            message = "This file is in the payload, but no payload manifest lists it."
            yield Finding(
                FindingCode.PAYLOAD_FILE_NOT_LISTED, Severity.ERROR, shown(entry.path), message, "RFC 8493 §3"
            )
        elif without and structure.version == V1_0:
            names = ", ".join(map(shown, without))
            message = f"This payload file is not listed in {names}; since 1.0 every manifest lists every file."
            yield Finding(
                FindingCode.PAYLOAD_FILE_NOT_IN_EVERY_MANIFEST,
                Severity.ERROR,
                shown(entry.path),
                message,
                "RFC 8493 §3",
            )


def _fetched(structure: Structure) -> Iterator[Finding]:
    """Whether the files to fetch are listed in manifests, and those present have the size stated."""
    manifests = structure.manifests(Kind.PAYLOAD)
    needed = len(manifests) if structure.version == V1_0 else min(1, len(manifests))
    for entry in structure.fetch:
        if sum(entry.path in digests for digests in manifests.values()) < needed:
            message = "fetch.txt lists this file, but not every payload manifest that must list it does."
            yield Finding(
                FindingCode.FETCH_FILE_NOT_LISTED, Severity.ERROR, shown(entry.path), message, "RFC 8493 §2.2.3"
            )
        present = structure.entries.get(entry.path)
        if present is not None and entry.size is not None and present.size != entry.size:
            message = f"fetch.txt states {entry.size} octets for this file, which has {present.size}."
            yield Finding(FindingCode.FETCH_SIZE_DIFFERS, Severity.WARNING, shown(entry.path), message, "RFC 8493 §5.3")


def _tag_manifests(structure: Structure) -> Iterator[Finding]:
    """What tag manifests must list, must not list, and leave out."""
    source = "RFC 8493 §2.2.1"
    manifests = structure.manifests(Kind.TAG)
    kinds = {entry.path: parse_manifest_name(entry.path) for entry in structure.files()}
    payload_manifests = [path for path, named in kinds.items() if named and named[0] is Kind.PAYLOAD]
    tag_manifests = [path for path, named in kinds.items() if named and named[0] is Kind.TAG]
    for name, digests in manifests.items() if structure.version == V1_0 else ():
        for path in payload_manifests:
            if path not in digests:
                message = f"{shown(name)} does not list this payload manifest."
                yield Finding(FindingCode.TAG_MANIFEST_INCOMPLETE, Severity.ERROR, shown(path), message, source)
        for path in tag_manifests:
            if path in digests:
                message = f"{shown(name)} lists a tag manifest."
                yield Finding(FindingCode.TAG_MANIFEST_LISTS_TAG_MANIFEST, Severity.ERROR, shown(path), message, source)
    if manifests:
        listed = {path for digests in manifests.values() for path in digests}
        for path in kinds:
            if not is_payload(path) and path not in listed and path not in tag_manifests:
                message = "No tag manifest lists this file, so nothing says whether it was altered."
                yield Finding(FindingCode.TAG_FILE_NOT_LISTED, Severity.INFO, shown(path), message, source)


def _empty_folders(structure: Structure) -> Iterator[Finding]:
    parents = {path.rpartition(b"/")[0] for path in structure.entries}
    for path, entry in structure.entries.items():
        if entry.kind is EntryKind.FOLDER and is_payload(path) and path not in parents:
            message = "This payload folder is empty; no manifest can list it, so nothing protects it."
            yield Finding(FindingCode.FOLDER_EMPTY, Severity.INFO, shown(path), message, "RFC 8493 §2.1.3")


def _names(structure: Structure) -> Iterator[Finding]:
    """Names that other systems take for one, or write by themselves."""
    paths = dict.fromkeys(entry.path for entry in structure.files())
    for kind in Kind:
        for digests in structure.manifests(kind).values():
            paths.update(dict.fromkeys(digests))
    twins: dict[str, list[bytes]] = {}
    for path in paths:
        twins.setdefault(twin_key(path.decode("utf-8", "surrogateescape")), []).append(path)
        if is_payload(path) and any(is_system_name(part) for part in path.split(b"/")):
            message = "This is a file that macOS or Windows writes by itself; it is kept like any other."
            yield Finding(FindingCode.SYSTEM_FILE, Severity.WARNING, shown(path), message, "RFC 8493 §6.1")
    for group in twins.values():
        if len(group) > 1:
            yield _twin_finding(group)


def _twin_finding(group: list[bytes]) -> Finding:
    forms = {unicodedata.normalize("NFC", path.decode("utf-8", "surrogateescape")) for path in group}
    code, what = (
        (FindingCode.CASE_TWINS, "capitals")
        if len(forms) > 1
        else (FindingCode.NORMALISATION_TWINS, "Unicode normalisation")
    )
    others = ", ".join(map(shown, group[1:4])) + (f" and {len(group) - 4} more" if len(group) > 4 else "")
    message = f"This name and {others} differ in {what} only; many systems cannot hold both."
    return Finding(code, Severity.WARNING, shown(group[0]), message, "RFC 8493 §6.1.1")
