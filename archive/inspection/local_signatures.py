"""Signatures of our own, for evidence that the registries miss or confuse with something else. Pure.

Each is a test on the beginning of a file, or on the names inside a ZIP file, strict enough that a fit is no accident.
An identifier that was given is never given another meaning: packages carry it for ever.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Set
from dataclasses import dataclass

from archive.inspection.identification import LOCAL


@dataclass(frozen=True, slots=True)
class LocalFormat:
    """A format that we named; ``source`` says where its form is defined."""

    puid: str
    name: str
    mime: str | None
    source: str


@dataclass(frozen=True, slots=True)
class HeadSignature:
    """A format told by the beginning of a file and its size in octets."""

    format: LocalFormat
    fits: Callable[[bytes, int], bool]


@dataclass(frozen=True, slots=True)
class ZipSignature:
    """A format told by the names of all members of a ZIP file."""

    format: LocalFormat
    fits: Callable[[Set[str]], bool]


_OTS_MAGIC = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94"
_OID_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")  # id-ct-TSTInfo (RFC 3161 §2.4.2)
_OID_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")  # id-signedData (RFC 5652 §5.1)
_C2PA_UUID = bytes.fromhex("63327061001100108000 00aa00389b71")  # C2PA 2.1 §11.1.4.2
_MINISIGN = re.compile(rb"untrusted comment: [^\n]*\n([A-Za-z0-9+/=]{100})\r?\ntrusted comment: [^\n]*\n")
_PUBLIC_KEY_ALGORITHMS = (1, 3, 17, 19, 22, 27, 28)  # those that sign (RFC 9580 §9.1)
_OF_DOCUMENTS = (0x00, 0x01)  # binary and text documents (RFC 9580 §5.2.1)
_PROOF_WORDS = (b"File Hash SHA256", b"Proof Generated")
_TELLA_FIRST = (b"File hash", b"File path", b"File name", b"Cells", b"WiFis", b"Timestamp")
_PROOF_FILE = re.compile(r"(?:.*/)?[0-9a-f]{64}\.proof\.(?:csv|json)", re.IGNORECASE)


def _is_timestamp_response(head: bytes, size: int) -> bool:
    """SEQUENCE { PKIStatusInfo SEQUENCE { INTEGER, … }, ContentInfo }."""
    body = _sequence(head, size)
    return body is not None and body[:1] == b"\x30" and body[2:4] == b"\x02\x01" and _holds_token(body)


def _is_timestamp_token(head: bytes, size: int) -> bool:
    """A ContentInfo of signed data whose content is a TSTInfo."""
    body = _sequence(head, size)
    return body is not None and body.startswith(_OID_SIGNED_DATA) and _holds_token(body)


def _holds_token(body: bytes) -> bool:
    return _OID_SIGNED_DATA in body[:256] and _OID_TST_INFO in body[:512]


def _is_timestamp_query(head: bytes, size: int) -> bool:
    """SEQUENCE { INTEGER 1, MessageImprint SEQUENCE { AlgorithmIdentifier SEQUENCE { OID … }, OCTET STRING } … }."""
    body = _sequence(head, size)
    if body is None or body[:4] != b"\x02\x01\x01\x30" or len(body) < 9:
        return False
    imprint = body[5 : 5 + body[4]]
    digest_at = 2 + imprint[1] if len(imprint) > 2 else 0
    return imprint[:1] == b"\x30" and imprint[2:3] == b"\x06" and imprint[digest_at : digest_at + 1] == b"\x04"


def _sequence(head: bytes, size: int) -> bytes | None:
    """The contents of the DER SEQUENCE that makes up the whole file, as far as ``head`` goes; None if it does not."""
    if len(head) < 4 or head[0] != 0x30:
        return None
    extra = head[1] & 0x7F if head[1] & 0x80 else 0
    if extra > 4:
        return None
    length = int.from_bytes(head[2 : 2 + extra], "big") if extra else head[1]
    return head[2 + extra :] if 2 + extra + length == size else None


def _is_armored_openpgp(head: bytes, _size: int) -> bool:
    return head.lstrip().startswith(b"-----BEGIN PGP SIGNATURE-----")


def _is_binary_openpgp(head: bytes, size: int) -> bool:
    """One signature packet, of a document, that makes up the whole file (RFC 9580 §4.2, §5.2)."""
    packet = _signature_packet(head, size)
    if packet is None or len(packet) < 4 or packet[0] not in (4, 6):
        return False
    return packet[1] in _OF_DOCUMENTS and packet[2] in _PUBLIC_KEY_ALGORITHMS and 1 <= packet[3] <= 14


def _signature_packet(head: bytes, size: int) -> bytes | None:
    if len(head) < 8:
        return None
    if head[0] == 0xC2:
        first = head[1]
        if first < 192:
            begin, length = 2, first
        elif first < 224:
            begin, length = 3, ((first - 192) << 8) + head[2] + 192
        else:
            begin, length = 6, int.from_bytes(head[2:6], "big") if first == 255 else -1
    elif head[0] & 0xFC == 0x88 and head[0] & 3 != 3:
        octets = 1 << (head[0] & 3)
        begin, length = 1 + octets, int.from_bytes(head[1 : 1 + octets], "big")
    else:
        return None
    return head[begin:] if begin + length == size else None


def _is_minisign(head: bytes, _size: int) -> bool:
    """An untrusted comment, 74 octets in base64 that begin with the algorithm, a trusted comment."""
    found = _MINISIGN.match(head)
    if found is None:
        return False
    try:
        signature = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        return False
    return len(signature) == 74 and signature[:2] in (b"Ed", b"ED")


def _is_c2pa(head: bytes, size: int) -> bool:
    """A JUMBF superbox that makes up the whole file and describes itself as a C2PA manifest store."""
    return int.from_bytes(head[:4], "big") == size and head[4:8] == b"jumb" and head[12:32] == b"jumd" + _C2PA_UUID


def _is_proof(head: bytes, _size: int) -> bool:
    return head[:1] in b'{F"\xef' and all(word in head for word in _PROOF_WORDS)


def _is_tella(head: bytes, _size: int) -> bool:
    """A first line of Tella's headings, in its order; those about the place are there only where it was known."""
    heading, end, _ = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    named = heading.rstrip(b"\r").split(b",")
    return bool(end) and tuple(named[: len(_TELLA_FIRST)]) == _TELLA_FIRST and named[-1] == b"Device ID"


def _is_wacz(names: Set[str]) -> bool:
    return "datapackage.json" in names and any(
        name.startswith("archive/") and name.endswith((".warc", ".warc.gz")) for name in names
    )


def _is_proofmode_export(names: Set[str]) -> bool:
    return any(_PROOF_FILE.fullmatch(name) for name in names)


def _local(name: str, title: str, mime: str | None, source: str) -> LocalFormat:
    return LocalFormat(LOCAL + name, title, mime, source)


BY_HEAD = (
    HeadSignature(
        _local("opentimestamps", "OpenTimestamps proof", None, "OpenTimestamps detached timestamp file, version 1"),
        lambda head, _size: head.startswith(_OTS_MAGIC),
    ),
    HeadSignature(
        _local("rfc3161-response", "Time-stamp response", "application/timestamp-reply", "RFC 3161 §2.4.2"),
        _is_timestamp_response,
    ),
    HeadSignature(_local("rfc3161-token", "Time-stamp token", None, "RFC 3161 §2.4.2"), _is_timestamp_token),
    HeadSignature(
        _local("rfc3161-query", "Time-stamp query", "application/timestamp-query", "RFC 3161 §2.4.1"),
        _is_timestamp_query,
    ),
    HeadSignature(
        _local("openpgp-signature-armored", "OpenPGP signature, armored", "application/pgp-signature", "RFC 9580 §6"),
        _is_armored_openpgp,
    ),
    HeadSignature(
        _local("openpgp-signature", "OpenPGP signature, binary", "application/pgp-signature", "RFC 9580 §5.2"),
        _is_binary_openpgp,
    ),
    HeadSignature(_local("minisign-signature", "Minisign signature", None, "minisign, signature format"), _is_minisign),
    HeadSignature(_local("c2pa-manifest", "C2PA manifest store", "application/c2pa", "C2PA 2.1 §11.1"), _is_c2pa),
    HeadSignature(_local("proofmode-proof", "ProofMode proof", None, "proofmode.org, metadata detail"), _is_proof),
    HeadSignature(
        _local("tella-metadata", "Tella metadata", "text/csv", "Tella for Android 2, metadata of an exported file"),
        _is_tella,
    ),
)
"""Tried in this order; the first that fits is the answer."""

BY_MEMBERS = (
    ZipSignature(_local("wacz", "Web archive collection", "application/wacz", "WACZ 1.1.1 §3"), _is_wacz),
    ZipSignature(
        _local("proofmode-export", "ProofMode export", None, "proofmode.org, metadata detail"), _is_proofmode_export
    ),
)
"""Tried in this order on what begins as a ZIP file."""

MAGIC = (
    (b"\xff\xd8\xff", 0, "jpeg", "JPEG image"),
    (b"\x89PNG\r\n\x1a\n", 0, "png", "PNG image"),
    (b"GIF8", 0, "gif", "GIF image"),
    (b"II*\0", 0, "tiff", "TIFF image"),
    (b"MM\0*", 0, "tiff", "TIFF image"),
    (b"%PDF-", 0, "pdf", "PDF document"),
    (b"PK\3\4", 0, "zip", "ZIP container"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "ole", "OLE compound file"),
    (b"ftyp", 4, "isobmff", "ISO base media (MP4, MOV, HEIF)"),
    (b"\x1aE\xdf\xa3", 0, "ebml", "EBML (Matroska, WebM)"),
    (b"WAVE", 8, "wave", "WAVE sound"),
    (b"AVI ", 8, "avi", "AVI video"),
    (b"OggS", 0, "ogg", "Ogg sound or video"),
    (b"ID3", 0, "mp3", "MP3 sound"),
    (b"\x1f\x8b\x08", 0, "gzip", "GZIP compressed file"),
    (b"7z\xbc\xaf\x27\x1c", 0, "7z", "7-Zip archive"),
    (b"Rar!\x1a\x07", 0, "rar", "RAR archive"),
    (b"SQLite format 3\0", 0, "sqlite", "SQLite database"),
    (b"WARC/", 0, "warc", "WARC web archive"),
)
"""First octets, where they stand, and what mostly begins so: enough to recognise what is cut off or damaged."""

_BY_PUID = {signature.format.puid: signature.format for signature in (*BY_HEAD, *BY_MEMBERS)}


def local_format(puid: str) -> LocalFormat | None:
    """The format that we gave this identifier; None for anybody else's."""
    return _BY_PUID.get(puid)
