"""Private lines that two persons erase: gone wherever they lay, and nothing else is less right than before."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from approvals_support import LOCATIONS, Sample, command
from lone_support import LONE
from own_copies import moved
from test_lone_verifier_of_acts import verified as lone_verdict
from test_records_grow_old import append

from archive import assembly
from archive.codec import record_codec
from archive.handover.verifier import ACTS_VERIFIER
from archive.holdings import folding, program
from archive.holdings.approvals import carried_out
from archive.model import record_versions
from archive.model.log_records import ErasedLine, ErasureRecord
from archive.model.record import Octets, PrivateRecord, about, content

TYPED = "Иван К. asked for it on the telephone"
DAMAGE, NEEDS_A_PERSON, FAILED, USAGE = 20, 3, 1, 2


def number_of(sample: Sample, request: str) -> int:
    with assembly.reading(sample.home) as archive:
        records = archive.holdings.log.records(kinds=frozenset({"request"}))
        return next(n for n, record in records if getattr(record, "request", None) == request)


def a_typed_reason(sample: Sample) -> int:
    """The number of a request that names somebody, and was withdrawn."""
    request = sample.request("hold", "lift", a_hold(sample), reason=TYPED)
    sample.done("approvals", "withdraw", request, "--reason", "asked by mistake")
    return number_of(sample, request)


def a_hold(sample: Sample) -> str:
    return str(sample.done("hold", "place", sample.file("one.txt")["id"], "--reason", "case 12")["hold"])


def lies_at(place: Path, text: str = TYPED) -> bool:
    spelled = text.encode(), b64encode(text.encode())  # a name is bytes, and those are spelled in base64
    return any(one in path.read_bytes() for path in place.rglob("*.jsonl") for one in spelled)


def erase(sample: Sample, *lines: str, code: int = 0) -> dict[str, Any]:
    return sample.done("carry-out", sample.agreed("custody", "erase", *lines, reason="letter 7"), code=code)


def codes(answer: dict[str, Any]) -> set[str]:
    return {finding["code"] for check in answer["checks"] for finding in check["findings"]}


def rebuilt_digest(sample: Sample, location: str, target: Path) -> str:
    ran = command("--archive", target, "catalogue", "rebuild", "--from", sample.location(location))
    assert ran.code in (0, NEEDS_A_PERSON), ran.err
    return str(command("--archive", target, "catalogue", "digest", "--json").json["digest"])


def test_an_erased_reason_is_gone_everywhere_and_everything_else_is_right(sample: Sample, tmp_path: Path) -> None:
    n = a_typed_reason(sample)
    assert lies_at(sample.home / "custody") and all(lies_at(sample.location(name)) for name in LOCATIONS)
    root = sample.done("custody", "show")["root"]
    assert sample.done("custody", "verify")["root"] == root
    erase(sample, f"{n}:1")
    assert not lies_at(sample.home) and not any(lies_at(sample.location(name)) for name in LOCATIONS)
    assert sample.run("custody", "verify").code == 0
    assert sample.run("audit").code == 0
    assert sample.run("approvals", "check").code == 0
    with assembly.reading(sample.home) as archive:
        record = archive.holdings.log.record(n)
        assert isinstance(record, PrivateRecord) and (record.reason, record.absent) == ("", (1,))
    assert [one["state"] for one in sample.done("approvals", "list")["requests"]] == ["withdrawn", "done"]
    digest = sample.digest()
    for name in LOCATIONS:
        assert rebuilt_digest(sample, name, tmp_path / name) == digest
        assert not lies_at(tmp_path / name)


def test_a_rebuilt_archive_goes_on_where_lines_were_erased(template: Sample, sample: Sample, tmp_path: Path) -> None:
    """It has each file of private lines in the generation of the locations, so that what it adds fits there."""
    erase(sample, f"{a_typed_reason(sample)}:1")
    rebuilt = Sample(tmp_path / "rebuilt")
    rebuilt_digest(sample, "third", rebuilt.home)
    toml = rebuilt.home / "archive.toml"
    toml.write_text(moved(toml.read_text(), template.root, sample.root))
    sample.home.rename(tmp_path / "lost")
    shutil.copytree(tmp_path / "lost/keys", rebuilt.home / "keys", dirs_exist_ok=True)
    rebuilt.done("takeover")
    rebuilt.done("replicate")
    ask = ("deletion", "request", rebuilt.file("empty.txt")["id"], "--reason", "said later", "--key", "anna")
    rebuilt.done(*ask, "--secret", tmp_path / "lost/keys")
    assert lies_at(sample.location("second"), "said later")
    verified = codes(json.loads(rebuilt.run("custody", "verify", "--json").out))
    assert verified == {"bag-missing", "checkpoint-behind"}, "an empty store"
    assert rebuilt_digest(sample, "second", tmp_path / "again") == rebuilt.digest()
    assert lies_at(tmp_path / "again", "said later")


def test_more_is_erased_later_and_a_new_reason_is_kept_in_between(sample: Sample, tmp_path: Path) -> None:
    first = a_typed_reason(sample)
    erase(sample, f"{first}:1")
    second = a_typed_reason(sample)
    assert lies_at(sample.location("third"))
    erase(sample, str(second))
    assert not lies_at(sample.home) and not lies_at(sample.location("third"))
    assert sample.run("custody", "verify").code == 0
    names = {path.name for path in (sample.home / "custody/private").iterdir()}
    assert names == {"00000000000000000000-open.2.jsonl"}
    assert rebuilt_digest(sample, "second", tmp_path / "rebuilt") == sample.digest()


def test_what_is_not_there_or_must_stay_is_not_erased(sample: Sample) -> None:
    def refused(*lines: str) -> int:
        asked = ("--reason", "letter 7", "--key", "anna")
        before = sample.size()
        code = sample.run("custody", "erase", *lines, *asked).code
        assert sample.run("custody", "erase", *lines, *asked, "--dry-run").code == code
        assert sample.size() == before
        return code

    n = a_typed_reason(sample)
    assert refused("999999:1") == USAGE
    assert refused(f"{n}:0") == USAGE, "it has no line of its own"
    assert refused(f"{n}:7") == USAGE
    assert refused("0") == USAGE, "a record without private lines"
    assert refused("one:1") == USAGE
    assert refused(sample.file("one.txt")["id"]) == FAILED, "it is held"
    waiting = number_of(sample, sample.request("deletion", "request", sample.file("twin.txt")["id"]))
    assert refused(f"{waiting}:1") == FAILED, "who approves must read why"
    erase(sample, f"{n}:1")
    assert refused(f"{n}:1") == USAGE, "erased already"
    assert refused(str(n)) == USAGE


def test_nobody_erases_alone(sample: Sample) -> None:
    n = a_typed_reason(sample)
    request = sample.request("custody", "erase", f"{n}:1")
    assert sample.run("carry-out", request).code == FAILED
    assert sample.run("approve", request, "--key", "anna").code == USAGE
    assert lies_at(sample.home)


def test_a_location_that_was_away_owes_the_line_until_it_is_back(sample: Sample, tmp_path: Path) -> None:
    n = a_typed_reason(sample)
    before = sample.digest()
    with sample.away("third"):
        found = erase(sample, f"{n}:1", code=NEEDS_A_PERSON)["findings"]
        assert [(one["code"], one["subject"]) for one in found] == [("custody-owed", "third")]
        answer = sample.done("custody", "verify", code=NEEDS_A_PERSON)
        assert {"location-offline", "custody-owed"} <= codes(answer)
        audited = sample.done("audit", code=NEEDS_A_PERSON)
        assert "custody-owed" in {finding["code"] for finding in audited["findings"]}
    assert lies_at(sample.location("third")) and not lies_at(sample.location("second"))
    assert rebuilt_digest(sample, "third", tmp_path / "before") == before, "its log ends before the erasure"
    assert {"copy-behind", "custody-owed"} <= codes(sample.done("custody", "verify", code=NEEDS_A_PERSON))
    sample.done("replicate")
    assert not lies_at(sample.location("third"))
    assert sample.run("custody", "verify").code == 0
    assert sample.run("audit").code == 0
    assert rebuilt_digest(sample, "third", tmp_path / "after") == sample.digest()


def test_an_erased_line_that_lies_beside_the_log_that_erased_it_is_owed_and_never_read(
    sample: Sample, tmp_path: Path
) -> None:
    """The log arrived, and the disk refused to remove: the old files are there, the new ones are not."""
    n = a_typed_reason(sample)
    private = sample.location("third") / "custody/private"
    before = {path.name: path.read_bytes() for path in private.iterdir()}
    erase(sample, f"{n}:1")
    for path in private.iterdir():
        path.unlink()
    for name, data in before.items():
        (private / name).write_bytes(data)
    found = sample.done("custody", "verify", code=DAMAGE)  # newer lines are missing there altogether
    assert {"custody-owed", "copy-private"} <= codes(found)
    assert sample.done("replicate") is not None
    assert not lies_at(private)
    assert sample.run("custody", "verify").code == 0


def test_a_line_that_is_missing_without_an_erasure_is_damage(sample: Sample) -> None:
    a_typed_reason(sample)
    for place, code in ((sample.home, "custody-private"), (sample.location("third"), "copy-private")):
        for path in (place / "custody/private").iterdir():
            kept = path.read_bytes()
            lines = kept.splitlines(keepends=True)
            path.write_bytes(b"".join(line for line in lines if TYPED.encode() not in line))
            if path.read_bytes() != kept:
                assert code in codes(sample.done("custody", "verify", code=DAMAGE))
            path.write_bytes(kept)
    assert sample.run("custody", "verify").code == 0


def forge(sample: Sample, *lines: tuple[int, int], request: str) -> None:
    """Append an erasure as whoever has all rights on the machine can."""
    time = json.loads(record_codec.encode_record(sample.records()[-1]))["time"]
    base = sample.records("notice", "request")[-1]
    record = ErasureRecord(
        time=base.time,
        actor="anna",
        machine="m",
        version="1",
        request=request,
        lines=tuple(ErasedLine(n, i) for n, i in lines),
        openings=(),
    )
    spelled = json.loads(record_codec.spell_record(record, bytes).record)
    append(sample, record_codec.canonical.encode({**spelled, "time": time}))


@pytest.mark.parametrize("location", ["second"])
def test_a_forged_erasure_erases_nothing(sample: Sample, tmp_path: Path, location: str) -> None:
    n = a_typed_reason(sample)
    forge(sample, (n, 1), request=sample.records("request")[-1].request)  # type: ignore[attr-defined]
    sample.run("replicate")
    assert lies_at(sample.home / "custody") and lies_at(sample.location(location))
    answer = sample.done("custody", "verify", code=DAMAGE)
    assert "act-not-allowed" in codes(answer)
    assert sample.run("custody", "erase", f"{n}:1", "--dry-run").code == 0, "it can still be erased lawfully"
    assert rebuilt_digest(sample, location, tmp_path / "rebuilt") == sample.digest()
    assert lies_at(tmp_path / "rebuilt")


def test_nothing_is_taken_away_from_a_damaged_log_and_work_goes_on(sample: Sample) -> None:
    n, other = a_typed_reason(sample), a_typed_reason(sample)
    request = sample.agreed("custody", "erase", f"{n}:1", reason="letter 7")
    (path,) = (sample.home / "custody/private").iterdir()
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    (line,) = [line for line in lines if b'"n":%d,' % other in line]
    path.write_bytes(whole.replace(line, line.replace(b"asked", b"ASKED")))
    with assembly.changing(sample.home, doing="testing", actor="anna") as archive:  # the command itself refuses before
        holdings = archive.holdings
        record = ErasureRecord(**holdings.stamp(), request=request, lines=(ErasedLine(n, 1),), openings=())
        holdings.record([record, carried_out(holdings, request)])
        assert holdings.log.owes([record])
    assert lies_at(sample.home / "custody")
    sample.run("hold", "place", sample.accession, "--reason", "case 14")
    assert sample.run("list").code == 0
    assert "custody-private" in codes(json.loads(sample.run("custody", "verify", "--json").out))
    (path,) = (sample.home / "custody/private").iterdir()
    path.write_bytes(path.read_bytes().replace(b"ASKED", b"asked"))
    sample.done("replicate")
    (path,) = (sample.home / "custody/private").iterdir()
    assert [line for line in path.read_bytes().splitlines() if b'"n":%d,' % n in line] == []
    assert codes(sample.done("custody", "verify")) == {"checkpoint-behind"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingRecord(PrivateRecord):
    """A kind with lines of a file, as receipts have them in their second version."""

    kind: ClassVar[str] = "sighting"
    file: str
    size: Octets | None = content(default=None)
    name: bytes | None = about(default=None)


@contextmanager
def with_sightings() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(record_versions.VERSIONS, ("sighting", 1), SightingRecord)
        patch.setitem(record_versions.NEWEST, "sighting", SightingRecord)
        patch.setitem(folding.STEPS, SightingRecord, lambda catalogue, run: None)
        patch.setattr(record_codec, "_FORMS", {})
        program.this_program.cache_clear()
        try:
            yield
        finally:
            program.this_program.cache_clear()


def sighting(sample: Sample, file: str) -> int:
    with assembly.changing(sample.home, doing="testing") as archive:
        holdings = archive.holdings
        holdings.record([SightingRecord(**holdings.stamp(), file=file, size=Octets(7), name=TYPED.encode())])
        return holdings.log.size - 1


def test_what_tells_of_a_file_goes_behind_its_tombstone_alone(sample: Sample, tmp_path: Path) -> None:
    with with_sightings():
        file = sample.file("twin.txt")["id"]
        n = sighting(sample, file)
        assert lies_at(sample.location("third"))
        ask = ("custody", "erase", f"{n}:3", "--reason", "r", "--key", "anna")
        assert sample.run(*ask).code == FAILED, "the file is held"
        forged = sample.agreed("custody", "erase", f"{a_typed_reason(sample)}:1")
        sample.delete(file)
        hold = sample.done("hold", "place", sample.accession, "--reason", "case 13")["hold"]
        assert sample.run(*ask).code == FAILED, "the accession is under a legal hold"
        sample.done("carry-out", sample.agreed("hold", "lift", hold))
        sample.done("carry-out", forged)
        erase(sample, f"{n}:3")
        again = sighting(sample, file)
        asked = sample.run("custody", "erase", file, "--dry-run")
        assert [
            asked.out.count(f"line {i} of record {one} ") for one, i in ((n, 2), (n, 3), (again, 2), (again, 3))
        ] == [
            1,
            0,
            1,
            1,
        ]
        erase(sample, f"{again}:3")
        assert not any(lies_at(sample.location(name)) for name in LOCATIONS) and not lies_at(sample.home)
        with assembly.reading(sample.home) as archive:
            record = archive.holdings.log.record(n)
            assert isinstance(record, SightingRecord) and (record.size, record.name) == (7, None)
        assert sample.run("custody", "verify").code == 0
        assert rebuilt_digest(sample, "third", tmp_path / "rebuilt") == sample.digest()
        _, told = lone_verdict(sample)
        assert any(line.startswith("RIGHT        acts ") for line in told), told
        assert not any(line.startswith("WRONG") for line in told), told


def test_the_dry_run_says_in_words_what_would_go(sample: Sample) -> None:
    n = a_typed_reason(sample)
    ran = sample.run("custody", "erase", f"{n}:1", "--dry-run")
    assert ran.code == 0
    assert f"line 1 of record {n} (request)" in ran.out and "what a person typed" in ran.out
    assert TYPED not in ran.out


def test_the_travelling_verifier_wants_a_tombstone_for_what_tells_of_a_file() -> None:
    docket = LONE.Docket("archive")
    lines = {"kind": "erasure", "lines": [{"n": 4, "i": 1}, {"n": 4, "i": 3}, {"n": 5, "i": 5}]}
    docket.erased = {4: {"file": "a", "private": [None] * 4}, 5: {"of": ["b", "c"], "private": [None] * 6}}
    for file in ("a", "c"):
        with pytest.raises(LONE.Wrong, match=f"tells of file {file}, "):
            docket.entombed(lines)
        docket.change("tombstone", {"files": [file], "package": "package"})
    docket.entombed(lines)
    opening = {"n": 6, "kind": "receipt", "v": 1, "kept": {"file": "d"}}
    with pytest.raises(LONE.Wrong, match="tells of file d, "):
        docket.entombed({**lines, "openings": [opening]})
    docket.change("tombstone", {"files": ["d"], "package": "other"})
    docket.entombed({**lines, "openings": [opening]})
    for kind in ("seal", "key", "request", "program", "accession-closed"):
        with pytest.raises(LONE.Wrong, match=f"a {kind} record"):
            docket.entombed({**lines, "openings": [{**opening, "kind": kind, "kept": {}}]})
    docket.holds["hold"] = "package"
    with pytest.raises(LONE.Wrong, match="legal hold"):
        docket.entombed(lines)


def on_volume(volume: Path) -> list[str]:
    """What the stand-alone programs say of a volume."""
    command = [sys.executable, "-I", str(volume / ACTS_VERIFIER), str(volume)]
    done = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False)
    told = done.stdout.decode().splitlines()
    assert done.stderr == b"" and not any(line.startswith("WRONG") for line in told), told
    return told


def handed_over(sample: Sample, volume: Path) -> Path:
    sample.done("handover", "plan", "--recipient", "OHCHR")
    sample.done("handover", "freeze")
    sample.agreed("handover", "request", reason="handover")
    sample.done("handover", "volume", "1", volume)
    return volume


def test_a_volume_written_before_the_erasure_is_as_right_as_before_and_one_written_after_it_too(
    sample: Sample, tmp_path: Path
) -> None:
    n = a_typed_reason(sample)
    before = handed_over(sample, tmp_path / "before")
    told = on_volume(before)
    assert lies_at(before / "custody") and "; 0 were erased and 0 withheld" in "".join(told)
    erase(sample, f"{n}:1")
    assert on_volume(before) == told
    after = handed_over(sample, tmp_path / "after")
    assert not lies_at(after) and "; 1 were erased and 0 withheld" in "".join(on_volume(after))
