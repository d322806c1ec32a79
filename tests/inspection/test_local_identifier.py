from __future__ import annotations

import base64
import zipfile
from pathlib import Path

import pytest
from inspection_samples import JPEG, PNG, zip_of

from archive.inspection.identification import LOCAL
from archive.inspection.local_identifier import MOST_MEMBERS, LocalIdentifier
from archive.inspection.local_signatures import BY_HEAD, BY_MEMBERS
from archive.inspection.pool import examine_many
from archive.inspection.verdict import decide
from archive.model.formats import Basis, Kind


def der(tag: int, *contents: bytes) -> bytes:
    body = b"".join(contents)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    return bytes([tag, 0x82]) + len(body).to_bytes(2, "big") + body


SIGNED_DATA, TST_INFO = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("060b2a864886f70d0109100104")
SHA256 = der(0x30, bytes.fromhex("0609608648016503040201"), b"\x05\0")
TOKEN = der(
    0x30, SIGNED_DATA, der(0xA0, der(0x30, b"\x02\x01\x03", der(0x31, SHA256), der(0x30, TST_INFO), bytes(200)))
)
SIGNATURE_BODY = bytes([4, 0, 22, 8]) + bytes(60)
PROOF = b'{"File Hash SHA256":"' + b"0" * 64 + b'","Proof Generated":"2026-11-22T04:00:00Z"}'
TELLA = (
    b"File hash,File path,File name,Cells,WiFis,Timestamp,Ambient temperature,Light,Location accuracy,Locale,IPv6,IPv4,"
    b"Language,Network type,Network,Manufacturer,Data type,Hardware,Screen size,WiFi MAC,Device ID\n"
    b"00ff,/photos,a.jpg,,,1790000000000,,,3.5,be_BY,,,be,,,,,,,,0011\n"
)
MINISIGN = (
    b"untrusted comment: signature\n"
    + base64.b64encode(b"ED" + bytes(72))
    + b"\ntrusted comment: timestamp:1\n"
    + base64.b64encode(bytes(64))
    + b"\n"
)
C2PA_DESCRIPTION = b"\0\0\0\x1ejumd" + bytes.fromhex("6332706100110010800000aa00389b71") + b"\3c2pa\0"

SAMPLES: dict[str, bytes] = {
    "opentimestamps": b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94\1\x08" + bytes(32),
    "rfc3161-response": der(0x30, der(0x30, b"\x02\x01\0"), TOKEN),
    "rfc3161-token": TOKEN,
    "rfc3161-query": der(0x30, b"\x02\x01\x01", der(0x30, SHA256, der(0x04, bytes(32))), b"\x01\x01\xff"),
    "openpgp-signature-armored": b"-----BEGIN PGP SIGNATURE-----\n\niQ==\n=AAAA\n-----END PGP SIGNATURE-----\n",
    "openpgp-signature": bytes([0xC2, len(SIGNATURE_BODY)]) + SIGNATURE_BODY,
    "minisign-signature": MINISIGN,
    "c2pa-manifest": (8 + len(C2PA_DESCRIPTION)).to_bytes(4, "big") + b"jumb" + C2PA_DESCRIPTION,
    "proofmode-proof": PROOF,
    "tella-metadata": TELLA,
    "proofmode-export": zip_of({f"{'0' * 64}.proof.csv": b"", "pubkey.asc": b""}),
    "wacz": zip_of({"datapackage.json": b"{}", "archive/data.warc.gz": b"", "pages/pages.jsonl": b""}),
}


@pytest.fixture(scope="module")
def identifier() -> LocalIdentifier:
    return LocalIdentifier()


def puids(identifier: LocalIdentifier, path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    return [match.puid for match in identifier.identify(path, name="evidence").matches]


@pytest.mark.parametrize("name", SAMPLES)
def test_each_format_of_ours_is_told_by_its_bytes(name: str, identifier: LocalIdentifier, tmp_path: Path) -> None:
    assert puids(identifier, tmp_path / "evidence", SAMPLES[name]) == [LOCAL + name]


def test_every_signature_has_a_sample() -> None:
    assert {LOCAL + name for name in SAMPLES} == {known.format.puid for known in (*BY_HEAD, *BY_MEMBERS)}


@pytest.mark.parametrize(
    "other",
    [
        TELLA.replace(b"WiFis", b"Wifis"),
        TELLA.replace(b",Device ID\n", b"\n"),
        TELLA.partition(b"\n")[0],
        b"File name,File hash\na.jpg,00ff\n",
    ],
)
def test_a_table_with_other_headings_is_not_tellas(other: bytes, identifier: LocalIdentifier, tmp_path: Path) -> None:
    assert puids(identifier, tmp_path / "evidence", other) == []


@pytest.mark.parametrize("name", [name for name, data in SAMPLES.items() if data[:1] in (b"0", b"\xc2")])
def test_a_structure_that_does_not_fill_the_file_is_not_taken_for_one(
    name: str, identifier: LocalIdentifier, tmp_path: Path
) -> None:
    assert puids(identifier, tmp_path / "evidence", SAMPLES[name] + b"more") == []


def test_an_old_style_openpgp_packet_is_a_signature_too(identifier: LocalIdentifier, tmp_path: Path) -> None:
    packet = bytes([0x88, len(SIGNATURE_BODY)]) + SIGNATURE_BODY
    assert puids(identifier, tmp_path / "evidence", packet) == ["local/openpgp-signature"]


@pytest.mark.parametrize("name", ["opentimestamps", "rfc3161-response", "rfc3161-query", "minisign-signature"])
def test_what_the_registries_confuse_is_named_by_us(name: str, tmp_path: Path) -> None:
    path = tmp_path / "document.pdf.ots"
    path.write_bytes(SAMPLES[name])
    (answers,) = examine_many([(path, path.name)], workers=1)
    verdict = decide(answers)
    assert (verdict.kind, verdict.format and verdict.format.puid) == (Kind.LOCAL, LOCAL + name)


@pytest.mark.parametrize(("data", "name"), [(JPEG, "picture.jpg"), (PNG, "picture.png")])
def test_a_picture_that_is_cut_off_is_recognised_and_not_named(data: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data[:9])
    (answers,) = examine_many([(path, name)], workers=1)
    verdict = decide(answers)
    assert (verdict.kind, verdict.format, verdict.basis) == (Kind.DAMAGED, None, Basis.MAGIC)


def test_a_zip_file_of_very_many_members_is_left_to_the_others(identifier: LocalIdentifier, tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(MOST_MEMBERS + 1):
            archive.writestr(zipfile.ZipInfo(f"{number}.proof.json"), b"")
    (match,) = identifier.identify(path, name="many.zip").matches
    assert match.basis is Basis.MAGIC
