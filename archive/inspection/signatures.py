"""FIDO's tables as frozen values, and FIDO's way of matching them.

FIDO keeps its formats as XML elements and walks them for every file; here they are read once into values that two
threads cannot disturb, and an index says which of the 2,000 signatures are worth trying on a file. The rules are those
of ``fido.fido.Fido.match_formats`` and ``match_extensions`` in opf-fido 1.6.1, and a test compares the answers with
FIDO's own.
"""

from __future__ import annotations

import os
import os.path
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from archive.errors import ArchiveError
from archive.inspection.identification import describe
from archive.inspection.index import Need, SignatureIndex
from archive.inspection.requirements import reach, requirements
from archive.inspection.signature_file import SHIPPED, FidoFiles, SignatureFile, SignaturesError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


class BrokenPattern(Exception):
    """A pattern was come to that cannot be tried; FIDO then leaves the format, and keeps what it found of it before.

    PRONOM v88 as FIDO had it holds two such expressions.
    """


_NOTHING = re.compile(b"")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A test on the beginning of a file or, ``at_end``, on its end: not None where the pattern fits.

    ``regex`` is what the test looks for, at the very beginning if ``anchored``.
    """

    test: Callable[[bytes], object]
    at_end: bool
    regex: re.Pattern[bytes]
    anchored: bool


@dataclass(frozen=True, slots=True)
class Format:
    """One format: what it is called, what it outranks, and its signatures, each a tuple of patterns that must all fit.

    ``container`` is the kind of container a file of this format can be opened as, ``zip``, ``ole`` or ``tar``.
    """

    puid: str
    name: str
    version: str | None
    mime: str | None
    extensions: tuple[str, ...]
    outranks: frozenset[str]
    container: str | None
    signatures: tuple[tuple[Pattern, ...], ...]


@dataclass(frozen=True, slots=True)
class MemberSignature:
    """A pattern that tells a format when the member it belongs to holds it anywhere."""

    format: Format
    regex: re.Pattern[bytes]


@dataclass(frozen=True, slots=True)
class SignatureTables:
    """Everything an identifier knows. Mappings of member signatures go from the member's path, in FIDO's order.

    ``signatures`` are in FIDO's order too, each with its format, and known to ``index`` by their places.
    """

    tool_version: str
    version: str
    formats: Mapping[str, Format]
    signatures: tuple[tuple[Format, tuple[Pattern, ...]], ...]
    index: SignatureIndex
    by_extension: Mapping[str, tuple[Format, ...]]
    zip_members: Mapping[str, tuple[MemberSignature, ...]]
    ole_streams: Mapping[str, tuple[MemberSignature, ...]]

    def match_bytes(self, head: bytes, tail: bytes) -> tuple[Format, ...]:
        """Formats with a signature that fits, less those another of them outranks."""
        found: list[Format] = []
        outranked: set[str] = set()
        given_up: Format | None = None
        for number in self.index.candidates(head, tail):
            format, patterns = self.signatures[number]
            if format.puid in outranked or format is given_up or (found and format is found[-1]):
                continue
            try:
                if _fits(patterns, head, tail):
                    found.append(format)
                    outranked |= format.outranks
            except BrokenPattern:
                given_up = format
        return tuple(format for format in found if format.puid not in outranked)

    def match_extension(self, name: str) -> tuple[Format, ...]:
        """Formats whose extension ``name`` ends with, less those another of them outranks."""
        found = self.by_extension.get(os.path.splitext(name)[1].lower().lstrip("."), ())
        return tuple(format for format in found if _unsurpassed(format, found))


def _fits(patterns: Iterable[Pattern], head: bytes, tail: bytes) -> bool:
    # A plain loop: this runs 25 times a file, and all() takes longer than most patterns.
    for pattern in patterns:  # noqa: SIM110
        if pattern.test(tail if pattern.at_end else head) is None:
            return False
    return True


def _unsurpassed(format: Format, among: Iterable[Format]) -> bool:
    return not any(format.puid in other.outranks for other in among if other is not format)


_loading = threading.Lock()
_loaded: dict[FidoFiles, SignatureTables] = {}


def fido_tables(files: FidoFiles = SHIPPED) -> SignatureTables:
    """FIDO's tables, read on the first call in a process and shared from then on.

    Raises ArchiveError when opf-fido or its signature files are missing or broken, SignaturesError for pinned ones.
    """
    with _loading:
        found = _loaded.get(files)
        if found is None:
            found = _loaded[files] = _load_safely(files)
        return found


def _load_safely(files: FidoFiles) -> SignatureTables:
    pinned = [file.path for file in (files.formats, files.containers) if file is not None]
    try:
        return _load(files)
    # FIDO leaves the process with SystemExit over a signature file it cannot parse.
    except (ImportError, OSError, SystemExit, SyntaxError, AttributeError, LookupError, re.error, ValueError) as error:
        if pinned:
            raise SignaturesError(
                f"FIDO cannot use {' and '.join(map(str, pinned))}: {describe(error)}",
                hint="go back to its own files with: archive formats update --as-shipped fido --even-if-older",
            ) from error
        raise ArchiveError(
            f"the format signatures of FIDO cannot be loaded: {error!r}",
            hint="install opf-fido again: pip install --force-reinstall opf-fido",
        ) from error


def _load(files: FidoFiles) -> SignatureTables:
    # Fido() enlarges the pattern cache of ``re`` for the whole process; we keep compiled patterns and undo that.
    cache_size = vars(re).get("_MAXCACHE")
    from fido import CONFIG_DIR, __version__
    from fido.fido import Fido
    from fido.versions import get_local_versions

    versions = get_local_versions()
    try:
        with _path(files.formats, versions.pronom_signature) as pronom:
            # Fido() alone looks for formats-v104.xml, which opf-fido 1.6.1 does not ship.
            engine = Fido(
                quiet=True,
                handle_matches=lambda *_: None,
                format_files=[pronom, versions.fido_extension_signature],
            )
    finally:
        vars(re)["_MAXCACHE"] = cache_size
    formats = {format.puid: format for format in map(_read_format, engine.formats)}
    # Fido() also ignores the container file it is given, so that file is read here.
    signatures = tuple((format, patterns) for format in formats.values() for patterns in format.signatures)
    with _path(files.containers, os.path.join(CONFIG_DIR, versions.pronom_container_signature)) as containers:
        document = ElementTree.parse(containers)
    return SignatureTables(
        tool_version=str(__version__),
        version=_spell_version(versions, files),
        formats=MappingProxyType(formats),
        signatures=signatures,
        index=SignatureIndex([[_need(pattern) for pattern in patterns] for _, patterns in signatures]),
        by_extension=_group_by_extension(formats.values()),
        zip_members=_read_members(engine.extract_signatures(document, signature_type="ZIP"), formats),
        ole_streams=_read_members(engine.extract_signatures(document, signature_type="OLE2"), formats),
    )


def _path(pinned: SignatureFile | None, shipped: str) -> AbstractContextManager[str]:
    return nullcontext(shipped) if pinned is None else pinned.in_memory()


def _spell_version(versions: Any, files: FidoFiles) -> str:
    date = versions.pronom_container_signature.removeprefix("container-signature-").removesuffix(".xml")
    pinned = [
        f"{name} sha256 {file.mark}"
        for name, file in (("formats", files.formats), ("containers", files.containers))
        if file is not None
    ]
    told = f"PRONOM v{files.formats_version or versions.pronom_version}, containers {files.containers_version or date}"
    return f"{told} ({', '.join(pinned)})" if pinned else told


def _read_format(element: Element) -> Format:
    puid = element.findtext("puid") or ""
    if not puid.isascii() or not puid.isprintable():
        raise LookupError(f"a format with the identifier {puid!a}")
    # FIDO knows OLE by its PUID, not by a <container> element (Fido.container_type).
    container = "ole" if puid == "fmt/111" else element.findtext("container")
    return Format(
        puid=puid,
        name=element.findtext("name") or puid,
        version=element.findtext("version") or None,
        mime=element.findtext("mime") or None,
        extensions=tuple(extension.text or "" for extension in element.findall("extension")),
        outranks=frozenset(inferior.text or "" for inferior in element.findall("has_priority_over")) - {puid},
        container=container,
        signatures=tuple(_read_signature(signature) for signature in element.findall("signature")),
    )


def _read_signature(element: Element) -> tuple[Pattern, ...]:
    """The patterns of a signature, those first that fail soonest; all must fit, so their order changes no answer.

    Of one with a pattern that FIDO itself cannot try, the patterns up to that, as they come.
    """
    patterns = []
    for pattern in element.findall("pattern"):
        try:
            patterns.append(_read_pattern(pattern))
        except (re.error, LookupError):
            return (*patterns, Pattern(_give_up, False, _NOTHING, False))
    return tuple(sorted(patterns, key=lambda pattern: not pattern.anchored))


def _read_pattern(element: Element) -> Pattern:
    regex, position = element.findtext("regex"), element.findtext("position")
    if not regex or position is None:
        raise LookupError("a pattern without a regular expression or a position")
    # BOF and EOF are the two ends; VAR and IFB are anywhere in what is read of the beginning.
    if position not in ("BOF", "EOF", "VAR", "IFB"):
        return Pattern(_NOTHING.match, False, _NOTHING, False)  # which FIDO passes over
    compiled = re.compile(regex.encode("utf8"))
    anchored = position == "BOF"
    return Pattern(compiled.match if anchored else _search(compiled), position == "EOF", compiled, anchored)


def _search(pattern: re.Pattern[bytes]) -> Callable[[bytes], object]:
    """``pattern.search``, begun as late as anything it fits can begin: some go back and forth for milliseconds else."""
    octets = reach(pattern.pattern)
    if octets is None:
        return pattern.search
    return lambda data: pattern.search(data, max(len(data) - octets, 0))


def _give_up(octets: bytes) -> object:
    raise BrokenPattern


def _need(pattern: Pattern) -> Need:
    return Need(requirements(pattern.regex, anchored=pattern.anchored), at_end=pattern.at_end)


def _read_members(
    members: Mapping[str, Mapping[str, Iterable[Mapping[str, bytes]]]], formats: Mapping[str, Format]
) -> Mapping[str, tuple[MemberSignature, ...]]:
    return MappingProxyType(
        {
            path: tuple(
                MemberSignature(_known(puid, formats), re.compile(signature["signature"]))
                for puid, signatures in by_puid.items()
                for signature in signatures
            )
            for path, by_puid in members.items()
        }
    )


def _known(puid: str, formats: Mapping[str, Format]) -> Format:
    if puid not in formats:
        raise LookupError(f"the container file names {puid}, which the formats file does not know: it is older")
    return formats[puid]


def _group_by_extension(formats: Iterable[Format]) -> Mapping[str, tuple[Format, ...]]:
    groups: dict[str, list[Format]] = {}
    for format in formats:
        for extension in dict.fromkeys(format.extensions):
            groups.setdefault(extension, []).append(format)
    return MappingProxyType({extension: tuple(group) for extension, group in groups.items()})
