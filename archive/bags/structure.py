"""What a bag says about itself: its tag files as one frozen value, without reading any payload.

Used by validation, by the ingest of a delivered bag (its manifests are the producer's digests, its payload is what was
delivered) and by audits.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from archive.bags import baginfo, declaration, fetch
from archive.bags.manifests import (
    Kind,
    Line,
    is_almost_manifest_name,
    manifest_name,
    parse_manifest,
    parse_manifest_name,
)
from archive.bags.paths import Resolver, Spelling, danger, is_payload
from archive.bags.reader import BagReader
from archive.bags.tagfiles import decode_tag_file
from archive.bags.versions import Version, info_name, severity_by_version
from archive.model.digests import ALGORITHMS, CHUNK, digest_bytes
from archive.model.entries import Entry, EntryKind
from archive.model.names import shown
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

DECLARATION_LIMIT = 1 << 16
"""Octets of ``bagit.txt`` that are read; it has two short lines."""
INFO_LIMIT = 1 << 24
"""Octets of ``bag-info.txt`` that are read."""
MANIFEST_LIMIT = 1 << 28
"""Octets of a manifest or fetch file that are read: over a million lines of usual length."""
LINE_LIMIT = 5_000_000
"""Lines of a tag file that are parsed, so that a hostile one of very short lines cannot use up the memory."""

THE_BAG = "."
"""Subject of a finding that is about no single file."""

Digests = Mapping[bytes, str]
"""Path below the bag's root -> digest in lower-case hexadecimal."""

_AnyLine = TypeVar("_AnyLine", Line, fetch.Line)

_WEAK = frozenset({"md5", "sha1"})

_SPELLINGS: Mapping[Spelling, tuple[FindingCode, Severity, str]] = MappingProxyType(
    {
        Spelling.ASTERISK: (FindingCode.MANIFEST_MD5SUM_ASTERISK, Severity.WARNING, "RFC 8493 §6.1.3"),
        Spelling.RELATIVE: (FindingCode.PATH_RELATIVE, Severity.WARNING, "RFC 8493 §2.1.3"),
        Spelling.PERCENT_LITERAL: (FindingCode.PERCENT_NOT_ENCODED, Severity.WARNING, "RFC 8493 §2.1.3"),
        Spelling.PERCENT_DECODED: (FindingCode.PERCENT_DECODED, Severity.INFO, "RFC 8493 §2.1.3"),
        Spelling.LEGACY: (FindingCode.NAME_NOT_UTF_8, Severity.WARNING, "RFC 8493 §2.3"),
        Spelling.NORMALISED: (FindingCode.NAME_NORMALISED_DIFFERENTLY, Severity.WARNING, "RFC 8493 §6.1.1"),
        Spelling.BACKSLASH: (FindingCode.BACKSLASH_SEPARATOR, Severity.ERROR, "RFC 8493 §2.1.3"),
    }
)
_COLLECTIVE = frozenset({Spelling.ASTERISK, Spelling.RELATIVE})
"""What a tool does to every line of a manifest alike; said once per manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The tag files of one bag, read and parsed.

    ``payload_manifests`` and ``tag_manifests`` hold, by algorithm, what can be checked here; their paths are those of
    the files on disk wherever a listed path means one, and none leads out of the bag. ``unknown_manifests`` holds, by
    file name, those of algorithms that cannot be checked. A digest may have the wrong length; a finding says so.
    ``tag_digests`` are the digests of the tag files read on the way, by every algorithm that has a tag manifest, so
    that nobody needs to read them again.
    ``complete_listing`` is false where the reader could not list every folder.
    """

    version: Version | None
    encoding: str
    entries: Mapping[bytes, Entry]
    complete_listing: bool
    payload_manifests: Mapping[str, Digests]
    tag_manifests: Mapping[str, Digests]
    unknown_manifests: Mapping[bytes, Digests]
    info: tuple[tuple[str, str], ...]
    fetch: tuple[fetch.FetchEntry, ...]
    tag_digests: Mapping[bytes, Mapping[str, str]]
    findings: tuple[Finding, ...]

    def files(self) -> Iterator[Entry]:
        """Every regular file of the bag, in the reader's order."""
        return (entry for entry in self.entries.values() if entry.kind is EntryKind.FILE)

    def payload(self) -> Iterator[Entry]:
        """The payload files, in the reader's order."""
        return (entry for entry in self.files() if is_payload(entry.path))

    def manifests(self, kind: Kind) -> dict[bytes, Digests]:
        """Every manifest of one kind that could be read, by file name, those of unknown algorithms too."""
        checkable = self.payload_manifests if kind is Kind.PAYLOAD else self.tag_manifests
        by_name = {manifest_name(kind, algorithm): digests for algorithm, digests in checkable.items()}
        unknown = {name: digests for name, digests in self.unknown_manifests.items() if _kind(name) is kind}
        return by_name | unknown


def read_structure(reader: BagReader) -> Structure:
    """The structure of the bag behind ``reader``; what is wrong with it is in ``findings``, never raised."""
    entries, listing = _list(reader)
    tags = _TagFiles(reader, entries, listing.copy())
    declared = _read_declaration(tags, complete_listing=not listing)
    tags.findings += declared.findings
    resolver = Resolver(entries.keys(), declared.encoding, declared.version)
    parsing = _Parsing(tags, declared.encoding, declared.version, resolver)
    manifests = {name: parsing.manifest(name) for name in sorted(entries) if parse_manifest_name(name)}
    info = parsing.info(info_name(declared.version))
    to_fetch = parsing.fetch()
    tags.findings += _judge_names(entries, complete_listing=not listing)
    return Structure(
        version=declared.version,
        encoding=declared.encoding,
        entries=MappingProxyType(entries),
        complete_listing=not listing,
        payload_manifests=_by_algorithm(manifests, Kind.PAYLOAD),
        tag_manifests=_by_algorithm(manifests, Kind.TAG),
        unknown_manifests=_unknown(manifests),
        info=info,
        fetch=to_fetch,
        tag_digests=MappingProxyType(tags.digests),
        findings=tuple(tags.findings),
    )


def _list(reader: BagReader) -> tuple[dict[bytes, Entry], list[Finding]]:
    entries: dict[bytes, Entry] = {}
    try:
        for entry in reader.entries():
            entries[entry.path] = entry
    except OSError as error:
        message = f"Not every folder of the bag could be listed: {error.strerror or error}."
        return entries, [Finding(FindingCode.LISTING_INCOMPLETE, Severity.ERROR, THE_BAG, message, "RFC 8493 §3")]
    return entries, []


@dataclass(slots=True)
class _TagFiles:
    """Reads tag files whole, each once, and remembers their digests and what was wrong."""

    reader: BagReader
    entries: Mapping[bytes, Entry]
    findings: list[Finding] = field(default_factory=list)
    digests: dict[bytes, Mapping[str, str]] = field(default_factory=dict)

    def is_file(self, name: bytes) -> bool:
        """Whether a regular file stands under ``name``."""
        return name in self.entries and self.entries[name].kind is EntryKind.FILE

    def read(self, name: bytes, *, limit: int) -> bytes | None:
        """The file's octets, or None, with a finding, where it is larger than ``limit`` or cannot be read."""
        if self.entries[name].size > limit:
            self._too_large(name)
            return None
        try:
            data = _read_up_to(self.reader, name, limit + 1)
        except OSError as error:
            self._note(FindingCode.UNREADABLE, name, f"This tag file could not be read: {error.strerror or error}.")
            self.digests[name] = {}
            return None
        if len(data) > limit:  # it grew since it was listed
            self._too_large(name)
            return None
        self.digests[name] = digest_bytes(data, self._algorithms())
        if data.count(b"\n") + data.count(b"\r") > LINE_LIMIT:
            self._too_large(name)
            return None
        return data

    def _too_large(self, name: bytes) -> None:
        self._note(
            FindingCode.TAG_FILE_TOO_LARGE,
            name,
            "This tag file is too large to be parsed; only its digest was checked.",
        )

    def _algorithms(self) -> list[str]:
        return [name for name in ALGORITHMS if manifest_name(Kind.TAG, name) in self.entries]

    def _note(self, code: FindingCode, name: bytes, message: str) -> None:
        self.findings.append(Finding(code, Severity.ERROR, shown(name), message, "RFC 8493 §3"))


def _read_up_to(reader: BagReader, name: bytes, limit: int) -> bytes:
    data = bytearray()
    with contextlib.closing(reader.open(name)) as stream:
        while len(data) < limit and (chunk := stream.read(min(CHUNK, limit - len(data)))):
            data += chunk
    return bytes(data)


def _read_declaration(tags: _TagFiles, *, complete_listing: bool) -> declaration.Declaration:
    if not tags.is_file(declaration.NAME):
        # What nobody could list is not called missing.
        return declaration.ABSENT if complete_listing else declaration.UNKNOWN
    data = tags.read(declaration.NAME, limit=DECLARATION_LIMIT)
    return declaration.UNKNOWN if data is None else declaration.parse_declaration(data)


@dataclass(frozen=True, slots=True)
class _Parsing:
    """Parses the tag files that come after the declaration."""

    tags: _TagFiles
    encoding: str
    version: Version | None
    resolver: Resolver

    def manifest(self, name: bytes) -> Digests | None:
        """What one manifest lists, or None where it could not be read."""
        named = parse_manifest_name(name)
        text = self._text(name, limit=MANIFEST_LIMIT)
        if text is None or named is None:
            return None
        kind, algorithm = named
        lines, findings = parse_manifest(text, name=shown(name), algorithm=algorithm, version=self.version)
        self.tags.findings += findings
        safe = self._safe(lines, name=name)
        paths = self._found(name, [line.path for line in safe])
        return self._merge(name, kind, zip(paths, [line.digest for line in safe], strict=True))

    def info(self, name: bytes) -> tuple[tuple[str, str], ...]:
        """The bag's metadata; nothing where it has none."""
        text = self._text(name, limit=INFO_LIMIT)
        elements, findings = baginfo.parse_info(text or "", name=shown(name), version=self.version)
        self.tags.findings += findings
        return elements

    def fetch(self) -> tuple[fetch.FetchEntry, ...]:
        """The files to fetch that lie in the payload."""
        text = self._text(fetch.NAME, limit=MANIFEST_LIMIT)
        lines, findings = fetch.parse_fetch(text or "")
        self.tags.findings += findings
        safe = self._safe(lines, name=fetch.NAME)
        entries = []
        for line, path in zip(safe, self._found(fetch.NAME, [line.path for line in safe]), strict=True):
            if is_payload(path):
                entries.append(fetch.FetchEntry(line.url, line.size, path))
            else:
                message = "fetch.txt lists a file that is not in the payload."
                self._error(FindingCode.FETCH_PATH_OUTSIDE_PAYLOAD, path, message, source="RFC 8493 §2.2.3")
        return tuple(entries)

    def _text(self, name: bytes, *, limit: int) -> str | None:
        data = self.tags.read(name, limit=limit) if self.tags.is_file(name) else None
        if data is None:
            return None
        text, findings = decode_tag_file(data, name=name, encoding=self.encoding, version=self.version)
        self.tags.findings += findings
        return text

    def _safe(self, lines: Sequence[_AnyLine], *, name: bytes) -> list[_AnyLine]:
        safe = []
        for line in lines:
            reason = danger(line.path)
            if reason is None:
                safe.append(line)
            else:
                message = f"{shown(name)} lists a path that could leave the bag: {reason}."
                self._error(FindingCode.PATH_UNSAFE, line.path, message, source="RFC 8493 §5.1")
        return safe

    def _found(self, name: bytes, listed: Sequence[str]) -> list[bytes]:
        """The path each listed one means; departures in spelling are noted, those of whole manifests once."""
        found = self.resolver.find(listed)
        collected: Counter[Spelling] = Counter()
        for one in found:
            for spelling in one.spellings:
                code, severity, source = _SPELLINGS[spelling]
                if spelling in _COLLECTIVE:
                    collected[spelling] += 1
                else:
                    message = f"In {shown(name)}, {spelling.value}."
                    self.tags.findings.append(Finding(code, severity, shown(one.path), message, source))
        for spelling, count in collected.items():
            code, severity, source = _SPELLINGS[spelling]
            message = f"In {shown(name)} (lines: {count}), {spelling.value}; strict tools will refuse it."
            self.tags.findings.append(Finding(code, severity, shown(name), message, source))
        return [one.path for one in found]

    def _merge(self, name: bytes, kind: Kind, listings: Iterable[tuple[bytes, str]]) -> Digests:
        digests: dict[bytes, str] = {}
        for path, digest in listings:
            if path in digests:
                self._twice(name, path, same=digests[path] == digest)
            elif kind is Kind.PAYLOAD and not is_payload(path):
                message = f"{shown(name)} lists a file outside the payload."
                self._error(FindingCode.MANIFEST_PATH_OUTSIDE_PAYLOAD, path, message, source="RFC 8493 §2.1.3")
            elif kind is Kind.TAG and is_payload(path):
                message = f"{shown(name)} is a tag manifest and lists a payload file."
                self._error(FindingCode.TAG_MANIFEST_LISTS_PAYLOAD, path, message, source="RFC 8493 §2.2.1")
            else:
                digests[path] = digest
        return MappingProxyType(digests)

    def _twice(self, name: bytes, path: bytes, *, same: bool) -> None:
        if same:
            severity = severity_by_version(self.version)
            message = f"{shown(name)} lists this file twice, with the same digest."
            self.tags.findings.append(
                Finding(FindingCode.LISTED_TWICE, severity, shown(path), message, "RFC 8493 §2.1.3")
            )
        else:
            message = f"{shown(name)} lists this file twice, with different digests."
            self._error(FindingCode.LISTED_TWICE_DIFFERENTLY, path, message, source="RFC 8493 §2.1.3")

    def _error(self, code: FindingCode, subject: bytes | str, message: str, *, source: str) -> None:
        self.tags.findings.append(Finding(code, Severity.ERROR, shown(subject), message, source))


def _kind(name: bytes) -> Kind | None:
    named = parse_manifest_name(name)
    return named and named[0]


def _by_algorithm(manifests: Mapping[bytes, Digests | None], wanted: Kind) -> Mapping[str, Digests]:
    chosen = {}
    for name, digests in manifests.items():
        named = parse_manifest_name(name)
        if digests is not None and named is not None and named[0] is wanted and named[1] in ALGORITHMS:
            chosen[named[1]] = digests
    return MappingProxyType(chosen)


def _unknown(manifests: Mapping[bytes, Digests | None]) -> Mapping[bytes, Digests]:
    return MappingProxyType(
        {
            name: digests
            for name, digests in manifests.items()
            if digests is not None and (named := parse_manifest_name(name)) and named[1] not in ALGORITHMS
        }
    )


def _judge_names(entries: Mapping[bytes, Entry], *, complete_listing: bool) -> list[Finding]:
    """Whether the bag has the manifests it needs, by their names alone."""
    files = [name for name, entry in entries.items() if b"/" not in name and entry.kind is EntryKind.FILE]
    findings = []
    for name in sorted(filter(is_almost_manifest_name, files)):
        message = "This file is named almost like a manifest, but not as the standard says, and was not read as one."
        findings.append(
            Finding(FindingCode.MANIFEST_NAME_NOT_NORMALISED, Severity.WARNING, shown(name), message, "RFC 8493 §2.4")
        )
    by_kind: dict[Kind, list[str]] = {Kind.PAYLOAD: [], Kind.TAG: []}
    for kind, algorithm in filter(None, map(parse_manifest_name, files)):
        by_kind[kind].append(algorithm)
    for kind, algorithms in by_kind.items():
        findings += _judge_algorithms(kind, algorithms)
    if not complete_listing:
        return findings
    if not by_kind[Kind.PAYLOAD]:
        message = "The bag has no payload manifest, so nothing says which files belong to it."
        findings.append(
            Finding(FindingCode.PAYLOAD_MANIFEST_MISSING, Severity.ERROR, THE_BAG, message, "RFC 8493 §2.1.3")
        )
    elif not by_kind[Kind.TAG]:
        message = "The bag has no tag manifest, so nothing protects its payload manifests."
        findings.append(Finding(FindingCode.TAG_MANIFEST_MISSING, Severity.INFO, THE_BAG, message, "RFC 8493 §2.2.1"))
    return findings


def _judge_algorithms(kind: Kind, algorithms: Sequence[str]) -> list[Finding]:
    findings = []
    known = set(algorithms) & set(ALGORITHMS)
    for algorithm in sorted(set(algorithms) - known):
        severity = Severity.WARNING if known else Severity.ERROR
        message = f"The algorithm {algorithm} is not known here, so its digests were not checked."
        name = shown(manifest_name(kind, algorithm))
        findings.append(Finding(FindingCode.ALGORITHM_UNKNOWN, severity, name, message, "RFC 8493 §2.4"))
    if kind is Kind.PAYLOAD and known and known <= _WEAK:
        message = "The payload has no digest stronger than MD5 or SHA-1, which protect against accidents only."
        findings.append(Finding(FindingCode.ALGORITHMS_WEAK, Severity.INFO, THE_BAG, message, "RFC 8493 §2.4"))
    return findings
