"""What the first octets of a file say it is: a rough word, from a few hundred octets and nothing more. Pure.

Ingest tells formats properly, with two identifiers; this is for a first look, and to find archives inside.
"""

from __future__ import annotations

import re
import struct

LENGTH = 512
"""Octets that are read of each file: enough for the mark of a tar archive."""

EMPTY = "empty"
UNKNOWN = "not known"
NOT_READ = "not read"
TEXT = "text"
ARCHIVES = frozenset(
    {"zip archive", "tar archive", "7z archive", "rar archive", "gzip", "bzip2", "xz", "zstd", "cab archive"}
)

_ZIP = "zip archive"
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (b"GIF8", "GIF picture"),
    (b"II*\0", "TIFF picture"),
    (b"MM\0*", "TIFF picture"),
    (b"%PDF-", "PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Office document (old)"),
    (b"{\\rtf", "RTF document"),
    (b"\x1a\x45\xdf\xa3", "Matroska or WebM video"),
    (b"OggS", "Ogg sound"),
    (b"fLaC", "FLAC sound"),
    (b"ID3", "MP3 sound"),
    (b"#!AMR", "AMR sound"),
    (b"FLV\1", "Flash video"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"Rar!\x1a\x07", "rar archive"),
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"MSCF", "cab archive"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"\x7fELF", "program"),
    (b"-----BEGIN PGP", "OpenPGP text"),
    (b"\0OpenTimestamps\0", "OpenTimestamps proof"),
)
_SHORT_MARKS = {b"BM": "BMP picture", b"MZ": "program"}  # two letters that a text may begin with, too
_RIFF = {b"WAVE": "WAV sound", b"AVI ": "AVI video", b"WEBP": "WebP picture"}
_DOCUMENTS = (b"[Content_Types].xml", b"_rels/", b"word/", b"xl/", b"ppt/", b"docProps/")
_BROKEN = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_BOMS = (b"\xff\xfe", b"\xfe\xff")
_LOCAL = struct.Struct("<4s2xHH8xLLHH")  # flags, method, sizes, lengths of name and extra (APPNOTE 4.3.7)


def told_by(head: bytes) -> str:
    """A word for what begins with ``head``, which is the whole file where it is shorter than ``LENGTH``."""
    if not head:
        return EMPTY
    if head.startswith((b"PK\3\4", b"PK\5\6")):
        return _zip(head)
    for mark, word in _MARKS:
        if head.startswith(mark):
            return word
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"):
        return "bzip2"
    if head[257:262] == b"ustar":
        return "tar archive"
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return "HEIF picture" if head[8:12] in (b"heic", b"heix", b"mif1", b"avif") else "MP4 or QuickTime video"
    if head[:1] == b"\xff" and len(head) > 1 and head[:2] not in _BOMS and head[1] & 0xE6 in (0xE2, 0xE4, 0xE6):
        return "MP3 sound"
    found = _text(head)
    return _SHORT_MARKS.get(head[:2], UNKNOWN) if found == UNKNOWN else found


def is_locked(head: bytes) -> bool:
    """Whether the first octets of an archive say that it needs a password; much that is locked does not say so here."""
    if head.startswith(b"Rar!\x1a\x07\0"):
        return len(head) > 11 and head[9] == 0x73 and bool(head[10] & 0x80)  # MHD_PASSWORD of the archive header
    if head.startswith(b"Rar!\x1a\x07\1\0"):
        return len(head) > 13 and head[13] == 4  # the first header is the one about encryption
    at = 0
    while head[at : at + 4] == b"PK\3\4" and at + _LOCAL.size <= len(head):
        _, flags, _, packed, _, name, extra = _LOCAL.unpack_from(head, at)
        if flags & 1:
            return True
        at += _LOCAL.size + name + extra + packed
    return False


def _zip(head: bytes) -> str:
    if len(head) < _LOCAL.size:
        return _ZIP
    length = _LOCAL.unpack_from(head)[5] if head.startswith(b"PK\3\4") else 0
    first = head[_LOCAL.size : _LOCAL.size + length]
    if first == b"mimetype":
        return "e-book" if b"application/epub+zip" in head else "OpenDocument"
    return "Office document" if first.startswith(_DOCUMENTS) else _ZIP


def _text(head: bytes) -> str:
    if head.startswith(_BOMS):
        return TEXT
    if _BROKEN.search(head):
        return UNKNOWN
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:100].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    if start.startswith((b"<?xml", b"<svg")):
        return "XML"
    if start.startswith((b"{", b"[")):
        return "JSON or text"
    return TEXT
