"""``archive survey`` and ``archive ingest --dry-run`` as they are typed: text, JSON, the page, digests, room."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import re
import shlex
import shutil
import tempfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ingest_support import Place, command, write
from survey_support import put

from archive.ingest.noticed import MEANINGS
from archive.ingest.room import PAPERS, room_for
from archive.storage.descent import Descent

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
HOSTILE = (
    b"<script>alert(1)</script>.txt",
    b"<img src=http:\\\\x onerror=a>.jpg",
    b"new\nline.txt",
    b"colour\x1b[31m.txt",
    "turn\u202egpj.exe".encode(),
    b"=cmd|calc.csv",
    b"&amp;.txt",
    "фото.jpg".encode("cp1251"),
)


class Page(HTMLParser):
    """Every tag and every text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    root = tmp_path / "delivery"
    for name in HOSTILE:
        put(root, name)
    os.mkfifo(root / "pipe")
    return root


def bag(root: Path, *, wrong: bool = False) -> Path:
    data = {"data/a.txt": b"aaa", "data/b.txt": b"bbb"}
    digests = {name: hashlib.sha256(octets).hexdigest() for name, octets in data.items()}
    digests["data/b.txt"] = "0" * 64 if wrong else digests["data/b.txt"]
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    declared = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    return write(root, {**data, "bagit.txt": declared, "manifest-sha256.txt": lines.encode()})


def test_the_text_holds_no_character_that_a_terminal_obeys(hostile: Path) -> None:
    said = command("survey", hostile)
    assert said.code == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said.out)
    assert r"turn\u202egpj.exe" in said.out
    assert "names with control characters: 2" in said.out
    assert "named pipes: 1" in said.out
    assert f"archive ingest {shlex.quote(str(hostile))} --producer CODE" in said.out


def test_the_page_loads_nothing_runs_nothing_and_shows_every_name_escaped(hostile: Path, tmp_path: Path) -> None:
    page = tmp_path / "survey.html"
    assert command("survey", hostile, "--html", page).code == 0
    html = page.read_text("utf-8")
    seen = Page(html)
    assert {tag for tag, _ in seen.tags}.isdisjoint({"script", "img", "link", "iframe", "object", "a", "image", "use"})
    for _, attributes in seen.tags:
        assert not any(name.startswith("on") or name in ("src", "srcset", "style") for name in attributes)
    assert "http:" not in html.replace("http-equiv", "").replace(r"http:\\x", "").replace("http://www.w3.org", "")
    assert "<script>alert(1)</script>.txt" in seen.text
    assert r"turn\u202egpj.exe" in seen.text
    assert "\u202e" not in html and "\x1b" not in html
    assert {"svg", "table", "figure"} <= {tag for tag, _ in seen.tags}


def test_json_has_names_byte_for_byte_and_says_what_the_text_says(hostile: Path) -> None:
    told = command("survey", hostile, "--json").json
    assert (told["files"], told["folders"], told["bag"], told["html"]) == (len(HOSTILE), 1, False, None)
    found = {one["what"]: one for one in told["noticed"]}
    octets = {base64.b64decode(e["path_b64"]) for e in found["name-not-utf-8"]["examples"]}
    assert octets == {"фото.jpg".encode("cp1251")}
    assert found["fifo"]["severity"] == "warning"
    assert sum(share["files"] for share in told["by_extension"]) == told["files"]
    assert sum(share["files"] for share in told["by_beginning"]) == told["files"]
    assert sum(share["files"] for share in told["by_size"]) == told["files"]
    assert [one["what"] for one in told["noticed"]] == [str(what) for what in MEANINGS if str(what) in found]


def test_the_page_is_never_written_into_the_delivery_nor_over_anything(hostile: Path, tmp_path: Path) -> None:
    os.symlink(hostile, tmp_path / "way-in")
    for place in (hostile / "s.html", tmp_path / "way-in" / "s.html"):
        refused = command("survey", hostile, "--html", place)
        assert (refused.code, "in the delivery" in refused.err) == (2, True)
    (tmp_path / "old.html").write_text("old")
    assert command("survey", hostile, "--html", tmp_path / "old.html").code == 2
    assert (tmp_path / "old.html").read_text() == "old"
    assert len(os.listdir(hostile)) == len(HOSTILE) + 1


def test_no_scratch_file_is_made_in_the_delivery(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (hostile / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(hostile / "tmp"))
    refused = command("survey", hostile)
    assert (refused.code, "TMPDIR" in refused.err) == (2, True)


def test_a_folder_that_may_not_be_listed_needs_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, names = write(tmp_path / "delivery", {"a/1": b"1", "b/2": b"2"}), Descent.names

    def refusing(self: Descent, below: bytes) -> list[bytes]:
        if below == b"a/":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return names(self, below)

    monkeypatch.setattr(Descent, "names", refusing)
    said = command("survey", folder)
    assert (said.code, "folders that cannot be listed: 1" in said.out) == (3, True)
    assert "a  (Permission denied)" in said.out
    assert "Mend what stands first above" in said.out
    assert said.out.startswith(f"{folder}: 1 file, 2 folders")


def test_an_empty_folder_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "delivery").mkdir()
    said = command("survey", tmp_path / "delivery", "--html", tmp_path / "s.html")
    assert (said.code, "is the medium mounted?" in said.out) == (0, True)
    assert "no file here" in (tmp_path / "s.html").read_text("utf-8")


def test_what_is_no_folder_and_options_that_contradict_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert command("survey", tmp_path / "file").code == 2
    assert command("survey", tmp_path / "nothing", "--html", tmp_path / "s.html").code == 2
    assert not (tmp_path / "s.html").exists()
    assert command("survey", tmp_path, "--quick", "--verify").code == 2


def test_a_bag_is_judged_by_its_lists_and_on_demand_by_its_octets(tmp_path: Path) -> None:
    sound, wrong = bag(tmp_path / "sound"), bag(tmp_path / "wrong", wrong=True)
    judged = command("survey", wrong, "--json").json["bag_judged"]
    assert (judged["version"], judged["algorithms"], judged["files"]) == ("1.0", ["sha256"], 2)
    assert (judged["complete"], judged["valid"]) == (True, None)
    assert "--verify" in command("survey", wrong).out
    read = command("survey", wrong, "--verify", "--json")
    assert (read.code, read.json["bag_judged"]["valid"]) == (3, False)
    assert [f["subject"] for f in read.json["bag_judged"]["findings"] if f["severity"] == "error"] == ["data/b.txt"]
    assert "NOT VALID" in command("survey", wrong, "--verify").out
    assert command("survey", sound, "--verify", "--json").json["bag_judged"]["valid"] is True
    (sound / "data" / "a.txt").unlink()
    missing = command("survey", sound, "--json")
    assert (missing.code, missing.json["bag_judged"]["complete"]) == (3, False)


def test_a_table_is_matched_and_its_digests_are_read_on_demand(tmp_path: Path) -> None:
    folder = write(tmp_path / "delivery", {"a.txt": b"a", "b.txt": b"b", "b.txt.ots": b"o", "c.txt": b"c"})
    digest = hashlib.sha256(b"a").hexdigest()
    table = tmp_path / "t.csv"
    table.write_text(f"path,sha256\na.txt,{digest}\nc.txt,{'0' * 64}\ngone.txt,\n")
    told = command("survey", folder, "--metadata", table, "--json").json
    assert told["metadata"]["rows"] == 3
    assert (told["metadata"]["files_with_row"], told["metadata"]["rows_without_file"]) == (2, 1)
    assert (told["metadata"]["items_without_row"], told["metadata"]["files_without_row"]) == (1, 2)
    assert (told["digests"]["files"], told["digests"]["checked"], told["digests"]["held"]) == (2, None, None)
    read = command("survey", folder, "--metadata", table, "--verify", "--json")
    assert (read.code, read.json["digests"]["checked"], read.json["digests"]["different"]) == (3, 2, 1)
    differs = next(one for one in read.json["noticed"] if one["what"] == "digest-differs")
    assert [one["path"] for one in differs["examples"]] == ["c.txt"]


def test_an_archive_says_what_it_holds_already_and_whether_there_is_room(place: Place, tmp_path: Path) -> None:
    folder = write(tmp_path / "delivery", {"a.txt": b"aaaa", "b.txt": b"b"})
    table = tmp_path / "t.csv"
    lines = (f"{name},{hashlib.sha256((folder / name).read_bytes()).hexdigest()}" for name in ("a.txt", "b.txt"))
    table.write_text("path,sha256\n" + "\n".join(lines) + "\n")
    first = write(tmp_path / "first", {"a.txt": b"aaaa"})
    assert place.ingest(first).code == 0
    size = place.log_size()
    told = command("survey", folder, "--metadata", table, "--archive", place.home, "--json").json
    assert (told["digests"]["with_sha256"], told["digests"]["held"], told["digests"]["held_bytes"]) == (2, 1, 4)
    assert sorted(name for room in told["room"] for name in room["locations"]) == ["second", "store", "third"]
    assert sum(room["needed"] for room in told["room"]) == 3 * (5 + 2 * PAPERS)
    assert place.log_size() == size
    assert "are held already" in place("survey", folder, "--metadata", table).out


def test_an_archive_that_is_not_there_yet_is_missed_only_where_it_was_asked(
    hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("survey", hostile, "--archive", tmp_path / "none").code == 10
    assert command("--archive", tmp_path / "none", "survey", hostile).code == 0
    monkeypatch.setenv("ARCHIVE_HOME", str(tmp_path / "none"))
    assert command("survey", hostile).code == 0


def test_room_is_reckoned_disk_by_disk_and_unknown_is_not_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10 * PAPERS))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    fits, away, gone = room_for(
        4, PAPERS, {"one": tmp_path / "one", "away": None, "two": tmp_path / "two", "gone": tmp_path / "gone"}
    )
    assert (fits.locations, fits.needed, fits.enough) == (("one", "two"), 10 * PAPERS, True)
    assert [(room.locations, room.free, room.enough) for room in (away, gone)] == [
        (("away",), None, False),
        (("gone",), None, False),
    ]
    assert not room_for(5, PAPERS, {"one": tmp_path / "one", "two": tmp_path / "two"})[0].enough


def test_a_dry_run_is_the_same_survey_with_the_terms_agreed_on(place: Place, tmp_path: Path) -> None:
    (tmp_path / "terms.toml").write_text('name = "few"\nversion = 1\ntitle = "Few"\n[packages]\nmax_files = 2\n')
    assert place("producer", "add", "viasna", "--profile", tmp_path / "terms.toml").code == 0
    folder = write(tmp_path / "delivery", {f"{number}.txt": b"x" for number in range(5)})
    size = place.log_size()
    told = place.ingest(folder, "--dry-run").json
    assert (told["terms"], told["packages"], told["files"]) == ("few-1", 3, 5)
    assert (place.log_size(), place.staging(), place.packages()) == (size, [], [])
    said = place("ingest", folder, "--producer", "viasna", "--dry-run").out
    assert "3, and one for the papers (by the terms few-1)" in said
    assert "--producer viasna" in said
    assert len(place.ingest(folder).json["aips"]) == 3


def test_packages_by_person_are_counted_as_they_will_be_made(place: Place, tmp_path: Path) -> None:
    terms = 'name = "persons"\nversion = 1\ntitle = "Persons"\n[packages]\nmax_files = 2\ngroup_by = "folder"\n'
    (tmp_path / "terms.toml").write_text(terms)
    assert place("producer", "add", "viasna", "--profile", tmp_path / "terms.toml").code == 0
    names = ("a/1", "a/2", "a/3", "b/1", "c/deep/1", "c/2", "loose")
    folder = write(tmp_path / "delivery", {name: name.encode() for name in names})
    told = place.ingest(folder, "--dry-run").json
    assert (told["groups"], told["packages"]) == (4, 5)
    assert len(place.ingest(folder).json["aips"]) == 5
    assert command("survey", folder, "--json").json["groups"] is None


def test_the_guide_says_what_each_line_means() -> None:
    guide = (DOCS / "howto" / "survey.md").read_text("utf-8")
    for what, meaning in MEANINGS.items():
        assert f"| {meaning.title} |" in guide, what
    fields = (DOCS / "reference" / "json.md").read_text("utf-8")
    told = command("survey", DOCS / "howto", "--json").json
    line = next(line for line in fields.splitlines() if line.startswith("| `survey`"))
    for field in told:
        assert f"`{field}`" in line, f"{field} is not described"
