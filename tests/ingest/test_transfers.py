"""How a delivery came into the archive's hands: the medium, its seal, the hand-over; said once and never otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ingest_support import Place, premis_of, write

from archive.errors import UsageError
from archive.ingest.transfer import Note, joined, said_transfer
from archive.model.transfer import SealState, Transfer
from archive.storage.mounts import mount_under
from premis.model import Agent, Event

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SAID = ("--medium", "WD Elements WX12", "--seal", "004411", "--seal-state", "intact", "--handed-over-by", "K-07")
MORE = ("--received-by", "A-01", "--handed-over-at", "2026-11-20T14:05+01:00")


def transfers(place: Place, accession: str) -> list[dict[str, object]]:
    shown = place("accession", "show", accession, "--json")
    assert shown.code == 0, shown.err
    return list(shown.json["transfers"])


def test_a_hand_over_is_in_the_log_the_catalogue_and_the_papers(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a"})
    note = tmp_path / "протокол.pdf"
    note.write_bytes(b"%PDF signed")
    answer = place.ingest(root, *SAID, *MORE, "--hand-over-note", note)
    assert answer.code == 0, answer.err
    (told,) = transfers(place, answer.json["accession"])
    assert (told["medium"], told["seal"], told["seal_state"]) == ("WD Elements WX12", "004411", "intact")
    assert (told["handed_over_by"], told["received_by"]) == ("K-07", "A-01")
    assert (told["handed_over_at"], told["note_name"]) == ("2026-11-20T13:05:00.000000Z", "протокол.pdf")
    assert "medium-writable" in answer.codes()
    papers = place.bag(answer.json["accession_package"])
    kept = papers / "data/documentation/submission/hand-over/протокол.pdf"
    assert kept.read_bytes() == b"%PDF signed"
    entities = premis_of(papers / "data/metadata/preservation/premis.xml")
    (moved,) = [e for e in entities if isinstance(e, Event) and e.type.value == "transfer"]
    assert "WD Elements WX12" in moved.details[0] and moved.date_time == "2026-11-20T13:05:00.000000Z"
    named = {agent.identifier.value for agent in moved.agents}
    assert named == {"agent:K-07", "agent:A-01"}
    assert named <= {e.identifier.value for e in entities if isinstance(e, Agent)}
    again = Place(tmp_path / "again")
    assert again("catalogue", "rebuild", "--from", tmp_path / "second").code == 0
    assert transfers(again, answer.json["accession"]) == [told]


def test_what_is_told_later_is_added_and_what_contradicts_is_refused(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a"})
    first = place.ingest(root, *SAID, "--keep-open")
    accession = first.json["accession"]
    assert first.code == 0 and first.json["state"] == "open"
    other = place.ingest(root, "--seal", "999", "--keep-open")
    assert other.code == 2 and "the seal was recorded as '004411' and is now said to be '999'" in other.err
    assert place.ingest(root, *SAID, *MORE, "--keep-open").json["accession"] == accession
    size = place.log_size()
    assert place.ingest(root, *MORE, "--keep-open").code == 0
    assert place.log_size() == size  # nothing new was said
    assert transfers(place, accession)[0]["received_by"] == "A-01"
    assert place("accession", "close", accession).code == 0
    assert place.ingest(root, *SAID).json["accession"] == accession
    late = place.ingest(root, "--hand-over-note", root / "a")
    assert late.code == 2 and "is closed" in late.err


def test_a_seal_that_is_not_intact_needs_a_person(place: Place, tmp_path: Path) -> None:
    root = write(tmp_path / "d", {"a": b"a"})
    answer = place.ingest(root, "--medium", "USB 1", "--seal-state", "broken")
    assert answer.code == 3 and answer.json["state"] == "closed" and answer.subjects("seal-not-intact") == ["USB 1"]
    receipt = place("accession", "receipt", answer.json["accession"], "--json").json
    assert any("seal-not-intact" in point for point in receipt["open_points"])


def test_two_media_of_one_accession_each_have_their_own(place: Place, tmp_path: Path) -> None:
    one, two = write(tmp_path / "1", {"a": b"a"}), write(tmp_path / "2", {"b": b"b"})
    note = tmp_path / "note.txt"
    note.write_text("both disks")
    given = ("--hand-over-note", note)
    accession = place.ingest(one, "--medium", "disk 1", *given, "--keep-open").json["accession"]
    second = place.ingest(two, "--medium", "disk 2", *given, "--accession", accession)
    assert second.code == 0 and second.json["received"] == 2 and second.json["state"] == "closed", second.err
    assert [told["medium"] for told in transfers(place, accession)] == ["disk 1", "disk 2"]
    papers = place.bag(second.json["accession_package"]) / "data/documentation"
    listings = [papers / "listing.jsonl", papers / "earlier/1/listing.jsonl"]
    names = [{json.loads(line)["path"] for line in path.read_text().splitlines()} for path in listings]
    assert names == [{"b"}, {"a"}]
    assert [p.name for p in (papers / "submission/hand-over").iterdir()] == ["note.txt"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"handed_over_by": "Ivan Ivanov"}, "is no code"),
        ({"received_by": "a/b"}, "is no code"),
        ({"medium": " "}, "one line"),
        ({"seal": "a\nb"}, "one line"),
        ({"medium": "x\u202ey"}, "one line"),
        ({"medium": "x" * 201}, "one line"),
        ({"handed_over_at": "yesterday"}, "is no time"),
        ({"handed_over_at": "2026-11-20T10:00"}, "is no time"),
        ({"handed_over_at": "2026-13-01"}, "is no time"),
        ({"handed_over_at": "2026-11-23"}, "has not come yet"),
    ],
)
def test_what_cannot_be_so_is_refused(said: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        said_transfer(now=NOW, **said)  # type: ignore[arg-type]


def test_a_day_stays_a_day_and_nothing_said_is_nothing() -> None:
    assert said_transfer(now=NOW) is None
    told = said_transfer(now=NOW, handed_over_at="2026-11-20", note=Note(b"n", b"x"))
    assert told is not None and told.handed_over_at == "2026-11-20" and told.note_name == b"n"


def test_joining_adds_and_never_replaces() -> None:
    known = Transfer(medium="m", seal_state=SealState.INTACT)
    assert joined(None, known, of="x") == known
    assert joined(known, None, of="x") is None and joined(known, Transfer(medium="m"), of="x") is None
    assert joined(known, Transfer(seal="1"), of="x") == Transfer(medium="m", seal="1", seal_state=SealState.INTACT)
    with pytest.raises(UsageError, match="how the seal was found was recorded as 'intact'"):
        joined(known, Transfer(seal_state=SealState.BROKEN), of="x")


def test_the_table_of_mounts_tells_what_can_be_written_to(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 0:20 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "30 22 0:30 / /media/usb\\040one ro,nosuid shared:2 master:1 - vfat /dev/sdc1 ro\n"
        "31 22 0:31 / /media/twice rw - vfat /dev/sdd1 rw\n"
        "32 31 0:32 / /media/twice ro - vfat /dev/sde1 rw\n"
        "33 22 0:33 / /media/device rw - vfat /dev/sdf1 ro\n"
        "rubbish\n"
    )

    def writable(path: str) -> bool | None:
        found = mount_under(Path(path), table=table)
        return None if found is None else found.writable

    assert writable("/media/usb one/d") is False and writable("/media/usb") is True
    assert writable("/media/twice") is False and writable("/media/device/x") is False and writable("/home") is True
    assert mount_under(Path("/"), table=tmp_path / "absent") is None
