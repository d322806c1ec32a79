"""Signature files as somebody hands them in: which tool they are for, and which version they say they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from archive.errors import UsageError
from archive.inspection.evidence_file import EvidenceFile
from archive.inspection.signature_file import LARGEST, SignatureFile
from archive.model.digests import sha256_hex

SIEGFRIED, FIDO = "siegfried", "fido"
SIGNATURES, FORMATS, CONTAINERS = "signatures", "formats", "containers"

_OF_SIEGFRIED = b"sf\0\xff"  # how every signature file of siegfried begins (its ``config.Magic``)
_FORMATS_NAME = re.compile(r"formats-v(\d{1,4})\.xml")
_CONTAINERS_NAME = re.compile(r"container-signature-(\d{8})\.xml")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


@dataclass(frozen=True, slots=True)
class Offered:
    """A signature file; ``release`` is empty where only the tool can say it."""

    path: Path
    data: bytes
    sha256: str
    tool: str
    part: str
    release: str

    @property
    def stored_as(self) -> str:
        """The name it is kept under: its own, where every system can spell that."""
        return self.path.name if _PLAIN_NAME.fullmatch(self.path.name) else "default.sig"

    def pinned(self) -> SignatureFile:
        """The file where it was found, to be tried."""
        return SignatureFile(self.path.absolute(), self.sha256)


def read_offered(path: Path) -> Offered:
    """The signature file at ``path``; UsageError where it is none that can be used here."""
    try:
        with EvidenceFile(path, allowance=0) as file:  # which does not wait at a FIFO
            data = file.head(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise UsageError(f"{path} is larger than any signature file")
    tool, part, release = _told(path, data)
    return Offered(path, data, sha256_hex(data), tool, part, release)


def _told(path: Path, data: bytes) -> tuple[str, str, str]:
    if data.startswith(_OF_SIEGFRIED):
        return SIEGFRIED, SIGNATURES, ""
    root = _root(path, data)
    if root == "formats":
        return FIDO, FORMATS, _release(path, _FORMATS_NAME, "formats-v120.xml")
    if root == "ContainerSignatureMapping":
        return FIDO, CONTAINERS, _release(path, _CONTAINERS_NAME, "container-signature-20240715.xml")
    hint = "give siegfried's default.sig, or FIDO's formats-vNNN.xml and container-signature-YYYYMMDD.xml"
    if root == "FFSignatureFile":
        raise UsageError(f"{path} is a signature file of DROID, which neither tool reads as it is", hint=hint)
    raise UsageError(f"{path} is no signature file of siegfried or FIDO", hint=hint)


def _root(path: Path, data: bytes) -> str:
    """The name of the root element of an XML document that can be parsed to its end."""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return ""
    try:
        return ElementTree.fromstring(data).tag.rpartition("}")[2]
    except ElementTree.ParseError as error:
        raise UsageError(f"{path} is XML that cannot be parsed: {error}", hint="is the file whole?") from error


def _release(path: Path, spelling: re.Pattern[str], example: str) -> str:
    """The release in the name: such a file does not say it anywhere inside."""
    found = spelling.fullmatch(path.name)
    if found is None:
        raise UsageError(
            f"{path}: its name does not say which version it is",
            hint=f"give it the name it was published under, such as {example}",
        )
    return found[1]
