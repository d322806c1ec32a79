"""Signature files that differ from the installed ones as a later edition would: real files, with changes made here."""

from __future__ import annotations

import re
import zlib
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from planning_support import PNG

NEW_MAGIC = b"NOVEL EVIDENCE\0"
"""How files of a format begin that only the newer signatures know."""

NEW_PUID = "fmt/9001"

_NEW_FORMATS = rf"""<formats>
<format><puid>{NEW_PUID}</puid><name>Novel Evidence</name><version>1</version><extension>nov</extension>
  <signature><name>whole</name><pattern><position>BOF</position><regex>(?s)\ANOVEL\x20EVIDENCE\x00</regex></pattern>
  </signature></format>
<format><puid>fmt/9002</puid><name>Ends so</name>
  <signature><name>end</name><pattern><position>EOF</position><regex>(?s)novel-end.{{0,9}}\Z</regex></pattern>
    <pattern><position>VAR</position><regex>(?s)novel[0-9]{{2,4}}x</regex></pattern></signature></format>
<format><puid>fmt/9003</puid><name>Outranks PNG where it says so</name><has_priority_over>fmt/11</has_priority_over>
  <signature><name>better</name><pattern><position>BOF</position><regex>(?s)\A\x89PNG</regex></pattern>
    <pattern><position>IFB</position><regex>(?s)tRNSnovel</regex></pattern></signature></format>
<format><puid>fmt/9004</puid><name>Cannot be tried</name>
  <signature><name>first</name><pattern><position>BOF</position><regex>(?s)\Anovel-one</regex></pattern></signature>
  <signature><name>broken</name><pattern><position>BOF</position><regex>(?s)\Anovel-t</regex></pattern>
    <pattern><position>BOF</position><regex>(?s)\A.{{4,2}}</regex></pattern>
    <pattern><position>BOF</position><regex>(?s)\Anovel-two-rare-words</regex></pattern></signature>
  <signature><name>after</name><pattern><position>BOF</position><regex>(?s)\Anovel-t[a-z]+ee</regex></pattern>
  </signature></format>
<format><puid>fmt/9005</puid><name>Has an empty expression, and a place nobody knows</name>
  <signature><name>where</name><pattern><position>MIDDLE</position><regex>(?s)\Anovel-nowhere</regex></pattern>
    <pattern><position>BOF</position><regex>(?s)\Anovel-six</regex></pattern></signature>
  <signature><name>empty</name><pattern><position>BOF</position><regex>(?s)\Anovel-s</regex></pattern>
    <pattern><position>BOF</position><regex /></pattern></signature>
  <signature><name>unreached</name><pattern><position>BOF</position><regex>(?s)\Anovel-seven</regex></pattern>
  </signature></format>
</formats>"""

PROBES = (
    NEW_MAGIC + b"and more",
    NEW_MAGIC,
    b"novel123x " + b"." * 50 + b"novel-end" + b"123456789",
    b"novel1x novel-end",
    b"xx novel99x novel-end",
    PNG,
    PNG[:33] + b"tRNSnovel" + PNG[33:],
    b"novel-one two",
    b"novel-two-rare-words",
    b"novel-three",
    b"novel-teee",
    b"novel-six",
    b"novel-seven",
    b"novel-s",
    b"%PDF-1.3 with another end",
)
"""Files that try what is new in ``newer_formats``."""


def newer_formats(folder: Path, *, number: int = 110) -> Path:
    """FIDO's own formats file with formats added, one taken away, and one whose signature changed."""
    path = folder / f"formats-v{number}.xml"
    path.write_text(_newer_formats().replace("Novel Evidence", f"Novel Evidence of {number}"), "utf-8")
    return path


@cache
def _newer_formats() -> str:
    document = ElementTree.parse(_fido_file("pronom_signature"))
    root = document.getroot()
    for found in root.findall("format"):
        if found.findtext("puid") == "fmt/17":  # PDF 1.3: the signature wants another end
            pattern = found.find("signature/pattern/regex")
            assert pattern is not None
            pattern.text = r"(?s)\A%PDF-1\.3 with"
        elif found.findtext("puid") == "fmt/3":  # GIF 87a
            root.remove(found)
    for new in ElementTree.fromstring(_NEW_FORMATS):
        root.append(new)
    return ElementTree.tostring(root, encoding="unicode")


def newer_containers(folder: Path, *, day: str = "20260303") -> Path:
    """FIDO's own container file under a later date, with one more member of ZIP files that tells a format."""
    text = Path(_fido_file("pronom_container_signature")).read_text("utf-8")
    signature = (
        '<ContainerSignature Id="90010" ContainerType="ZIP"><Files><File><Path>novel.txt</Path><BinarySignatures>'
        "<InternalSignatureCollection><InternalSignature ID='1'><ByteSequence><SubSequence><Sequence>'novel member'"
        "</Sequence></SubSequence></ByteSequence></InternalSignature></InternalSignatureCollection></BinarySignatures>"
        "</File></Files></ContainerSignature>"
    )
    mapping = f'<FileFormatMapping signatureId="90010" Puid="{NEW_PUID}"/>'
    text = text.replace("</ContainerSignatures>", signature + "</ContainerSignatures>", 1)
    text = text.replace("</FileFormatMappings>", mapping + "</FileFormatMappings>", 1)
    path = folder / f"container-signature-{day}.xml"
    path.write_text(text, "utf-8")
    return path


def _fido_file(which: str) -> str:
    from fido import CONFIG_DIR
    from fido.versions import get_local_versions

    return str(Path(CONFIG_DIR, getattr(get_local_versions(), which)))


def siegfried_signatures(profile: str = "pronom") -> bytes:
    """What lies in siegfried's own signature file of that name, unpacked: it is built into pygfried."""
    import pygfried

    data = Path(pygfried.__file__).read_bytes()
    for found in re.finditer(rb"sf\0\xff\x01[\x00-\x20]", data):
        try:
            unpacked = zlib.decompressobj(-15).decompress(data[found.end() :])
        except zlib.error:
            continue
        if (b"DROID_SignatureFile_V" in unpacked) == (profile == "pronom") and len(unpacked) > 100_000:
            return unpacked
    pytest.skip("this pygfried does not hold its signatures where they were looked for")


def packed(unpacked: bytes) -> bytes:
    """A signature file of siegfried, of the version that the installed one reads."""
    import pygfried

    major, minor = (int(part) for part in pygfried.version().split(".")[:2])
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"sf\0\xff" + bytes([major, minor]) + squeeze.compress(unpacked) + squeeze.flush()


def newer_siegfried(folder: Path, *, release: int = 999, name: str = "default.sig") -> Path:
    """Siegfried's own signatures under another release of PRONOM, with PNG 1.0 and 1.2 having changed their PUIDs."""
    unpacked = siegfried_signatures()
    unpacked = re.sub(rb"(DROID_SignatureFile_V)\d{3}", rb"\g<1>%d" % release, unpacked)
    swapped = unpacked.replace(b"\x06\0fmt/11", b"\x06\0fmt/??")
    swapped = swapped.replace(b"\x06\0fmt/13", b"\x06\0fmt/11").replace(b"\x06\0fmt/??", b"\x06\0fmt/13")
    path = folder / name
    path.write_bytes(packed(swapped))
    return path
