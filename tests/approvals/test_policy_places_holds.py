"""Settings that protect, locations that come and go, and what must not be deleted."""

from __future__ import annotations

from pathlib import Path

import pytest
from approvals_support import LOCATIONS, PERSON, Sample, command, everything_at

from archive import assembly, durable
from archive.config import PROTECTIVE, Config, lowered, protective_settings, with_settings
from archive.errors import ExitCode
from archive.model.records import PolicyRecord


def in_force(sample: Sample) -> dict[str, int]:
    return {row["setting"]: row["in_force"] for row in sample.done("policy", "show")["settings"]}


def policies(sample: Sample) -> list[tuple[str, str | None]]:
    """Audit interval and request of each policy in the log."""
    records = [record for record in sample.records("policy") if isinstance(record, PolicyRecord)]
    return [(record.settings["audit.every_days"], record.request) for record in records]


def test_a_setting_is_lowered_in_one_direction_only() -> None:
    config = Config(format=1, archive="a")
    settings = protective_settings(config)
    assert set(settings) == set(PROTECTIVE)
    for name, value in settings.items():
        less = {"audit.every_days": 1, "audit.repair_limit": 1, "approvals.valid_days": 1}.get(name, -1)
        assert lowered({name: value + less}, settings) == {name: value + less}, name
        assert lowered({name: value - less}, settings) == {}, name
        assert protective_settings(with_settings(config, {name: 7}))[name] == 7
    assert lowered({"audit.every_days": 10**6}, {}) == {}, "what was never recorded cannot be lowered"


def test_raising_takes_one_person_and_is_recorded_by_itself(sample: Sample) -> None:
    sample.set("every_days", 30)
    assert sample.run("replicate").code == 0
    assert in_force(sample)["audit.every_days"] == 30
    assert policies(sample)[-1] == ("30", None)
    size = len(policies(sample))
    assert sample.run("replicate").code == 0
    assert len(policies(sample)) == size, "said once"


@pytest.mark.parametrize(
    ("setting", "name", "less"),
    [
        ("every_days", "audit.every_days", 365),
        ("repair_limit", "audit.repair_limit", 100_000),
        ("required", "copies.required", 1),
        ("valid_days", "approvals.valid_days", 3650),
    ],
)
def test_what_archive_toml_lowers_is_not_in_force_until_two_persons_have_agreed(
    sample: Sample, setting: str, name: str, less: int
) -> None:
    before = in_force(sample)[name]
    sample.set(setting, less)
    refused = sample.run("replicate")
    assert refused.code == ExitCode.NEEDS_PERSON, "the work is done, and a person is told"
    assert f"{name} = {less}" in refused.err and f"{before} holds" in refused.err
    assert in_force(sample)[name] == before
    assert sample.done("status")["policy_refused"] == [name]
    request = sample.request("policy", "request", reason="for a reason")
    assert sample.run("replicate").code == 0, "a person has asked, and need not be told again"
    sample.approve(request)
    assert in_force(sample)[name] == before
    sample.done("carry-out", request)
    assert in_force(sample)[name] == less
    assert sample.run("replicate").code == 0
    assert sample.done("status")["policy_refused"] == []
    assert sample.done("approvals", "check")["allowed"]


def test_a_delay_cannot_be_shortened_to_get_around_it(sample: Sample) -> None:
    sample.set("delay_hours", 72)
    assert sample.run("replicate").code == 0
    sample.set("delay_hours", 0)
    request = sample.request("policy", "request", reason="hurry")
    sample.approve(request)
    (shown,) = sample.done("approvals", "list")["requests"]
    assert shown["state"] == "delayed"
    other = sample.request("deletion", "request", sample.aip)
    (shown,) = [r for r in sample.done("approvals", "list")["requests"] if r["request"] == other]
    assert shown["not_before"] > shown["requested_at"][:11] + "99", "the delay that holds is the one that was recorded"


def test_a_lowering_that_archive_toml_does_not_say_any_more_is_not_carried_out(sample: Sample) -> None:
    sample.set("every_days", 365)
    request = sample.agreed("policy", "request", reason="r")
    sample.set("every_days", 300)
    refused = sample.run("carry-out", request)
    assert (refused.code, "archive.toml says audit.every_days = 300" in refused.err) == (2, True)
    sample.set("every_days", 30)
    assert sample.run("replicate").code == 0
    sample.set("every_days", 365)
    refused = sample.run("carry-out", request)
    assert (refused.code, "is 30 by now" in refused.err) == (ExitCode.FAILED, True)


def test_nothing_to_lower_is_no_request(sample: Sample) -> None:
    assert sample.run("policy", "request", "--reason", "r", "--key", "anna").code == 2


def test_before_dual_control_a_setting_is_lowered_by_one_person_and_recorded(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "fresh")
    sample.root.mkdir()
    assert command("init", sample.home).code == 0
    sample.set("every_days", 365)
    assert sample.run("replicate", actor=None).code == 0
    assert policies(sample)[-1] == ("365", None)
    assert sample.done("policy", "show", actor=None)["settings"][2]["in_force"] == 365


def test_a_setting_left_out_is_its_default_and_may_be_a_lowering(sample: Sample) -> None:
    toml = sample.home / "archive.toml"
    toml.write_text("".join(line for line in toml.read_text().splitlines(True) if not line.startswith("required")))
    assert "copies.required = 2" in sample.run("replicate").err
    assert in_force(sample)["copies.required"] == 3


def test_a_rebuilt_archive_has_the_policy_that_was_recorded(sample: Sample) -> None:
    sample.set("every_days", 30)
    assert sample.run("replicate").code == 0
    new = sample.root / "new"
    assert command("--archive", new, "catalogue", "rebuild", "--from", sample.location("third")).code == 0
    text = (new / "archive.toml").read_text()
    assert "every_days = 30" in text and "required = 3" in text and "delay_hours = 0" in text


# Locations


def test_a_location_is_added_filled_and_enough_to_make_the_archive_anew(sample: Sample) -> None:
    told = sample.done("location", "add", "fourth", sample.root / "fourth", "--reason", "a new disk")
    assert told["location"] == "fourth"
    assert sample.done("replicate")["stored"] == 2
    assert {row["name"] for row in sample.done("location", "list")["locations"]} == {*LOCATIONS, "fourth"}
    assert sample.done("audit")["findings"] == []
    made = command("--archive", sample.root / "new", "catalogue", "rebuild", "--from", sample.root / "fourth", "--json")
    assert made.json["digest"] == sample.digest()
    assert sample.run("custody", "verify").code == 0


def test_a_folder_that_is_not_free_cannot_be_a_location(sample: Sample, tmp_path: Path) -> None:
    used = tmp_path / "used"
    used.mkdir()
    (used / "holiday.jpg").write_bytes(b"x")
    size = sample.size()
    for name, place, told in (
        ("fourth", used, "not empty"),
        ("fourth", sample.location("second"), "lie in one another"),
        ("fourth", sample.location("second") / "inside", "lie in one another"),
        ("fourth", sample.home, "lie in one another"),
        ("second", tmp_path / "free", "already"),
        ("store", tmp_path / "free", "already"),
        ("Fourth!", tmp_path / "free", "cannot be the name"),
        ("fourth", "s3://bucket", "no storage speaks"),
        ("fourth", tmp_path / "missing" / "deep", "cannot be made"),
    ):
        ran = sample.run("location", "add", name, place)
        assert ran.code in (1, 2) and told in ran.err, (place, ran.err)
    assert sample.size() == size
    (tmp_path / "mount" / "lost+found").mkdir(parents=True)
    assert sample.run("location", "add", "fourth", tmp_path / "mount").code == 0, "a fresh file system is empty enough"


def test_a_kill_between_marker_and_record_heals_with_the_same_command(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Cut(BaseException):
        pass

    seen = 0
    for at in range(40):
        calls = iter(range(1_000))

        def cut(_what: str, calls=calls, at=at) -> None:
            if next(calls) == at:
                raise Cut

        with monkeypatch.context() as patch:
            patch.setattr(durable, "promise", cut)
            try:
                code = sample.run("location", "add", "fourth", sample.root / "fourth").code
            except Cut:
                code = None
        with assembly.reading(sample.home) as archive:
            known = "fourth" in archive.holdings.locations
        if code is not None or known:
            break
        seen += (sample.root / "fourth/location.json").exists()
    if not known:
        sample.done("location", "add", "fourth", sample.root / "fourth")
    assert seen, "some runs were killed when the marker stood and the record did not"
    records = [record for record in sample.records("location") if record.name == "fourth"]
    assert len(records) == 1
    assert sample.done("replicate")["stored"] == 2


def test_a_location_is_retired_only_while_enough_good_copies_are_left(sample: Sample) -> None:
    refused = sample.run("location", "retire", "second", "--reason", "old", "--key", "anna")
    assert (refused.code, "3 copies of everything are required" in refused.err) == (ExitCode.FAILED, True)
    sample.done("location", "add", "fourth", sample.root / "fourth")
    refused = sample.run("location", "retire", "second", "--reason", "old", "--key", "anna")
    assert (refused.code, "fewer than 3 good copies" in refused.err) == (ExitCode.FAILED, True)
    sample.done("replicate")
    before = everything_at(sample.location("second"))
    request = sample.agreed("location", "retire", "second", reason="old")
    victim = sample.bag("third", sample.aip)
    victim.rename(sample.root / "lost")
    assert sample.run("audit", "--location", "third").code == ExitCode.DAMAGE
    (sample.root / "lost").rename(sample.root / "lost2")
    assert sample.run("audit", "--location", "third").code == 0, "it was brought back from a good copy"
    sample.done("carry-out", request)
    rows = {row["name"]: row for row in sample.done("location", "list")["locations"]}
    assert rows["second"]["retired"] and not rows["fourth"]["retired"]
    after = everything_at(sample.location("second"))
    assert {path: data for path, data in after.items() if not path.startswith("custody")} == {
        path: data for path, data in before.items() if not path.startswith("custody")
    }
    assert all(replica["location"] != "second" for package in sample.packages() for replica in package["replicas"])
    audited = sample.done("audit")
    assert (audited["findings"], audited["replicas"]) == ([], 6)
    assert sample.run("custody", "verify").code == 0
    assert sample.done("replicate")["stored"] == 0, "nothing is owed to it"
    made = command("--archive", sample.root / "new", "catalogue", "rebuild", "--from", sample.root / "fourth", "--json")
    assert made.json["digest"] == sample.digest()
    assert sample.run("location", "add", "second", sample.root / "again").code == 2, "a name is used once"
    assert sample.run("location", "retire", "second", "--reason", "r", "--key", "anna").code == 2
    assert sample.run("location", "retire", "store", "--reason", "r", "--key", "anna").code == 2
    assert sample.run("location", "retire", "nowhere", "--reason", "r", "--key", "anna").code == 2


def test_a_retirement_that_became_dangerous_is_not_carried_out(sample: Sample) -> None:
    sample.done("location", "add", "fourth", sample.root / "fourth")
    sample.done("replicate")
    request = sample.agreed("location", "retire", "second", reason="old")
    bag = sample.bag("fourth", sample.aip)
    (bag / "bag-info.txt").write_bytes(b"rotten")
    for name in ("store", "third"):
        (sample.bag(name, sample.aip) / "bag-info.txt").write_bytes(b"rotten")
    with sample.away("second"):
        assert sample.run("audit").code == ExitCode.DAMAGE
    refused = sample.run("carry-out", request)
    assert (refused.code, "fewer than 3 good copies" in refused.err) == (ExitCode.FAILED, True)


# Legal holds


@pytest.mark.parametrize("scope", ["file", "package", "accession"])
def test_a_legal_hold_forbids_asking_approving_and_carrying_out(sample: Sample, scope: str) -> None:
    file = sample.file(PERSON)["id"]
    subject = {"file": file, "package": sample.aip, "accession": sample.accession}[scope]
    asked = sample.request("deletion", "request", file)
    agreed = sample.agreed("deletion", "request", sample.file("twin.txt")["id"], file)
    hold = sample.done("hold", "place", subject, "--reason", "case 12/2026")["hold"]
    for words in (
        ("deletion", "request", sample.aip, "--reason", "r", "--key", "boris"),
        ("approve", asked, "--key", "boris"),
        ("carry-out", agreed),
    ):
        refused = sample.run(*words)
        assert (refused.code, "case 12/2026" in refused.err) == (ExitCode.FAILED, True), words
    assert sample.records("tombstone") == []
    assert [row["hold"] for row in sample.done("hold", "list", "--in-force")["holds"]] == [hold]
    lift = sample.agreed("hold", "lift", hold, reason="case closed")
    assert sample.run("carry-out", agreed).code == ExitCode.FAILED, "agreed is not yet lifted"
    sample.done("carry-out", lift)
    assert sample.done("hold", "list", "--in-force")["holds"] == []
    sample.done("carry-out", agreed)
    assert sample.file(PERSON)["deaccessioned_at"] is not None
    assert sample.done("approvals", "check")["allowed"]


def test_a_hold_on_another_file_forbids_nothing_here(sample: Sample) -> None:
    sample.done("hold", "place", sample.file("one.txt")["id"], "--reason", "r")
    sample.delete(sample.file(PERSON)["id"])
    refused = sample.run("deletion", "request", sample.aip, "--reason", "r", "--key", "anna")
    assert refused.code == ExitCode.FAILED, "the package as a whole holds the file that must be kept"


def test_a_hold_is_placed_by_one_person_on_what_is_held_and_says_why(sample: Sample) -> None:
    file = sample.file(PERSON)["id"]
    assert sample.run("hold", "place", file, "--reason", " ").code == 2
    assert sample.run("hold", "place", "nothing", "--reason", "r").code == 2
    assert sample.run("hold", "place", file, "--reason", "r", "--dry-run").code == 0
    assert sample.records("legal-hold") == []
    sample.delete(file)
    gone = sample.run("hold", "place", file, "--reason", "r")
    assert (gone.code, "nothing left to hold" in gone.err) == (2, True)
    assert sample.run("hold", "lift", "nothing", "--reason", "r", "--key", "anna").code == 2


def test_a_hold_is_not_lifted_twice_and_told_in_the_life_of_what_it_holds(sample: Sample) -> None:
    hold = sample.done("hold", "place", sample.aip, "--reason", "case 12/2026")["hold"]
    told = sample.done("explain", sample.aip)["sentences"]
    assert any("legal hold" in sentence["text"] and "case 12/2026" in sentence["text"] for sentence in told)
    assert sample.done("status")["legal_holds"] == 1
    sample.done("carry-out", sample.agreed("hold", "lift", hold, reason="r"))
    assert sample.run("hold", "lift", hold, "--reason", "r", "--key", "anna").code == 2


# Export


def test_a_volume_takes_two_persons_once_there_are_two(sample: Sample, tmp_path: Path) -> None:
    sample.done("handover", "plan", "--recipient", "OHCHR")
    assert sample.run("handover", "request", "--reason", "r", "--key", "anna").code == 2, "not frozen yet"
    sample.done("handover", "freeze")
    refused = sample.run("handover", "volume", "1", tmp_path / "volume")
    assert (refused.code, "archive handover request" in refused.err) == (ExitCode.FAILED, True)
    assert not (tmp_path / "volume").exists()
    request = sample.request("handover", "request", reason="first copy")
    assert sample.run("handover", "volume", "1", tmp_path / "volume").code == ExitCode.FAILED
    sample.approve(request)
    instead = sample.run("carry-out", request)
    assert (instead.code, "archive handover volume" in instead.err) == (2, True)
    sample.done("handover", "volume", "1", tmp_path / "volume")
    again = sample.run("handover", "volume", "1", tmp_path / "again")
    assert again.code == ExitCode.FAILED, "one request is one volume"
    assert sample.done("approvals", "check")["allowed"]


def test_a_request_for_one_handover_allows_no_other(sample: Sample, tmp_path: Path) -> None:
    sample.done("handover", "plan", "--recipient", "OHCHR")
    sample.done("handover", "freeze")
    sample.agreed("handover", "request", reason="first copy")
    sample.done("handover", "plan", "--recipient", "somebody else")
    sample.done("handover", "freeze")
    assert sample.run("handover", "volume", "1", tmp_path / "volume").code == ExitCode.FAILED
