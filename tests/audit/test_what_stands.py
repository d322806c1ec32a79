"""What somebody took away, slipped in or exchanged at a location or among the keys is named, by its name alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest
from audit_support import PAYLOAD, Sample

from archive.custody.keys import create_key

Spoil = Callable[[Sample], None]


def verified(sample: Sample) -> tuple[int, dict[str, set[str]]]:
    ran = sample.run("custody", "verify", "--json")
    checks = ran.json["checks"]
    return ran.code, {check["check"]: {finding["code"] for finding in check["findings"]} for check in checks}


def take_a_file_away(sample: Sample) -> None:
    (sample.bag("second") / PAYLOAD / "photo-1.txt").unlink()


def take_a_tag_file_away(sample: Sample) -> None:
    (sample.bag("second") / "README.txt").unlink()


def slip_a_file_in(sample: Sample) -> None:
    (sample.bag("second") / PAYLOAD / "photo-9.txt").write_text("slipped in")


def put_a_link_in_a_files_place(sample: Sample) -> None:
    path = sample.bag("second") / PAYLOAD / "photo-1.txt"
    shutil.move(path, sample.root / "elsewhere")
    path.symlink_to(sample.root / "elsewhere")


def put_a_link_in_the_packages_place(sample: Sample) -> None:
    bag = sample.bag("second")
    shutil.move(bag, sample.root / "elsewhere")
    bag.symlink_to(sample.root / "elsewhere")


def put_a_file_at_the_location(sample: Sample) -> None:
    (sample.location("second") / "letter.txt").write_text("x")


def put_a_folder_at_the_location(sample: Sample) -> None:
    (sample.location("second") / "private").mkdir()


def put_a_file_beside_the_log(sample: Sample) -> None:
    (sample.location("second") / "custody/leaves/more.jsonl").write_text("x")


def leave_a_copy_unfinished(sample: Sample) -> None:
    (sample.location("second") / ".incoming/half").mkdir(parents=True)


def exchange_the_signers_key(sample: Sample) -> None:
    (sample.home / "keys/log-1.pem").unlink()
    create_key(sample.home / "keys", "log-1")


def forget_what_was_signed(sample: Sample) -> None:
    (sample.home / "keys/log-1.signed.note").unlink()


def let_others_read_the_key(sample: Sample) -> None:
    (sample.home / "keys/log-1.pem").chmod(0o644)


def bring_a_key_nobody_knows(sample: Sample) -> None:
    create_key(sample.home / "keys", "log-7")


SPOILT: list[tuple[Spoil, int, str, str]] = [
    (take_a_file_away, 20, "bags second", "bag-file-missing"),
    (take_a_tag_file_away, 20, "bags second", "bag-file-missing"),
    (slip_a_file_in, 20, "bags second", "bag-file-extra"),
    (put_a_link_in_a_files_place, 20, "bags second", "bag-file-missing"),
    (put_a_link_in_the_packages_place, 20, "bags second", "bag-no-folder"),
    (put_a_file_at_the_location, 3, "bags second", "location-stranger"),
    (put_a_folder_at_the_location, 3, "bags second", "location-stranger"),
    (put_a_file_beside_the_log, 3, "bags second", "location-stranger"),
    (leave_a_copy_unfinished, 3, "bags second", "location-unfinished"),
    (exchange_the_signers_key, 20, "secrets", "key-exchanged"),
    (forget_what_was_signed, 3, "secrets", "signer-forgetful"),
    (let_others_read_the_key, 3, "secrets", "key-unusable"),
    (bring_a_key_nobody_knows, 3, "secrets", "key-stranger"),
]


@pytest.mark.parametrize(("spoil", "ended", "check", "code"), SPOILT)
def test_what_does_not_belong_or_is_not_there_is_named(
    sample: Sample, spoil: Spoil, ended: int, check: str, code: str
) -> None:
    assert verified(sample)[0] == 0
    spoil(sample)
    found, checks = verified(sample)
    assert found == ended
    assert code in checks[check]


def test_a_location_whose_marker_is_another_ones_is_no_offline_location(sample: Sample) -> None:
    second, third = (sample.location(name) / "location.json" for name in ("second", "third"))
    one, other = second.read_bytes(), third.read_bytes()
    second.write_bytes(other)
    third.write_bytes(one)
    code, checks = verified(sample)
    assert code == 3
    assert "location-misplaced" in checks["bags second"] & checks["bags third"]
    second.unlink()
    assert "location-misplaced" in verified(sample)[1]["bags second"], "packages without a marker"


def test_what_was_not_looked_at_stands_in_the_last_sentence(sample: Sample) -> None:
    sample.location("third").rename(sample.root / "away")
    ran = sample.run("custody", "verify")
    assert ran.code == 0
    assert "Not looked at, and nothing is said of it: third." in ran.out


def test_where_the_signer_is_another_command_no_secret_is_wanted_here(sample: Sample) -> None:
    config = sample.home / "archive.toml"
    config.write_text(config.read_text().replace("signer = []", 'signer = ["ssh", "signer"]'))
    (sample.home / "keys/log-1.pem").rename(sample.root / "log-1.pem")
    code, checks = verified(sample)
    assert code == 0
    assert checks["secrets"] == set()
    config.write_text(config.read_text().replace('signer = ["ssh", "signer"]', "signer = []"))
    code, checks = verified(sample)
    assert code == 0
    assert checks["secrets"] == {"key-elsewhere"}


def test_the_lost_and_found_of_a_file_system_is_no_stranger(sample: Sample) -> None:
    (sample.location("second") / "lost+found").mkdir()
    assert verified(sample)[0] == 0


def test_the_audit_brings_back_what_was_missed(sample: Sample) -> None:
    take_a_file_away(sample)
    assert sample.run("audit").code == 20
    code, checks = verified(sample)
    assert checks["bags second"] == set()
    assert code == 0
