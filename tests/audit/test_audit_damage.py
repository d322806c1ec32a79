"""Rot at several locations at once: found exactly, repaired, kept aside, and gone at the next audit."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import pytest
from audit_support import LOCATIONS, PAYLOAD, TAG_FILES, Sample, flip, same_counts, times_kept, tree

from archive.model.records import AuditRecord, DamageRecord, IncidentRecord, RepairRecord, SealRecord


def truncate(path: Path, size: int) -> bytes:
    with times_kept(path):
        path.write_bytes(path.read_bytes()[:size])
    return path.read_bytes()


def pad(path: Path, size: int) -> bytes:
    """Cut to ``size``, then filled with zeros to its old length, as a file system leaves it after a crash."""
    full = len(path.read_bytes())
    with times_kept(path):
        path.write_bytes(path.read_bytes()[:size].ljust(full, b"\0"))
    return path.read_bytes()


def test_an_audit_of_sound_replicas_finds_nothing_and_says_so(sample: Sample) -> None:
    before = {name: tree(sample.bag(name)) for name in LOCATIONS}
    code, report = sample.audit()
    assert code == 0
    assert same_counts(report, ok=sample.files())
    assert (report["replicas"], report["repaired"], report["incidents"], report["frozen"]) == (6, 0, 0, 0)
    assert report["findings"] == []
    sizes = sum(
        len(data) for p in (sample.aip, sample.papers) for n in LOCATIONS for data in tree(sample.bag(n, p)).values()
    )
    assert report["bytes"] == sizes
    assert {name: tree(sample.bag(name)) for name in LOCATIONS} == before
    assert all(sample.set_aside(name) == {} for name in LOCATIONS)
    assert sample.open_incidents() == []


def test_one_audit_finds_and_repairs_all_damage_and_the_next_finds_none(sample: Sample) -> None:
    sound, files = tree(sample.bag("store")), sample.files()
    seals = sample.records("seal")
    verified = sample.verified()
    flipped = flip(sample.bag("store") / PAYLOAD / "photo-0.txt")
    shorter = truncate(sample.bag("second") / PAYLOAD / "photo-1.txt", 100)
    padded = pad(sample.bag("second") / PAYLOAD / "photo-2.txt", 100)
    (sample.bag("second") / "README.txt").unlink()
    (sample.bag("third") / PAYLOAD / "letters" / "first.txt").unlink()
    (sample.bag("third") / PAYLOAD / "letters" / "added.txt").write_bytes(b"added by nobody")
    (sample.bag("third") / "note.txt").write_bytes(b"a note beside the tag files")
    rotten = {name: flip(sample.bag(("store", "second", "third")[n % 3]) / name) for n, name in enumerate(TAG_FILES)}

    code, report = sample.audit()

    assert code == 20
    altered, missing, extra = 3 + len(TAG_FILES), 2, 2
    assert same_counts(report, ok=files - altered - missing, altered=altered, missing=missing, extra=extra)
    assert report["files"] == files + extra
    assert report["repaired"] == altered + missing + extra == report["incidents"]
    assert report["frozen"] == 0
    assert "tampering" not in {finding["code"] for finding in report["findings"]}
    for name in LOCATIONS:
        assert tree(sample.bag(name)) == sound

    kept = {path: data for name in LOCATIONS for path, data in sample.set_aside(name).items()}
    assert kept == {
        f"{PAYLOAD}/photo-0.txt": flipped,
        f"{PAYLOAD}/photo-1.txt": shorter,
        f"{PAYLOAD}/photo-2.txt": padded,
        f"{PAYLOAD}/letters/added.txt": b"added by nobody",
        "note.txt": b"a note beside the tag files",
        **rotten,
    }
    assert sample.records("seal") == seals
    assert sample.states() == dict.fromkeys(LOCATIONS, "ok")
    assert all(sample.verified()[name] > verified[name] for name in LOCATIONS)

    code, report = sample.audit()
    assert code == 0
    assert same_counts(report, ok=files)
    assert (report["repaired"], report["incidents"], report["findings"]) == (0, 0, [])
    assert {path: data for name in LOCATIONS for path, data in sample.set_aside(name).items()} == kept
    assert len(sample.open_incidents()) == altered + missing + extra
    assert sample.run("status", "--json").json["replicas_ok"] == 6


def test_every_damage_has_an_incident_a_damage_and_a_repair_in_the_log(sample: Sample) -> None:
    damaged = sample.bag("second") / PAYLOAD / "photo-3.txt"
    before = damaged.read_bytes()
    flip(damaged)
    (sample.bag("third") / "bagit.txt").unlink()
    (sample.bag("third") / "more.txt").write_bytes(b"more")
    _, report = sample.audit()
    incidents = {record.incident: record for record in sample.records() if isinstance(record, IncidentRecord)}
    damages = {record.incident: record for record in sample.records() if isinstance(record, DamageRecord)}
    repairs = {record.incident: record for record in sample.records() if isinstance(record, RepairRecord)}
    assert set(report["incident_ids"]) == set(incidents) == set(damages) == set(repairs)
    assert len(incidents) == 3
    by_path = {damage.path.decode(): damage for damage in damages.values()}
    altered = by_path[f"{PAYLOAD}/photo-3.txt"]
    assert altered.expected_sha256 == hashlib.sha256(before).hexdigest()
    assert altered.observed_sha256 not in (None, altered.expected_sha256)
    assert (altered.outcome, altered.location) == ("altered", "second")
    assert by_path["bagit.txt"].outcome == "missing" and by_path["bagit.txt"].observed_sha256 is None
    assert by_path["more.txt"].outcome == "extra" and by_path["more.txt"].expected_sha256 is None
    repair = repairs[altered.incident]
    assert repair.source in ("store", "third")
    kept = sample.location("second") / str(repair.set_aside)
    assert kept.is_file() and kept.read_bytes() != before
    assert repairs[by_path["bagit.txt"].incident].set_aside is None
    assert repairs[by_path["more.txt"].incident].source is None
    assert all(incident.type == "damage" and incident.location for incident in incidents.values())


def test_the_audit_record_counts_what_was_found_before_repair(sample: Sample) -> None:
    flip(sample.bag("third") / "bag-info.txt")
    sample.audit("--aip", sample.aip)
    audits = [record for record in sample.records() if isinstance(record, AuditRecord)]
    assert sorted((record.location, record.altered) for record in audits) == [("second", 0), ("store", 0), ("third", 1)]
    assert len({record.campaign for record in audits}) == 1
    assert all(record.files == record.ok + record.altered for record in audits)


@pytest.mark.parametrize("name", TAG_FILES)
@pytest.mark.parametrize("bit", [0x01, 0x20])
def test_one_rotten_byte_anywhere_in_a_tag_file_is_damage_and_never_tampering(
    sample: Sample, name: str, bit: int
) -> None:
    """0x20 turns a digest's letter into its capital, which a lenient reader takes for the same digest."""
    aip, sound = sample.aip, tree(sample.bag("store"))
    size = len(sound[name])
    for at in range(0, size, max(1, size // 12)):
        flip(sample.bag("third") / name, at=at, bit=bit)
        code, report = sample.audit("--aip", aip, "--location", "third")
        assert (code, report["altered"], report["repaired"], report["frozen"]) == (20, 1, 1, 0)
    assert tree(sample.bag("third")) == sound


def test_a_repaired_file_has_its_modification_time_again(sample: Sample) -> None:
    path = sample.bag("third") / PAYLOAD / "photo-4.txt"
    before = path.stat().st_mtime_ns
    path.unlink()
    assert sample.audit()[0] == 20
    assert path.stat().st_mtime_ns == before == (sample.bag("store") / PAYLOAD / "photo-4.txt").stat().st_mtime_ns


def test_list_and_status_tell_of_damage_that_could_not_be_repaired_and_of_its_end(sample: Sample) -> None:
    path = f"{PAYLOAD}/photo-5.txt"
    sound = (sample.bag("store") / path).read_bytes()
    verified = sample.verified()
    for name in LOCATIONS:
        flip(sample.bag(name) / path)
    code, report = sample.audit()
    assert (code, report["altered"], report["repaired"]) == (20, 3, 0)
    assert [finding["code"] for finding in report["findings"]].count("not-repaired") == 3
    assert sample.states() == dict.fromkeys(LOCATIONS, "damaged")
    assert sample.verified() == verified
    assert sample.run("status", "--json").json["replicas_ok"] == 3
    assert all((sample.bag(name) / path).is_file() for name in LOCATIONS), "damaged bytes are better than none"
    assert all(sample.set_aside(name) == {} for name in LOCATIONS)
    incidents = {incident["id"] for incident in sample.open_incidents()}

    code, report = sample.audit()
    assert (code, report["altered"], report["incidents"]) == (20, 3, 0), "the same incidents go on"
    assert {incident["id"] for incident in sample.open_incidents()} == incidents

    with times_kept(sample.bag("third") / path):
        (sample.bag("third") / path).write_bytes(sound)  # an archivist found a fourth copy
    code, report = sample.audit()
    assert (code, report["altered"], report["repaired"]) == (20, 2, 2)
    assert sample.states() == dict.fromkeys(LOCATIONS, "ok")
    assert sample.audit()[0] == 0
    repairs = [record for record in sample.records() if isinstance(record, RepairRecord)]
    assert {record.incident for record in repairs} == incidents
    assert all(
        datetime.fromisoformat(moment) > datetime.fromisoformat(verified[n]) for n, moment in sample.verified().items()
    )


def test_replicas_damaged_in_different_files_mend_each_other_in_one_audit(sample: Sample) -> None:
    sound = tree(sample.bag("store"))
    flip(sample.bag("store") / "manifest-sha256.txt")
    flip(sample.bag("second") / PAYLOAD / "photo-0.txt")
    flip(sample.bag("third") / PAYLOAD / "photo-0.txt")
    code, report = sample.audit()
    assert (code, report["altered"], report["repaired"]) == (20, 3, 3)
    assert all(tree(sample.bag(name)) == sound for name in LOCATIONS)


def test_expected_digests_in_the_log_never_change(sample: Sample) -> None:
    before = [record for record in sample.records() if isinstance(record, SealRecord)]
    flip(sample.bag("second") / "manifest-sha256.txt")
    sample.audit()
    assert [record for record in sample.records() if isinstance(record, SealRecord)] == before


def test_an_incident_that_is_merely_open_does_not_make_a_later_clean_run_fail(sample: Sample) -> None:
    flip(sample.bag("second") / PAYLOAD / "photo-0.txt")
    assert sample.audit()[0] == 20
    assert len(sample.open_incidents()) == 1
    assert sample.audit()[0] == 0
    assert len(sample.open_incidents()) == 1
