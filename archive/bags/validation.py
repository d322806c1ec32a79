"""The strict judgement of a bag, every file read once (RFC 8493 §3, for versions 0.93 to 1.0)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archive.bags.agreement import check_agreement
from archive.bags.completeness import judge_completeness, judge_oxum
from archive.bags.manifests import Kind
from archive.bags.paths import is_payload
from archive.bags.reader import BagReader
from archive.bags.structure import Structure, read_structure
from archive.model.digests import HEX_LENGTH, digest_stream
from archive.model.entries import Entry
from archive.model.names import shown
from profiles.bagit_profile import BagItProfile
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_DIGEST_MISMATCH = {Kind.PAYLOAD: FindingCode.PAYLOAD_DIGEST_MISMATCH, Kind.TAG: FindingCode.TAG_DIGEST_MISMATCH}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a bag is valid, and everything found on the way.

    ``valid`` means complete and every digest right by the rules of the bag's own version, without any ERROR finding.
    ``agreed`` means that it is also what the profile asks for that it was held against, if it was.
    ``files`` and ``bytes`` count the payload as it was found, as Payload-Oxum counts it.
    """

    valid: bool
    findings: tuple[Finding, ...]
    files: int
    bytes: int
    agreed: bool = True


def validate(reader: BagReader, *, profile: BagItProfile | None = None) -> Verdict:
    """The verdict on the bag behind ``reader``, held against ``profile`` as well where one is given.

    Each file that a manifest lists is read once, from its first octet to its last, for every algorithm that lists it;
    links and special files are never opened. Content that is wrong is a finding, and so is a file that cannot be read.
    """
    structure = read_structure(reader)
    findings = [*structure.findings, *judge_completeness(structure)]
    files = octets = 0
    for entry in structure.files():
        read = _check_file(reader, structure, entry)
        findings += read.findings
        if is_payload(entry.path):
            files += 1
            octets += read.size
    findings += judge_oxum(structure, octets=octets, streams=files)
    valid = all(finding.severity is not Severity.ERROR for finding in findings)
    departures = [] if profile is None else check_agreement(structure, profile)
    agreed = all(finding.severity is not Severity.ERROR for finding in departures)
    return Verdict(valid, (*findings, *departures), files, octets, agreed)


def judge_tag_files(structure: Structure) -> Iterator[Finding]:
    """The tag files that were read to parse them, against the tag manifests. Reads nothing."""
    for path, observed in structure.tag_digests.items():
        yield from _compare(path, _expected(structure, path), observed)


@dataclass(frozen=True, slots=True)
class _Checked:
    size: int
    findings: tuple[Finding, ...] = ()


def _check_file(reader: BagReader, structure: Structure, entry: Entry) -> _Checked:
    """One file against every manifest that lists it; its size as read, or as listed where nobody lists it."""
    expected = _expected(structure, entry.path)
    if not expected:
        return _Checked(entry.size)
    if entry.path in structure.tag_digests:
        return _Checked(entry.size, tuple(_compare(entry.path, expected, structure.tag_digests[entry.path])))
    try:
        with contextlib.closing(reader.open(entry.path)) as stream:
            size, digests = digest_stream(stream, expected)
    except OSError as error:
        message = f"This file could not be read: {error.strerror or error}."
        finding = Finding(FindingCode.UNREADABLE, Severity.ERROR, shown(entry.path), message, "RFC 8493 §3")
        return _Checked(entry.size, (finding,))
    return _Checked(size, tuple(_compare(entry.path, expected, digests)))


def _expected(structure: Structure, path: bytes) -> dict[str, str]:
    manifests = structure.payload_manifests if is_payload(path) else structure.tag_manifests
    return {algorithm: digests[path] for algorithm, digests in manifests.items() if path in digests}


def _compare(path: bytes, expected: Mapping[str, str], observed: Mapping[str, str]) -> Iterator[Finding]:
    """Digests that differ. An unreadable tag file has none, and one of the wrong length was named when parsed."""
    kind = Kind.PAYLOAD if is_payload(path) else Kind.TAG
    for algorithm, digest in expected.items():
        if algorithm in observed and digest != observed[algorithm] and len(digest) == HEX_LENGTH[algorithm]:
            message = f"The {algorithm} digest is {observed[algorithm]}, but the {kind.value} manifest says {digest}."
            yield Finding(_DIGEST_MISMATCH[kind], Severity.ERROR, shown(path), message, "RFC 8493 §3")
