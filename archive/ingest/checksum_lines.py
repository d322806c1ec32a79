"""One line of a checksum file, in the forms that common tools write, read as octets. Pure.

GNU coreutils (``sha256sum``: text and binary mark, escaped names behind a leading backslash), ``--tag`` and BSD
(``SHA256 (name) = digest``), OpenSSL (``SHA256(name)= digest``), BagIt manifests, and a digest alone in a file that is
named after the file it speaks of.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.model.digests import HEX_LENGTH
from archive.model.names import shown
from profiles.finding_codes import FindingCode

LONGEST = 64 * 1024
"""Octets of the longest line that is read; a path has at most 4,096 (Linux' PATH_MAX), escaped twice as many."""

_GNU = re.compile(rb"(?P<mark>\\?)(?P<digest>[0-9A-Fa-f]{32,}) (?P<form>[ *])(?P<path>.+)", re.DOTALL)
_LOOSE = re.compile(rb"(?P<mark>\\?)(?P<digest>[0-9A-Fa-f]{32,})[ \t]+\*?(?P<path>.+)", re.DOTALL)
_TAGGED = re.compile(
    rb"(?P<mark>\\?)(?P<tag>[A-Za-z0-9][A-Za-z0-9/-]*) ?\((?P<path>.+)\) ?= ?(?P<digest>[0-9A-Fa-f]+)\s*", re.DOTALL
)
_BARE = re.compile(rb"\s*(?P<digest>[0-9A-Fa-f]{32,})\s*")
_ESCAPE = re.compile(rb"\\([\\nr])")
_MEANING = {b"\\": b"\\", b"n": b"\n", b"r": b"\r"}
_TAGS = {name.upper(): name for name in HEX_LENGTH} | {f"SHA2-{n}": f"sha{n}" for n in (224, 256, 384, 512)}
_TAGS |= {f"SHA-{n}": f"sha{n}" for n in (1, 224, 256, 384, 512)}
_BY_LENGTH = {length: name for name, length in HEX_LENGTH.items() if name != "blake3"}
_NAMED = re.compile(
    r"(blake3|(?<![a-z0-9])b3|sha-?(?:1|224|256|384|512)(?![0-9])|md5)(?:sums?)?(?![a-z0-9])", re.IGNORECASE
)
_WORDS = r"(?:md5|sha-?(?:1|224|256|384|512)|blake3|b3)"
_FILE_NAME = re.compile(
    rf"{_WORDS}sums?(?:\.txt)?|checksums?(?:\.txt)?|(?:tag)?manifest-{_WORDS}\.txt|.+\.{_WORDS}(?:sums?)?(?:\.txt)?",
    re.IGNORECASE | re.DOTALL,
)
_ENDING = re.compile(rf"\.{_WORDS}(?:sums?)?(?:\.txt)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listing:
    """A digest, lower-case, and the path it is said to be of; ``path`` None where the line is a digest alone."""

    algorithm: str
    digest: str
    path: bytes | None


@dataclass(frozen=True, slots=True)
class Unread:
    """A line nobody can make a checksum of: finding code, and why."""

    code: FindingCode
    why: str


def declared_algorithm(name: str) -> str | None:
    """The algorithm that the name of a checksum file speaks of: ``SHA256SUMS``, ``a.jpg.md5``, ``manifest-sha1.txt``.

    None where it speaks of none, or of more than one.
    """
    spoken = {found.lower().replace("-", "") for found in _NAMED.findall(name)}
    spoken = {"blake3" if word == "b3" else word for word in spoken}
    return spoken.pop() if len(spoken) == 1 else None


def is_checksum_name(base: bytes) -> bool:
    """Whether a file of that name, without its folder, is taken for a checksum file."""
    return _FILE_NAME.fullmatch(base.decode("utf-8", "surrogateescape")) is not None


def spoken_of(base: bytes) -> bytes | None:
    """The name of the one file that a checksum file is named after: ``a.jpg`` for ``a.jpg.md5``; None for others."""
    text = base.decode("utf-8", "surrogateescape")
    ending = next((found for found in _ENDING.finditer(text) if found.start() and found.end() == len(text)), None)
    return None if ending is None else text[: ending.start()].encode("utf-8", "surrogateescape")


def parse_line(line: bytes, *, declared: str | None) -> Listing | Unread | None:
    """What one line says, without its line end; None for an empty line or a remark.

    ``declared`` is the algorithm the file is named after; where it is None the length of a digest tells.
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    if not line.strip() or line.lstrip().startswith((b"#", b";")):
        return None
    if b"\0" in line:
        return Unread(FindingCode.CHECKSUM_LINE_MALFORMED, "holds zero octets")
    tagged = _TAGGED.fullmatch(line)
    if tagged is not None:
        return _tagged(tagged)
    bare = _BARE.fullmatch(line)
    if bare is not None:
        return _checked(bare["digest"], declared, None)
    found = _GNU.fullmatch(line) or _LOOSE.fullmatch(line)
    if found is not None:
        return _checked(found["digest"], declared, _unescaped(found))
    return Unread(FindingCode.CHECKSUM_LINE_MALFORMED, f"is no digest and a path: '{_short(line)}'")


def _tagged(found: re.Match[bytes]) -> Listing | Unread:
    tag = found["tag"].decode("ascii")
    algorithm = _TAGS.get(tag.upper())
    if algorithm is None:
        return Unread(
            FindingCode.CHECKSUM_ALGORITHM_UNKNOWN, f"gives a digest of '{tag}', which cannot be checked here"
        )
    return _checked(found["digest"], algorithm, _unescaped(found))


def _checked(digest: bytes, declared: str | None, path: bytes | None) -> Listing | Unread:
    algorithm = declared or _BY_LENGTH.get(len(digest))
    if algorithm is None:
        return Unread(
            FindingCode.CHECKSUM_LINE_MALFORMED, f"holds a digest of {len(digest)} characters, which is none known here"
        )
    if len(digest) != HEX_LENGTH[algorithm]:
        why = f"holds a digest of {len(digest)} characters; one of {algorithm} has {HEX_LENGTH[algorithm]}"
        return Unread(FindingCode.CHECKSUM_LINE_MALFORMED, why)
    return Listing(algorithm, digest.decode("ascii").lower(), path)


def _unescaped(found: re.Match[bytes]) -> bytes:
    if not found["mark"]:
        return found["path"]
    return _ESCAPE.sub(lambda escape: _MEANING[escape[1]], found["path"])


def _short(line: bytes) -> str:
    return shown(line if len(line) <= 60 else line[:60] + b"...")
