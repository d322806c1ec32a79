"""Hostile contents: bytes are kept as they came. Archives stay whole, documents are data, nothing is carried out."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

from hostile_case import holding

MIB = 1 << 20


def zipped(content: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method, compresslevel=9) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def bomb() -> bytes:
    """A zip file of 260 kB whose one member says it has 256 MiB, and has."""
    return zipped({"zeros": bytes(256 * MIB)})


def lying() -> bytes:
    """A zip file whose directory says 4 GiB where there are ten bytes."""
    data = bytearray(zipped({"a": b"ten bytes."}))
    directory = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, directory + 24, 0xFFFFFFF0)
    return bytes(data)


def overlapping() -> bytes:
    """A zip file whose directory names one member a thousand times."""
    data = zipped({"a": bytes(MIB)})
    start, end = data.rindex(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    directory = data[start:end] * 1000
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1000, 1000, len(directory), start, 0)
    return data[:start] + directory + tail


def nested(depth: int) -> bytes:
    data = b"the innermost"
    for level in range(depth):
        data = zipped({f"{level}.zip": data})
    return data


def cp866() -> bytes:
    """Names in cp866 and no flag that says UTF-8, as Windows writes them."""
    data = zipped({"xxxxxx.txt": b"testimony"})
    return data.replace(b"xxxxxx", "допрос".encode("cp866"))


def encrypted() -> bytes:
    """A member that is marked as encrypted."""
    data = bytearray(zipped({"secret": b"nobody can look into this"}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def tar() -> bytes:
    """Absolute names, names that climb, links out, devices."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("/etc/passwd", "../../../etc/cron.d/x", "a/../../b"):
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
        link, device = tarfile.TarInfo("link"), tarfile.TarInfo("device")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        device.type, device.devmajor, device.devminor = tarfile.CHRTYPE, 1, 5
        archive.addfile(link), archive.addfile(device)
    return out.getvalue()


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE mets [<!ENTITY a "ha">%s]>
<mets xmlns="http://www.loc.gov/METS/">&j;</mets>""" % b"".join(
    b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 10) for name in range(ord("b"), ord("k"))
)
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE premis SYSTEM "http://127.0.0.1:9/premis.dtd" [
<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY net SYSTEM "http://127.0.0.1:9/x"><!ENTITY % more SYSTEM
"http://127.0.0.1:9/more.dtd">%more;]><premis xmlns="http://www.loc.gov/premis/v3">&file;&net;</premis>"""
METS = b"""<?xml version="1.0"?><mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink"
OBJID="../../../etc" PROFILE="http://127.0.0.1:9/p"><fileSec><fileGrp><file ID="f"><FLocat LOCTYPE="URL"
xlink:href="file:///etc/passwd"/></file></fileGrp></fileSec></mets>"""
INCLUDING = b"""<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/>
<?xml-stylesheet href="http://127.0.0.1:9/x.xsl" type="text/xsl"?></a>"""
FORMULAS = b'name,note\n=cmd|\' /C calc\'!A0,"=HYPERLINK(""http://127.0.0.1:9"")"\n+1,@SUM(1)\n'
HTML = b"<html><script>fetch('http://127.0.0.1:9')</script><img src=http://127.0.0.1:9/x><base href=file:///></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:9/x"/><script>1</script></svg>'
PDF = b"%PDF-1.7\n1 0 obj<</OpenAction<</S/Launch/F(calc.exe)>>>>endobj\ntrailer<</Root 1 0 R/Size 99999999>>\n%%EOF"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16 + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + b"\xff" * 2000
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 2**31 - 1, 2**31 - 1, 16, 6, 0, 0, 0) + b"\0" * 4

REVIEW = frozenset({"format-review"})

CASES = (
    holding("zip-bomb", "a zip file of 260 kB that becomes 256 MiB", {"bomb.zip": bomb()}),
    holding("zip-bomb-as-document", "the same, called .docx, .xlsx, .odt", {f"bomb{e}": bomb() for e in (".docx",)}),
    holding("zip-lying-about-sizes", "a directory that says 4 GiB where there are ten bytes", {"lying.zip": lying()}),
    holding("zip-overlapping", "one member named a thousand times", {"overlap.zip": overlapping()}),
    holding("zip-nested", "twenty zip files, one in another", {"nested.zip": nested(20)}),
    holding("zip-cp866-names", "a zip file with names in cp866", {"архив.zip": cp866()}),
    holding(
        "zip-climbing-names",
        "members called `../../etc/passwd`, `/etc/passwd`, `C:\\x`",
        {"evil.zip": zipped({"../../etc/passwd": b"x", "/etc/passwd": b"y", "C:\\x": b"z", "..\\x": b"w"})},
    ),
    holding("zip-encrypted", "a zip file nobody can look into", {"secret.zip": encrypted()}),
    holding(
        "zip-cut-off",
        "half a zip file, and one of nothing but an end",
        {"half.zip": zipped({"a": bytes(range(256)) * 99})[:300], "end.zip": zipped({})},
        codes=REVIEW,
    ),
    holding(
        "zip-of-bag",
        "a zipped bag",
        {"bag.zip": zipped({"bagit.txt": b"BagIt-Version: 1.0\n", "data/x": b"x", "manifest-md5.txt": b"0  ../x\n"})},
    ),
    holding(
        "tar-climbing",
        "absolute names, links and devices in a tar file",
        {"evil.tar": tar(), "evil.tar.gz": gzip.compress(tar())},
    ),
    holding(
        "gzip-bomb",
        "a gzip file of 256 kB that becomes 256 MiB",
        {"bomb.gz": gzip.compress(bytes(256 * MIB)), "bomb.svgz": gzip.compress(bytes(MIB))},
    ),
    holding(
        "xml-entity-bomb",
        "a billion laughs in a delivered METS.xml",
        {"METS.xml": LAUGHS, "metadata/preservation/premis.xml": LAUGHS.replace(b"mets", b"premis")},
    ),
    holding(
        "xml-external-entities",
        "a delivered PREMIS that asks for files and pages",
        {"premis.xml": OUTSIDE, "include.xml": INCLUDING},
    ),
    holding(
        "xml-mets-of-others",
        "a delivered METS that points to /etc/passwd",
        {"METS.xml": METS, "data/METS.xml": METS + b"\n"},
    ),
    holding("xml-deep", "100,000 elements, one in another", {"deep.xml": b"<a>" * 100_000}),
    holding("html-with-script", "pages that call home", {"page.html": HTML, "picture.svg": SVG}),
    holding(
        "csv-with-formulas",
        "a table that a spreadsheet would carry out",
        {"report.csv": FORMULAS, "json.json": b"[" * 100_000},
    ),
    holding("pdf-that-launches", "a PDF that starts a program", {"open me.pdf": PDF}),
    holding(
        "office-broken",
        "an OLE file whose sectors lead in circles",
        {"old.doc": OLE, "old.xls": OLE[:100]},
        codes=REVIEW,
    ),
    holding(
        "picture-of-a-million-megapixels",
        "a PNG that claims 2,147,483,647 pixels a side",
        {"huge.png": PNG},
        codes=REVIEW,
    ),
    holding(
        "mp3-frames-for-days", "bytes that keep a pattern busy for days", {"frames.bin": b"\xff\xfb\x90\x00" * 40_000}
    ),
    holding(
        "signatures-of-rubbish",
        "side-cars that are no signatures",
        {"a.txt": b"a", "a.txt.tsr": b"rubbish", "a.txt.ots": b"", "a.txt.asc": b"-----BEGIN", "a.txt.sig": bytes(99)},
    ),
    holding(
        "signature-too-large",
        "a time-stamp of two megabytes",
        {"b.txt": b"b", "b.txt.tsr": b"\x30\x84\x7f\xff\xff\xff" + bytes(2 * MIB)},
    ),
    holding("one-line-of-eight-megabytes", "a text without a line end", {"line.txt": b"x" * 8 * MIB}),
    holding(
        "many-extensions",
        "names that say one thing and bytes that say another",
        {"a.jpg": b"MZ" + bytes(99), "b.txt.exe": b"%PDF-1.4", "c.": b"GIF89a"},
        codes=REVIEW,
    ),
)
