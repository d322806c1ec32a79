"""Records that a newer program wrote, and records that somebody forged: each is called what it is, and stops nothing.

A newer program is made here out of this one: classes are added to copies of the tables that name the classes.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from approvals_support import Sample

from archive.codec import record_codec
from archive.custody.keys import create_key
from archive.custody.leaf import Pair, commitment
from archive.custody.log import CustodyLog
from archive.holdings import folding, program
from archive.model import record_versions
from archive.model.governance_records import ED25519_SPKI
from archive.model.moments import format_moment
from archive.model.record import PrivateRecord, Record
from archive.model.records import KeyRecord, ProducerRecord

REQUEST = "11111111-1111-4111-8111-111111111111"
DAMAGE, NEEDS_A_PERSON, FAILED = 20, 3, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherRecord(PrivateRecord):
    kind: ClassVar[str] = "weather"
    degrees: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerV3(PrivateRecord):
    kind: ClassVar[str] = "producer"
    v: int = 3
    code: str
    name: str
    colour: str | None = None


def _producer(old: Any) -> ProducerV3:
    common = {name: getattr(old, name) for name in ("time", "clock", "actor", "machine", "version", "reason")}
    return ProducerV3(**common, v=old.v, code=old.code, name=old.name)


@contextmanager
def newer_program() -> Iterator[None]:
    """This program with one more kind, and with a field added to a kind under a new version."""
    with pytest.MonkeyPatch.context() as patch:
        step = folding.STEPS[ProducerRecord]
        for table, more in (
            (record_versions.VERSIONS, {("weather", 1): WeatherRecord, ("producer", 3): ProducerV3}),
            (record_versions.NEWEST, {"weather": WeatherRecord, "producer": ProducerV3}),
            (record_versions.UPCASTS, {ProducerRecord: _producer}),
            (folding.STEPS, {WeatherRecord: lambda catalogue, run: None, ProducerV3: step}),
        ):
            for key, value in more.items():
                patch.setitem(table, key, value)  # type: ignore[arg-type]
        patch.setattr(record_codec, "_FORMS", {})
        program.this_program.cache_clear()
        try:
            yield
        finally:
            program.this_program.cache_clear()


def by_newer_program(sample: Sample) -> int:
    """Let a newer program write in both its new ways; the number of its first such record."""
    from archive import assembly

    with newer_program(), assembly.changing(sample.home, doing="testing") as archive:
        holdings = archive.holdings
        holdings.record(
            [
                WeatherRecord(**holdings.stamp("it rained"), degrees=7),
                ProducerV3(**holdings.stamp(), code="p9", name="Partner", colour="blue"),
            ]
        )
        holdings.copy_log()
        return holdings.log.size - 2


def remarks(sample: Sample) -> list[tuple[int, str]]:
    return [(row["record"], row["code"]) for row in sample.done("status")["remarks"]]


def append(sample: Sample, spelled: bytes) -> int:
    """Append these bytes as a record, as whoever has all rights on the machine can; its number."""
    log, salt = CustodyLog.open(sample.home / "custody"), secrets.token_bytes(32)
    n, day = log.size, json.loads(spelled)["time"][:10]
    leaf = f'{{"commitment":"{commitment(spelled, salt)}","n":{n},"time":"{day}","type":"record","v":1}}'
    opening = b'{"n":%d,"record":%b,"salt":"%b"}' % (n, spelled, b64encode(salt))
    log.append_closed([Pair(leaf.encode(), opening)])
    return n


def like_the_last(sample: Sample, **changes: object) -> bytes:
    """The bytes of a producer's record, with the last record's time, and changed."""
    (found,) = (record for record in sample.records("producer"))
    assert isinstance(found, ProducerRecord)
    spelled = json.loads(record_codec.spell_record(replace(found, name=None), secrets.token_bytes).record)
    time = format_moment(sample.records()[-1].time)
    return record_codec.canonical.encode({**spelled, "time": time, **changes})


def deliver(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more/new.txt").write_text("taken in meanwhile\n")
    sample.done("ingest", tmp_path / "more", "--producer", "p1", code=0)


def test_what_a_newer_program_wrote_is_told_as_that_and_reading_goes_on(sample: Sample, tmp_path: Path) -> None:
    n = by_newer_program(sample)
    assert remarks(sample) == [(n, "record-newer"), (n + 1, "record-newer")]
    assert sample.run("custody", "verify").code == NEEDS_A_PERSON
    assert sample.run("audit").code == NEEDS_A_PERSON
    deliver(sample, tmp_path)
    request = sample.request("deletion", "request", sample.file("one.txt")["id"])
    assert sample.run("approve", request, "--key", "boris", actor="boris").code == FAILED
    assert remarks(sample) == [(n, "record-newer"), (n + 1, "record-newer")]
    assert sample.run("list").code == 0


def test_a_newer_program_reads_all_it_wrote_and_all_that_an_older_one_wrote_since(
    sample: Sample, tmp_path: Path
) -> None:
    n = by_newer_program(sample)
    deliver(sample, tmp_path)
    with newer_program():
        deliver_again = tmp_path / "again"
        deliver_again.mkdir()
        (deliver_again / "x.txt").write_text("x")
        sample.done("ingest", deliver_again, "--producer", "p1")
        assert remarks(sample) == []
        assert sample.run("custody", "verify").code == 0
        assert [row["code"] for row in sample.done("producer", "list")["producers"]] == ["viasna", "p9", "p1"]
        records = sample.records()
        assert isinstance(records[n], WeatherRecord) and records[n].reason == "it rained"
        producers = [record for record in records if isinstance(record, ProducerV3)]
        assert [(one.v, one.colour) for one in producers] == [(2, None), (3, "blue"), (2, None)]
    assert [code for _, code in remarks(sample)] == ["record-newer", "record-newer"]


def test_each_program_says_what_it_writes_before_it_writes(sample: Sample, tmp_path: Path) -> None:
    by_newer_program(sample)
    deliver(sample, tmp_path)
    log = CustodyLog.open(sample.home / "custody")
    programs = [json.loads(spelled) for _, _, spelled in log.entries() if b'"kind":"program"' in spelled]
    assert len(programs) == 3
    assert ["weather/1" in one["kinds"] for one in programs] == [False, True, False]
    deliver_twice = sample.run("producer", "list")
    assert deliver_twice.code == 0
    assert len(sample.records("program")) == 3, "no new record where the program is the same"


@pytest.mark.parametrize("location", ["store", "second", "third"])
def test_a_catalogue_rebuilt_by_either_program_says_the_same_as_the_grown_one(
    sample: Sample, tmp_path: Path, location: str
) -> None:
    by_newer_program(sample)
    deliver(sample, tmp_path)
    digest = sample.done("catalogue", "digest")["digest"]
    command = ("catalogue", "rebuild", "--from", sample.location(location))
    rebuilt = Sample(tmp_path / "rebuilt")
    assert rebuilt.run(*command, actor=None).code in (0, NEEDS_A_PERSON)
    assert rebuilt.done("catalogue", "digest")["digest"] == digest


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "apology"}, "record-unannounced"),
        ({"v": 9}, "record-unannounced"),
        ({"colour": "blue"}, "record-malformed"),
        ({"code": None}, "record-malformed"),
        ({"code": 7}, "record-malformed"),
        ({"kind": "seal"}, "record-malformed"),
    ],
)
def test_what_no_program_announced_or_meant_is_tampering_and_bricks_nothing(
    sample: Sample, tmp_path: Path, changes: dict[str, object], code: str
) -> None:
    n = append(sample, like_the_last(sample, **changes))
    assert remarks(sample) == [(n, code)]
    verified = sample.run("custody", "verify")
    assert verified.code == DAMAGE
    assert "exchanged" not in verified.out and "no key that is known" not in verified.out
    assert sample.run("audit").code == DAMAGE
    deliver(sample, tmp_path)
    assert remarks(sample) == [(n, code)]


def test_an_older_version_written_under_a_program_that_writes_a_newer_one_is_tampering(sample: Sample) -> None:
    (key, *_) = sample.records("key")
    spelled = record_codec.canonical.decode(record_codec.encode_record(key))
    assert isinstance(spelled, dict)
    old = {name: spelled[name] for name in ("actor", "clock", "holder", "kind", "machine", "reason", "request", "role")}
    time = json.loads(record_codec.encode_record(sample.records()[-1]))["time"]
    public = "A" * 43 + "="
    forged = {**old, "name": "eve", "public_key": public, "time": time, "v": 1, "version": "0.1.0"}
    n = append(sample, record_codec.canonical.encode(forged))
    assert remarks(sample) == [(n, "record-unannounced")]
    assert "eve" not in [row["name"] for row in sample.done("key", "list")["keys"]]


def set_aside(sample: Sample, n: int) -> None:
    sample.done("carry-out", sample.agreed("custody", "set-aside", n, reason="looked into"))


def test_a_forged_kind_is_called_newer_only_with_a_forged_program_and_two_set_both_aside(
    sample: Sample, tmp_path: Path
) -> None:
    (own, *_) = sample.records("program")
    spelled = json.loads(record_codec.spell_record(own, secrets.token_bytes).record)
    time = json.loads(record_codec.encode_record(sample.records()[-1]))["time"]
    kinds = sorted([*spelled["kinds"], "apology/1"])
    announced = append(sample, record_codec.canonical.encode({**spelled, "kinds": kinds, "time": time}))
    forged = append(sample, like_the_last(sample, kind="apology", v=1))
    assert remarks(sample) == [(forged, "record-newer")]
    set_aside(sample, announced)
    assert remarks(sample) == [(forged, "record-unannounced")]
    assert sample.run("custody", "verify").code == DAMAGE
    set_aside(sample, forged)
    assert remarks(sample) == []
    assert sample.run("custody", "verify").code == 0
    sample.delete(sample.file("one.txt")["id"])
    deliver(sample, tmp_path)
    rebuilt = Sample(tmp_path / "rebuilt")
    rebuilt.run("catalogue", "rebuild", "--from", sample.location("second"), actor=None)
    digests = [one.done("catalogue", "digest")["digest"] for one in (sample, rebuilt)]
    assert digests[0] == digests[1]


def test_setting_aside_lets_destroying_acts_go_on(sample: Sample) -> None:
    n = append(sample, like_the_last(sample, colour="blue"))
    request = sample.request("deletion", "request", sample.file("one.txt")["id"])
    assert sample.run("approve", request, "--key", "boris", actor="boris").code == DAMAGE
    set_aside(sample, n)
    sample.approve(request)
    sample.done("carry-out", request)
    assert sample.run("custody", "set-aside", n, "--reason", "again", "--key", "anna").code == 2


def test_a_record_without_a_finding_cannot_be_set_aside(sample: Sample) -> None:
    (seal, *_) = [n for n, record in enumerate(sample.records()) if record.kind == "seal"]
    assert sample.run("custody", "set-aside", seal, "--reason", "x", "--key", "anna").code == 2
    assert sample.run("custody", "set-aside", 10_000, "--reason", "x", "--key", "anna").code == 2


def test_one_person_sets_nothing_aside(sample: Sample) -> None:
    n = append(sample, like_the_last(sample, colour="blue"))
    request = sample.request("custody", "set-aside", n, reason="alone")
    assert sample.run("carry-out", request).code == FAILED
    assert sample.run("approve", request, "--key", "anna").code == 2
    assert [code for _, code in remarks(sample)] == ["record-malformed"]


def test_a_set_aside_record_that_nobody_approved_has_no_effect(sample: Sample) -> None:
    from archive.model.log_records import SetAsideRecord

    n = append(sample, like_the_last(sample, colour="blue"))
    log = CustodyLog.open(sample.home / "custody")
    ((_, pair, _),) = log.entries(n, n + 1)
    common = {field.name: getattr(sample.records()[-1], field.name) for field in fields(Record) if field.name != "v"}
    forged = SetAsideRecord(
        **common,
        number=n,
        commitment=json.loads(pair.leaf)["commitment"],
        request=REQUEST,
    )
    CustodyLog.open(sample.home / "custody").append([forged])
    assert remarks(sample) == [(n, "record-malformed"), (n + 1, "record-contradicts")]


def test_a_key_that_came_behind_the_first_finding_sets_nothing_aside(sample: Sample) -> None:
    """Whoever can write the log slips in a record, then a key of their own to have it set aside with."""
    n = append(sample, like_the_last(sample, colour="blue"))
    sample.done("agent", "add", "eve", "--role", "approver")
    public = create_key(sample.home / "keys", "eve").public
    common = {field.name: getattr(sample.records("agent")[-1], field.name) for field in fields(Record)}
    key = KeyRecord(**{**common, "v": 2}, name="eve", role="approver", public_key=ED25519_SPKI + public, holder="eve")
    CustodyLog.open(sample.home / "custody").append([key])
    request = sample.request("custody", "set-aside", n, reason="nothing to see here")
    sample.run("approve", request, "--key", "eve", actor="eve")
    assert sample.run("carry-out", request).code != 0
    assert (n, "record-malformed") in remarks(sample)
    sample.done("approvals", "withdraw", request, "--reason", "eve is nobody")
    set_aside(sample, n)
    assert (n, "record-malformed") not in remarks(sample), "the keys that were there before still count"
