"""Bad input: a sentence that says what to do, the right exit code, and nothing changed."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from audit_support import LOCATIONS, Sample, archive, everything, replace_text, tree, write_delivery

from archive import durable


def refuse_delivery(sample: Sample, delivery: Path, *, code: int, words: tuple[str, ...]) -> None:
    before, records = everything(sample.root), len(sample.records())
    ran = sample.run("ingest", delivery, "--producer", "viasna", "--json")
    assert ran.code == code, ran.err
    assert all(word in ran.err for word in words), ran.err
    assert "Traceback" not in ran.err
    assert ran.json["error"]["exit_code"] == code
    assert len(sample.records()) == records
    assert everything(sample.root) == before


def test_no_such_folder(sample: Sample) -> None:
    refuse_delivery(sample, sample.root / "nowhere", code=2, words=("no folder", "nowhere", "mounted"))


def test_a_delivery_that_is_a_file(sample: Sample) -> None:
    (sample.root / "letter.txt").write_bytes(b"letter")
    refuse_delivery(sample, sample.root / "letter.txt", code=2, words=("not a folder", "put the file into a folder"))


def test_an_empty_folder(sample: Sample) -> None:
    (sample.root / "empty").mkdir()
    refuse_delivery(sample, sample.root / "empty", code=1, words=("holds no files", "right folder"))


def test_a_folder_that_holds_only_empty_folders(sample: Sample) -> None:
    (sample.root / "hollow" / "a" / "b").mkdir(parents=True)
    refuse_delivery(sample, sample.root / "hollow", code=1, words=("holds no files", "right folder"))


def test_a_delivery_inside_the_archive(sample: Sample) -> None:
    refuse_delivery(sample, sample.home / "store", code=2, words=("lie in one another",))


def test_an_archive_inside_the_delivery(sample: Sample) -> None:
    refuse_delivery(sample, sample.root, code=2, words=("lie in one another",))


def test_an_unknown_producers_code_is_refused_when_it_cannot_be_one(sample: Sample) -> None:
    before = len(sample.records())
    ran = sample.run("ingest", write_delivery(sample.root / "more"), "--producer", "../x")
    assert ran.code == 2 and "producer's code" in ran.err
    assert len(sample.records()) == before


CONFIGURATIONS = [
    ("every_days = 90", "evry_days = 90", ("unknown key 'audit.evry_days'", "known here", "audit.every_days")),
    ("[audit]", "[audits]\n[audit]", ("unknown key 'audits'",)),
    ("signer = []", "singer = []", ("unknown key 'custody.singer'", "custody.signer")),
    ("signer = []", 'signer = "sudo sign"', ("custody.signer",)),
    ("format = 1", "format = 1\ncolour = 1", ("unknown key 'colour'", "known here")),
    ("every_days = 90", "every_days = ", ("TOML",)),
    ("every_days = 90", "every_days = 0", ("'audit.every_days' must be at least 1, not 0",)),
    ("every_days = 90", "every_days = -5", ("at least 1",)),
    ("every_days = 90", 'every_days = "often"', ("audit.every_days", "int")),
    ("every_days = 90", "every_days = true", ("audit.every_days",)),
    ("repair_limit = 100", "repair_limit = 1.5", ("audit.repair_limit",)),
    ("max_files = 5000", "max_files = 5001", ("packages.max_files", "at most 5000")),
    ("max_bytes = 20000000000", "max_bytes = 0", ("packages.max_bytes",)),
    ("format = 1", "format = 2", ("format 2", "newer version", "nothing was changed")),
    ("format = 1", "format = 0", ("'format'",)),
    ("format = 1", "", ("format",)),
    ("[locations]", "[locations]\nfourth = '/somewhere'", ("location 'fourth' was never added", "location add")),
    ("[locations]", "[locations]\nfourth = 4", ("locations",)),
]


@pytest.mark.parametrize("old,new,words", CONFIGURATIONS, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("command", [("audit",), ("status",)])
def test_a_configuration_that_is_not_understood_names_file_and_key(
    sample: Sample, old: str, new: str, words: tuple[str, ...], command: tuple[str, ...]
) -> None:
    path = sample.home / "archive.toml"
    replace_text(path, old, new)
    before = everything(sample.root)
    ran = sample.run(*command)
    assert ran.code == 1, ran.err
    assert str(path) in ran.err and all(word in ran.err for word in words), ran.err
    assert ran.out == "" and "Traceback" not in ran.err
    assert everything(sample.root) == before


def test_a_configuration_that_is_no_text(sample: Sample) -> None:
    (sample.home / "archive.toml").write_bytes(b"\xff\xfe")
    ran = sample.run("status")
    assert ran.code == 1 and "archive.toml" in ran.err and "TOML" in ran.err


def test_a_catalogue_written_by_a_newer_program_is_refused(sample: Sample) -> None:
    with sqlite3.connect(sample.home / "catalogue.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    before = everything(sample.root)
    for command in ("status", "audit"):
        ran = sample.run(command)
        assert ran.code == 1
        assert "version 9999" in ran.err and "newer version" in ran.err and "nothing was changed" in ran.err
    assert everything(sample.root) == before


def test_a_catalogue_that_is_missing_is_not_made_up(sample: Sample) -> None:
    (sample.home / "catalogue.sqlite").unlink()
    ran = sample.run("status")
    assert ran.code == 1 and "missing" in ran.err and "rebuild" in ran.err
    assert not (sample.home / "catalogue.sqlite").exists()


def test_a_catalogue_that_is_no_database(sample: Sample) -> None:
    for suffix in ("-wal", "-shm"):
        (sample.home / f"catalogue.sqlite{suffix}").unlink(missing_ok=True)
    (sample.home / "catalogue.sqlite").write_bytes(b"not a database, by any means at all" * 100)
    ran = sample.run("status")
    assert ran.code == 1 and "damaged" in ran.err and "rebuild" in ran.err and "Traceback" not in ran.err


def test_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARCHIVE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    for arguments in (("status",), ("--archive", tmp_path, "audit"), ("ingest", tmp_path, "--producer", "p")):
        ran = archive(*arguments)
        assert ran.code == 10
        assert "there is no archive" in ran.err and "archive" in ran.err.split("\n")[1]
    assert list(tmp_path.iterdir()) == []


def refuse_init(root: Path, *arguments: object, code: int, words: tuple[str, ...]) -> None:
    before = sorted(root.rglob("*")), tree(root)
    ran = archive("init", root / "archive", *arguments)
    assert ran.code == code, ran.err
    assert all(word in ran.err for word in words), ran.err
    assert "Traceback" not in ran.err
    assert (sorted(root.rglob("*")), tree(root)) == before


@pytest.mark.parametrize(
    "location,words",
    [
        ("second", ("NAME=PATH",)),
        ("second=", ("NAME=PATH",)),
        ("=/tmp/x", ("cannot be the name",)),
        ("Second=/tmp/x", ("small letters",)),
        ("../x=/tmp/x", ("small letters",)),
        ("a" * 41 + "=/tmp/x", ("cannot be the name",)),
        ("store=/tmp/x", ("'store' is taken",)),
        ("s3=s3://bucket/x", ("no storage speaks 's3'", "plain path")),
        ("web=https://example.org/x", ("no storage speaks 'https'",)),
    ],
)
def test_a_location_that_cannot_be_one(tmp_path: Path, location: str, words: tuple[str, ...]) -> None:
    refuse_init(tmp_path, "--location", location, code=2, words=words)


def test_a_location_given_twice(tmp_path: Path) -> None:
    given = (f"--location=second={tmp_path / 'a'}", f"--location=second={tmp_path / 'b'}")
    refuse_init(tmp_path, *given, code=2, words=("given twice",))


@pytest.mark.parametrize("second", ["archive/store", "archive/store/deeper", "archive", ".", "first", "first/inner"])
def test_locations_that_lie_in_one_another(tmp_path: Path, second: str) -> None:
    given = (f"--location=first={tmp_path / 'first'}", f"--location=second={tmp_path / second}")
    ran = archive("init", tmp_path / "archive", *given)
    assert ran.code == 2, ran.err
    assert "lie in one another" in ran.err or "holds the archive's own folder" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_location_reached_through_a_link_is_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "first")
    given = (f"--location=first={tmp_path / 'first'}", f"--location=second={tmp_path / 'alias'}")
    refuse_init(tmp_path, *given, code=2, words=("lie in one another",))


def test_a_location_whose_parent_is_missing(tmp_path: Path) -> None:
    given = f"--location=second={tmp_path / 'unmounted' / 'archive'}"
    refuse_init(tmp_path, given, code=1, words=("second", "cannot be made", "mount the disk"))


def test_a_location_of_another_archive(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "second").symlink_to(sample.location("second"))
    given = f"--location=second={sample.location('second')}"
    refuse_init(tmp_path / "new", given, code=1, words=("already belongs to location 'second'", "another folder"))


def test_init_says_what_is_wrong_with_a_location_and_leaves_others_disks_alone(sample: Sample, tmp_path: Path) -> None:
    before = tree(sample.location("second"))
    ran = archive("init", tmp_path / "new", "--location", f"second={sample.location('second')}")
    assert ran.code == 1 and "already belongs to location 'second'" in ran.err and "another folder" in ran.err
    assert tree(sample.location("second")) == before
    ran = archive("init", tmp_path / "newer", "--location", f"second={tmp_path / 'unmounted' / 'x'}")
    assert ran.code == 1 and "cannot be made" in ran.err and "mount the disk" in ran.err
    assert not (tmp_path / "unmounted").exists()
    assert not (tmp_path / "new" / "archive.toml").exists() and not (tmp_path / "newer" / "archive.toml").exists()


def test_init_in_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "holiday.jpg").write_bytes(b"x")
    refuse_init(tmp_path, code=2, words=("not an empty folder", "does not exist yet"))


def test_init_on_a_file(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(b"x")
    refuse_init(tmp_path, code=2, words=("not an empty folder",))


def test_init_in_an_archive(sample: Sample) -> None:
    before = everything(sample.root)
    ran = archive("init", sample.home)
    assert ran.code == 2 and "not an empty folder" in ran.err
    assert everything(sample.root) == before


HOLDER = """
import sys
from archive import durable
from archive.cli import run
waited = []
def promise(what):
    if not waited and "journal" in what:
        waited.append(what)
        print("HOLDING", flush=True)
        sys.stdin.readline()
durable.promise = promise
sys.exit(run(sys.argv[1:]))
"""


def test_a_second_ingest_at_the_same_time_waits_its_turn_and_changes_nothing(sample: Sample) -> None:
    delivery = write_delivery(sample.root / "more")
    arguments = ("--archive", str(sample.home), "ingest", str(delivery), "--producer", "viasna", "--json")
    first = subprocess.Popen(
        [sys.executable, "-c", HOLDER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout is not None and first.stdin is not None
        assert first.stdout.readline() == "HOLDING\n"
        before = everything(sample.root)
        for command, what in (
            (("ingest", delivery, "--producer", "viasna"), f"the delivery {delivery} is in use: ingest"),
            (("audit",), "the archive is in use: ingest of"),
            (("replicate",), "the archive is in use: ingest of"),
        ):
            refused = sample.run(*command)
            assert refused.code == 11
            assert what in refused.err and f"process {first.pid}" in refused.err
            assert "wait" in refused.err and "nothing was changed" in refused.err
        assert everything(sample.root) == before
        assert sample.run("list").code == 0, "looking is always possible"
        first.stdin.write("\n")
        first.stdin.flush()
        out, _ = first.communicate()
        assert first.returncode == 0
        assert '"received": 7' in out
    finally:
        first.kill()
        first.wait()
    again = sample.run("ingest", delivery, "--producer", "viasna", "--json")
    assert again.code == 0 and again.json["received"] == 7
    assert len(sample.packages()) == 4
    assert sample.audit()[0] == 0


def test_the_lock_of_a_dead_process_is_nobodys(sample: Sample) -> None:
    (sample.home / "lock").write_text("ingest of /x, process 999999\n")
    assert sample.audit()[0] == 0


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full_at(step: str) -> Callable[[str], None]:
    def promise(what: str) -> None:
        if step in what:
            full()

    return promise


def copying(patch: pytest.MonkeyPatch) -> None:
    from archive.storage.direct import NewFile

    patch.setattr(NewFile, "write", full)


def sealing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(durable, "promise", full_at("sync filesystem"))


def publishing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(durable, "promise", full_at("publish"))


def log_appending(patch: pytest.MonkeyPatch) -> None:
    from archive.custody.log import CustodyLog

    patch.setattr(CustodyLog, "_write", full)


def catalogue_writing(patch: pytest.MonkeyPatch) -> None:
    from archive.catalogue import opening

    real = opening._engine

    def engine(path: Path):  # type: ignore[no-untyped-def]
        from sqlalchemy import event

        made = real(path)

        @event.listens_for(made, "connect")
        def _small(connection, _record) -> None:  # type: ignore[no-untyped-def]
            connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the size the file has: it cannot grow

        return made

    patch.setattr(opening, "_engine", engine)


FULL = [
    copying,
    sealing,
    publishing,
    log_appending,
    catalogue_writing,
]


@pytest.mark.parametrize("where", FULL)
def test_a_full_disk_is_said_and_the_same_command_finishes_afterwards(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, where: Callable[[pytest.MonkeyPatch], None]
) -> None:
    delivery = write_delivery(sample.root / "more", files=60)
    delivered = tree(delivery)
    where(monkeypatch)
    ran = sample.run("ingest", delivery, "--producer", "viasna")
    monkeypatch.undo()
    assert ran.code == 1, ran.err
    assert "No space left" in ran.err or "full" in ran.err
    assert "free space" in ran.err and "same command again" in ran.err and "Traceback" not in ran.err
    assert tree(delivery) == delivered
    again = sample.run("ingest", delivery, "--producer", "viasna", "--json")
    assert again.code == 0, again.err
    assert (again.json["received"], again.json["pending"], again.json["state"]) == (61, 0, "closed")
    (aip,) = again.json["aips"]
    assert len(sample.packages()) == 4
    assert sample.states(aip) == dict.fromkeys(LOCATIONS, "ok")
    assert sample.audit()[0] == 0
    assert not any((sample.home / "staging").iterdir())


def test_a_full_location_leaves_a_copy_owed_and_says_so(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    from archive.storage import folders

    delivery = write_delivery(sample.root / "more")
    monkeypatch.setattr(folders, "write_all", full)
    ran = sample.run("ingest", delivery, "--producer", "viasna", "--json")
    assert ran.code == 3, ran.err
    owed = [finding["message"] for finding in ran.json["findings"] if finding["code"] == "replica-not-stored"]
    assert len(owed) == 4 and all("No space left" in message for message in owed)
    assert ran.json["state"] == "closed"
    monkeypatch.undo()
    done = sample.run("replicate", "--json")
    assert (done.code, done.json["stored"], done.json["findings"]) == (0, 4, [])
    assert sample.audit()[0] == 0
    assert len(sample.packages()) == 4
    assert not any(list((sample.location(name) / ".incoming").glob("*")) for name in LOCATIONS)
