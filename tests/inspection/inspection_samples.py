"""Small files of known formats, and small files that are hostile."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
    b"\0\0\0\nIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82"
)
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xdb\0\x43" + b"\1" * 65 + b"\xff\xd9"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD_MEMBER = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
CONTENT_TYPES = f'<Types><Override ContentType="{WORD_MEMBER}"/></Types>'.encode()
MP3_HOG = b"ID3" + b"\xff\xfd\x90" * 43_000
"""Keeps FIDO's pattern for fmt/198 busy for minutes."""


def zip_of(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return file.getvalue()


def docx() -> bytes:
    return zip_of({"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": b"<w:document/>"})


def zip_bomb(*, declared: int) -> bytes:
    """A member that deflates to 4 GB of zeros, in 4 MB, and says that it holds ``declared`` octets."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    megabyte = deflater.compress(bytes(1 << 20)) + deflater.flush(zlib.Z_FULL_FLUSH)
    return hand_made_zip(b"[Content_Types].xml", megabyte * 4095 + b"\3\0", method=8, declared=declared)


def hand_made_zip(name: bytes, packed: bytes, *, method: int, declared: int, flags: int = 0) -> bytes:
    common = struct.pack("<5H3L2H", 20, flags, method, 0, 0x21, 0, len(packed), declared, len(name), 0)
    local = b"PK\3\4" + common + name + packed
    entry = b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<3H2L", 0, 0, 0, 0, 0) + name
    return local + entry + b"PK\5\6" + struct.pack("<4H2LH", 0, 0, 1, 1, len(entry), len(local), 0)


def ole_with_stream(name: str, sector: bytes, *, size: int, next_sector: int = 0xFFFFFFFE) -> bytes:
    """An OLE file of three sectors: FAT, directory, and the data of one stream that is said to have ``size`` octets."""
    fat = [0xFFFFFFFD, 0xFFFFFFFE, next_sector] + [0xFFFFFFFF] * 125
    header = OLE_MAGIC + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9L", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109L", 0, *[0xFFFFFFFF] * 108)
    directory = _entry("Root Entry", kind=5, child=1, start=0xFFFFFFFE, size=0)
    directory += _entry(name, kind=2, child=0xFFFFFFFF, start=2, size=size) + bytes(256)
    return header + struct.pack("<128L", *fat) + directory + sector.ljust(512, b"\0")


def _entry(name: str, *, kind: int, child: int, start: int, size: int) -> bytes:
    spelled = name.encode("utf-16-le") + b"\0\0"
    fields = struct.pack("<HBB3L", len(spelled), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return spelled.ljust(64, b"\0") + fields + bytes(36) + struct.pack("<LLL", start, size, 0)


EXCEL_STREAM = b"\x09\x08\x10\0\0\x06\x05\0".ljust(512, b"\0")

GENERATED: Mapping[str, bytes] = {
    "picture.png": PNG,
    "picture.gif": GIF,
    "picture.jpg": JPEG,
    "paper.pdf": PDF,
    "paper.docx": docx(),
    "stored.epub": zip_of({"mimetype": b"application/epub+zip"}, method=zipfile.ZIP_STORED),
    "plain.zip": zip_of({"a.txt": b"a"}),
    "signed.jar": zip_of({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\nCreated-By: 1\r\n"}),
    "table.xls": ole_with_stream("Workbook", EXCEL_STREAM, size=4096),
    "other.doc": ole_with_stream("Nothing known", b"", size=4096),
    "notes.txt": "Показания\n".encode(),
    "no extension": b"just words",
    "garbage.bin": bytes(range(256)) * 64,
    ".png": b"a name that only looks like an extension",
    "letter.rtf": b"{\\rtf1\\ansi hello}",
    "half.tga": bytes(1 << 17) + b"TRUEVISION-XFILE.\0",
    "exact.tga": bytes((1 << 17) - 18) + b"TRUEVISION-XFILE.\0",
    "long.tga": bytes(300_000) + b"TRUEVISION-XFILE.\0",
    "twice.tga": bytes((1 << 18) - 18) + b"TRUEVISION-XFILE.\0",
    "broken.zip": docx()[:-30],
}
