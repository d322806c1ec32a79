"""What every identifier said stands in the package, and where they disagree a person is told."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from ingest_support import Answer, Evidence, Place, premis_of

from archive import assembly
from archive.model.records import IdentificationRecord
from premis.model import Agent

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
    b"\0\0\0\nIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82"
)
OTS = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94\1\x08" + bytes(32)


@pytest.fixture
def taken_in(place: Place, tmp_path: Path) -> tuple[Place, Answer]:
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    (delivery / "whole.png").write_bytes(PNG)
    (delivery / "cut.png").write_bytes(PNG[:12])
    (delivery / "words.csv").write_bytes(b"\0\1 no words")
    (delivery / "whole.png.ots").write_bytes(OTS)
    with zipfile.ZipFile(delivery / "sound.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    return place, place.ingest(delivery)


def formats(place: Place, answer: Answer) -> dict[str, Evidence]:
    return {file.path: file for file in place.evidence(answer)}


def named(file: Evidence) -> tuple[str | None, ...]:
    return tuple(format.registry_key for format in file.object.characteristics[0].formats)


def notes(file: Evidence) -> str:
    return "\n".join(note for format in file.object.characteristics[0].formats for note in format.notes)


def test_where_both_agree_one_format_carries_both_answers(taken_in: tuple[Place, Answer]) -> None:
    file = formats(*taken_in)["whole.png"]
    (format,) = file.object.characteristics[0].formats
    assert (format.registry_name, format.registry_key) == ("PRONOM", "fmt/11")
    assert [note.split(";")[0] for note in format.notes] == ["verdict: agreed", "basis: signature", "basis: signature"]
    assert "fido 1.6.1, PRONOM v109" in notes(file)
    assert "siegfried 1.11" in notes(file)


def test_a_name_alone_names_no_format(taken_in: tuple[Place, Answer]) -> None:
    file = formats(*taken_in)["words.csv"]
    assert set(named(file)) == {None}
    assert "verdict: suggested" in notes(file)


def test_a_format_of_ours_is_marked_as_ours(taken_in: tuple[Place, Answer]) -> None:
    first = formats(*taken_in)["whole.png.ots"].object.characteristics[0].formats[0]
    assert (first.registry_name, first.registry_key) == ("evidence-archive", "local/opentimestamps")


def test_what_a_person_should_look_at_is_a_finding_an_event_and_in_the_review(taken_in: tuple[Place, Answer]) -> None:
    place, answer = taken_in
    assert answer.subjects("format-review") == ["cut.png"]
    assert {finding["severity"] for finding in answer.found("format-review")} == {"info"}
    assert answer.code == 0
    events = formats(place, answer)["cut.png"].events_of("format identification")
    assert any("verdict: damaged" in note for e in events for o in e.outcomes for note in o.notes)
    review = place("formats", "review", "--json")
    assert review.code == 3
    assert [json.loads(line)["name"] for line in review.out.splitlines()] == ["cut.png"]


def test_the_log_says_with_the_seal_what_every_file_is(taken_in: tuple[Place, Answer]) -> None:
    place, answer = taken_in
    with assembly.reading(place.home) as archive:
        records = list(archive.holdings.log.records())
        names = {row.id: row.name.decode() for row in archive.holdings.catalogue.files(answer.json["accession"])}
        rows = archive.holdings.catalogue.file_formats(answer.json["aips"][0])
        held = archive.holdings.catalogue.format_holdings()
    kinds = [record.kind for _, record in records]
    (told,) = [record for _, record in records if isinstance(record, IdentificationRecord)]
    assert kinds.index("seal") < kinds.index("identification") < kinds.index("replication")
    assert kinds.count("identification") == 1
    assert told.package == answer.json["aips"][0]
    assert [tool.tool for tool in told.tools] == ["fido", "siegfried", "evidence-archive-signatures"]
    assert {names[file.file]: (file.puid, str(file.verdict)) for file in told.files} == {
        "whole.png": ("fmt/11", "agreed"),
        "cut.png": (None, "damaged"),
        "words.csv": (None, "suggested"),
        "whole.png.ots": ("local/opentimestamps", "local"),
        "sound.zip": ("x-fmt/263", "agreed"),
    }
    assert told.formats["fmt/11"] == "Portable Network Graphics 1.0"
    assert [names[file] for file in told.said] == ["cut.png"]
    assert {(row.file, row.puid, row.verdict) for row in rows} == {(f.file, f.puid, f.verdict) for f in told.files}
    assert sum(one.files for one in held) == 5


def test_every_identifier_is_an_agent_with_its_versions(taken_in: tuple[Place, Answer]) -> None:
    place, answer = taken_in
    bag = place.bag(answer.json["aips"][0])
    for path in (
        "data/metadata/preservation/premis.xml",
        "data/representations/original/metadata/preservation/premis.xml",
    ):
        agents = {a.names[0]: a for a in premis_of(bag / path) if isinstance(a, Agent)}
        assert {"fido", "siegfried", "evidence-archive-signatures"} <= set(agents)
        assert agents["siegfried"].notes[0].startswith("signatures: PRONOM v1")
