"""Time-stamps that lie beside delivered files are judged at ingest, by the roots this archive trusts."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from local_authority import LocalAuthority

from archive.cli import run
from archive.custody.judgement import make_request
from premis.model import Event, File
from premis.reader import read_premis


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / "local")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / "stranger")


def archive(home: Path, *words: str | Path) -> dict[str, Any]:
    out = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out):
        run(["--archive", str(home), *map(str, words)])
    out.flush()
    said: dict[str, Any] = json.loads(out.buffer.getvalue())
    return said


def ingested(tmp_path: Path, files: dict[str, bytes], roots: Path | None) -> tuple[dict[str, Any], dict[str, str]]:
    """What ingest says, and what is said of each signature: its note by the name of the file."""
    home, delivery = tmp_path / "home", tmp_path / "delivery"
    delivery.mkdir()
    for name, data in files.items():
        (delivery / name).write_bytes(data)
    assert run(["init", str(home)]) == 0
    if roots is not None:
        with open(home / "archive.toml", "a") as toml:
            toml.write(f'\n[[timestamps]]\nname = "local"\nurl = "https://127.0.0.1:1/tsr"\nca = "{roots}"\n')
    answer = archive(home, "ingest", delivery, "--producer", "p", "--json")
    (aip,) = answer["aips"]
    premis = home / "store" / aip[:2] / aip / "data/representations/original/metadata/preservation/premis.xml"
    entities = list(read_premis(premis))
    names = {e.identifiers[0]: e.original_name or "" for e in entities if isinstance(e, File)}
    notes = {
        names[event.objects[0].identifier]: str(event.outcomes[0].notes[0])
        for event in entities
        if isinstance(event, Event) and event.type.value == "digital signature validation"
    }
    return answer, notes


def test_a_right_token_is_valid_and_names_its_moment(tmp_path: Path, local: LocalAuthority) -> None:
    token = local.answer(make_request(b"photo"))
    answer, notes = ingested(tmp_path, {"a.jpg": b"photo", "a.jpg.tsr": token}, local.ca)
    assert notes["a.jpg.tsr"].startswith("valid (CN=local stamps says that it existed at ")
    assert "signature-invalid" not in {finding["code"] for finding in answer["findings"]}


def test_a_token_of_another_file_or_an_altered_one_is_invalid_and_told(tmp_path: Path, local: LocalAuthority) -> None:
    other, token = local.answer(make_request(b"another photo")), bytearray(local.answer(make_request(b"film")))
    token[-3] ^= 1
    files = {"a.jpg": b"photo", "a.jpg.tsr": other, "b.mov": b"film", "b.mov.tsr": bytes(token)}
    answer, notes = ingested(tmp_path, files, local.ca)
    assert notes["a.jpg.tsr"].startswith("invalid (it is about something else")
    assert notes["b.mov.tsr"].startswith("invalid (its signature does not fit")
    told = [finding["subject"] for finding in answer["findings"] if finding["code"] == "signature-invalid"]
    assert told == ["a.jpg.tsr", "b.mov.tsr"]
    assert answer["accepted"] == 4


@pytest.mark.parametrize("trusting", [True, False])
def test_a_token_of_an_authority_nobody_here_trusts_proves_nothing_either_way(
    tmp_path: Path, local: LocalAuthority, stranger: LocalAuthority, trusting: bool
) -> None:
    token = stranger.answer(make_request(b"photo"))
    _, notes = ingested(tmp_path, {"a.jpg": b"photo", "a.jpg.tsr": token}, local.ca if trusting else None)
    assert notes["a.jpg.tsr"].startswith("unverifiable (no trusted root vouches for CN=stranger stamps")


def test_what_is_no_token_or_too_large_for_one_is_unverifiable(tmp_path: Path, local: LocalAuthority) -> None:
    files = {"a.jpg": b"a", "a.jpg.tsr": b"", "b.jpg": b"b", "b.jpg.tsr": b"0" * (1 << 21), "c.jpg": b"c"}
    _, notes = ingested(tmp_path, {**files, "c.jpg.tsr": b"\x30\x80" * 1000}, local.ca)
    assert notes["b.jpg.tsr"] == "unverifiable (too large for a time-stamp response)"
    assert all(notes[name].startswith("unverifiable (no time-stamp response") for name in ("a.jpg.tsr", "c.jpg.tsr"))


def test_of_several_files_the_one_whose_digest_it_holds_is_meant(tmp_path: Path, local: LocalAuthority) -> None:
    token, other = local.answer(make_request(b"film")), local.answer(make_request(b"lost"))
    files = {"a.jpg": b"photo", "a.mov": b"film", "a.tsr": token, "b.jpg": b"x", "b.mov": b"y", "b.tsr": other}
    _, notes = ingested(tmp_path, files, local.ca)
    assert notes["a.tsr"].startswith("valid (")
    assert notes["b.tsr"] == "unverifiable (it is about none of the 2 files beside it)"


def test_roots_that_cannot_be_read_stop_no_ingest(tmp_path: Path, local: LocalAuthority) -> None:
    token = local.answer(make_request(b"photo"))
    answer, notes = ingested(tmp_path, {"a.jpg": b"photo", "a.jpg.tsr": token}, tmp_path / "nowhere.pem")
    assert notes["a.jpg.tsr"].startswith("unverifiable (no trusted roots: ")
    assert answer["state"] == "closed"
