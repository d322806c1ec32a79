"""A delivery with every kind of name and of thing a Linux disk can hold: exactly the expected outcomes."""

from __future__ import annotations

import csv
import os
import socket
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ingest_support import (
    CONTENT,
    Answer,
    Evidence,
    Place,
    add_up,
    assert_bagit_python_agrees,
    assert_documents_are_valid,
    assert_lists_are_right,
    package_identifiers,
    premis_of,
    schemas_with_ours,
    snapshot,
)

from archive.model.moments import moment_from_ns
from archive.model.names import in_xml
from premis.model import Event, RightsStatement

PLAIN = [
    "допрос 12.txt",
    "папка/допрос 12.txt",
    "ўзнагарода ёлка.txt",
    "Photo (1) [copy] {a}, b; c@d #1 $2 & e's ^f+g.jpg",
    "文書.txt",
    "\U0001f600.txt",
    "in\u00a0side.txt",
    ".hidden",
    "-rf",
    "--help",
    "@formula.csv",
    "+formula.csv",
    "~tilde",
    "`id`.txt",
    "$(id).txt",
    "no extension",
    "a.b.c.d",
    "Thumbs.db",
    "papers/metadata.csv",
    "МЕТКА/one",
    "METS.xml",
    "bagit.txt.bak",
]
RESPELLED: list[str | bytes] = [
    "=formula.csv",
    "=41.txt",
    "a=~b",
    "100%.txt",
    "%41.txt",
    "back\\slash.txt",
    "a<b>c:d\"e|f?g*h.txt",
    "new\nline.txt",
    "carriage\rreturn.txt",
    "both\r\nof them",
    "tab\tulator.txt",
    "escape\x1b[31m.txt",
    "bell\x07",
    "delete\x7f",
    "next\u0085line.txt",
    "line\u2028separator.txt",
    "paragraph\u2029separator.txt",
    "ends with nbsp\u00a0",
    "\u3000starts wide",
    "bidi \u202egpj.exe",
    "isolate \u2066x\u2069",
    "mark\u200e.txt",
    "noncharacter \ufdd0",
    "noncharacter \uffff",
    "noncharacter \U0001fffe",
    "и\u0306 apart.txt",
    "\u212bngstrom",
    "\u1100\u1161 jamo",
    "CON",
    "nul.txt",
    "Com1.tar.gz",
    "LPT9 .txt",
    "trailing dot.",
    "trailing blank ",
    " leading blank",
    "...",
    " ",
    "dot folder./trailing/dot folder.",
    "AUX/in a device's folder",
    b"not utf-8 \xff\xfe.txt",
    b"cp1251 \xe4\xee\xef\xf0\xee\xf1.doc",
    b"surrogate \xed\xa0\x80",
    b"overlong \xc0\xaf",
    b"\xff/not utf-8 folder/\x80",
]  # fmt: skip
TWINS = [
    "twin/Foto.jpg",
    "twin/foto.jpg",
    "twin/FOTO.jpg",
    "twin/й",
    "twin/и\u0306",
    "twin/straße",
    "twin/STRASSE",
    "twin/\u00c5",
    "twin/A\u030a",
    "twin/\u212b",
    "twin/a\u030a",
    "twin/Folder",
    "twin/folder/file",
    "twin/FOLDER/file",
]
LONG: list[str | bytes] = [
    "x" * 251 + ".jpg",
    "ж" * 127,
    "文" * 85,
    "%" * 255,
    "%" * 254 + "a",
    "%" * 254 + "A",
    b"\xff" * 255,
    "/".join(["a long folder name"] * 12) + "/film.mp4",
    "/".join(["文" * 80] * 4) + "/" + "文" * 84 + ".a",
    "/".join(["d"] * 300) + "/deep",
    "/".join(["d"] * 300) + "/Deep",
]
NAMES = [os.fsencode(name) for name in (*PLAIN, *RESPELLED, *TWINS, *LONG)]

TIMES = [0, 1, -1, 1_600_000_000_123_456_789, -1_000_000_000_000_000_001, 4_102_444_800_999_999_999]


@dataclass(frozen=True)
class Generated:
    """The delivery as made, and what came of it."""

    place: Place
    folder: Path
    times: dict[bytes, int]
    content: dict[bytes, bytes]
    before: dict[bytes, tuple[object, ...]]
    after: dict[bytes, tuple[object, ...]]
    answer: Answer
    evidence: dict[bytes, Evidence]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    root = tmp_path_factory.mktemp("generated")
    folder = root / "delivery\nof \U0001f600\uffff"
    content = {name: b"content of " + name for name in NAMES}
    content |= {b"duplicates/%d" % n: b"said three times" for n in range(3)}
    content |= {b"empty/%d.txt" % n: b"" for n in range(2)}
    content |= {b"hard/1": b"one file", b"hard/2": b"one file", b"read only/file": b"may be read, not changed"}
    for name, data in content.items():
        path = os.path.join(os.fsencode(folder), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if name == b"hard/2":
            os.link(os.path.join(os.fsencode(folder), b"hard/1"), path)
            continue
        with open(path, "xb") as file:
            file.write(data)
    _add_oddities(folder)
    _set_times(folder, content)
    os.chmod(folder / "read only" / "file", 0o400)
    os.chmod(folder / "read only", 0o555)
    times = {name: os.lstat(os.path.join(os.fsencode(folder), name)).st_mtime_ns for name in content}
    place = Place.make(root)
    before = snapshot(folder)
    answer = place.ingest(folder)
    after = snapshot(folder)
    evidence = {file.name: file for file in place.evidence(answer)}
    yield Generated(place, folder, times, content, before, after, answer, evidence)
    os.chmod(folder / "read only", 0o755)


def _add_oddities(folder: Path) -> None:
    odd = folder / "odd"
    odd.mkdir()
    (odd / "link to file").symlink_to("../.hidden")
    (odd / "link to folder").symlink_to("../twin")
    (odd / "dangling").symlink_to("nowhere at all")
    (odd / "loop").symlink_to("loop")
    (odd / "outside").symlink_to("/etc/passwd")
    os.symlink(b"\xff\n", os.path.join(os.fsencode(odd), b"link \xfe"))
    os.mkfifo(odd / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        descriptor = os.open(odd, os.O_RDONLY)  # a socket's path is short; folders of tests are not
        try:
            server.bind(f"/proc/self/fd/{descriptor}/socket")
        finally:
            os.close(descriptor)
    (odd / "empty folder").mkdir()
    (odd / "empty folder 2" / "inner").mkdir(parents=True)


def _set_times(folder: Path, names: dict[bytes, bytes]) -> None:
    for number, name in enumerate(names):
        time = TIMES[number % len(TIMES)] + number
        os.utime(os.path.join(os.fsencode(folder), name), ns=(time, time))


def test_the_numbers_are_exactly_those_delivered(generated: Generated) -> None:
    said = generated.answer.json
    assert generated.answer.code == 0, generated.answer.err
    assert said["received"] == len(generated.content)
    assert said["duplicate"] == 2 + 1 + 1  # of the three alike, of the two empty ones, of the two hard links
    assert said["accepted"] == len(generated.content) - 4
    assert (said["quarantined"], said["rejected"], said["pending"]) == (0, 0, 0)
    assert said["state"] == "closed"
    assert len(said["aips"]) == 1
    assert add_up(generated.answer)


def test_what_holds_no_bytes_is_found_and_not_received(generated: Generated) -> None:
    kinds = Counter(finding["code"] for finding in generated.answer.json["findings"])
    assert kinds == {"link": 6, "fifo": 1, "socket": 1, "empty-folder": 2}
    assert set(generated.answer.subjects("empty-folder")) == {"odd/empty folder", "odd/empty folder 2/inner"}
    assert "odd/link \\xfe" in generated.answer.subjects("link")
    assert not any(name.startswith(b"odd/") for name in generated.evidence)


def test_every_name_is_had_back_byte_for_byte(generated: Generated) -> None:
    assert set(generated.evidence) == set(generated.content)
    for name, file in generated.evidence.items():
        assert file.unescaped in (name, None)
        assert file.original_name == in_xml(name)
    cut = {name for name, file in generated.evidence.items() if file.unescaped is None}
    assert cut <= {os.fsencode(name) for name in LONG}


def test_an_ordinary_name_keeps_its_spelling_and_another_has_an_event(generated: Generated) -> None:
    for name in PLAIN:
        assert generated.evidence[name.encode()].path == name
    for name, file in generated.evidence.items():
        assert len(file.events_of("filename change")) == (file.path.encode() != name)
    assert sum(file.path.encode() != name for name, file in generated.evidence.items()) >= len(RESPELLED)


def test_every_byte_and_every_nanosecond_is_kept(generated: Generated) -> None:
    for name, file in generated.evidence.items():
        assert file.data == generated.content[name]
        assert file.modified == moment_from_ns(generated.times[name])
        assert file.object.characteristics[0].size == len(generated.content[name])
    stored = (generated.evidence[name].bag / CONTENT / generated.evidence[name].path for name in generated.content)
    assert [path.stat().st_mtime_ns for path in stored] == [generated.times[name] for name in generated.content]


def test_the_package_holds_what_was_delivered_and_nothing_else(generated: Generated) -> None:
    (aip,) = generated.answer.json["aips"]
    content = generated.place.bag(aip) / CONTENT
    files = {str(path.relative_to(content)) for path in content.rglob("*") if not path.is_dir()}
    assert files == {file.path for file in generated.evidence.values()}
    assert not any(path.is_symlink() or not any(path.iterdir()) for path in content.rglob("*") if path.is_dir())
    assert all(stat.S_ISREG(path.lstat().st_mode) for path in content.rglob("*") if not path.is_dir())


def test_hard_links_are_known_as_one_file(generated: Generated) -> None:
    groups = {name: file.hard_link_group for name, file in generated.evidence.items() if file.hard_link_group}
    assert set(groups) == {b"hard/1", b"hard/2"}
    assert len(set(groups.values())) == 1


def test_the_listing_tells_what_stood_in_the_delivery(generated: Generated) -> None:
    listing = generated.place.listing(generated.answer)
    root = os.fsencode(generated.folder) + b"/"
    assert {root + path for path in listing} == set(generated.before) - {root[:-1]}
    assert listing[b"odd/dangling"]["kind"] == "link"
    assert listing[b"odd/dangling"]["target"] == "nowhere at all"
    assert listing[b"odd/link \xfe"]["target_b64"] == "/wo="
    assert listing[b"odd/loop"]["target"] == "loop"
    assert listing[b"odd/fifo"]["kind"] == "fifo"
    assert listing[b"odd/socket"]["kind"] == "socket"
    assert listing[b"odd/empty folder"] | {"empty": True} == listing[b"odd/empty folder"]
    assert "empty" not in listing[b"odd/empty folder 2"]
    assert all("error" not in line for line in listing.values())
    for name, time in generated.times.items():
        assert (listing[name]["size"], listing[name]["mtime_ns"]) == (len(generated.content[name]), time)


def test_the_delivered_folder_is_left_without_a_trace(generated: Generated) -> None:
    assert generated.after == generated.before


def test_unknown_rights_are_an_embargo(generated: Generated) -> None:
    (aip,) = generated.answer.json["aips"]
    entities = premis_of(generated.place.bag(aip) / "data/metadata/preservation/premis.xml")
    rights = [entity for entity in entities if isinstance(entity, RightsStatement)]
    assert [statement.basis.value for statement in rights] == ["other"]
    assert rights[0].other is not None
    assert rights[0].other.basis.value == "embargo"
    kinds = {entity.type.value for entity in entities if isinstance(entity, Event)}
    assert {"ingestion", "message digest calculation", "virus check", "format identification"} <= kinds


def test_the_receipt_names_every_file_once_and_arms_no_spreadsheet(generated: Generated) -> None:
    lines = generated.place.receipt(generated.answer).splitlines()
    assert len(lines) == 1 + len(generated.content)
    paths = [row["path"] for row in csv.DictReader(lines)]
    assert {"'=formula.csv", "'@formula.csv", "'+formula.csv", "'-rf"} <= set(paths)
    assert generated.evidence[b"=formula.csv"].path == "=3Dformula.csv"


def test_every_package_is_right_and_every_replica_is_like_the_other(generated: Generated) -> None:
    replicas = generated.place.replicas()
    assert len(replicas) == 6
    for replica in replicas:
        assert generated.place("verify", replica).code == 0
    assert generated.place("audit").code == 0


def test_other_peoples_tools_agree_on_every_name(generated: Generated) -> None:
    for replica in generated.place.replicas():
        assert_lists_are_right(replica)
    assert_bagit_python_agrees(generated.place.replicas())


def test_the_documents_carry_every_name(generated: Generated, shared: Path) -> None:
    (aip,) = generated.answer.json["aips"]
    bag, papers = generated.place.bag(aip), generated.place.bag(generated.answer.json["accession_package"])
    schemas = schemas_with_ours(shared, bag)
    assert_documents_are_valid(bag, schemas)
    assert_documents_are_valid(papers, schemas, known=package_identifiers(bag))
    title = (bag / "data/metadata/descriptive/dc.xml").read_text("utf-8")
    assert "delivery\\nof \U0001f600\\uffff, from viasna" in title
