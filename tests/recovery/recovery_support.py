"""Running the command line in a child that dies where it is told to, and comparing what is left afterwards."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path

from false_clock import leave_out_forks
from own_copies import moved

from archive import assembly, durable
from archive.cli import run
from archive.inspection import pool
from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.local_identifier import LocalIdentifier
from archive.model.packages import PackageKind

KILLED = 137
LOCATIONS = ("store", "second")

WITNESSES: pool.Makers = (FidoIdentifier, LocalIdentifier)
"""Who is asked in children: not siegfried, because Go does not survive the fork if it was loaded before."""


@cache
def warm() -> None:
    """Live one small life in this process, so that no child has to load and prepare what all of them need."""
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as null:
        home, witnesses = Path(folder) / "home", pool.WITNESSES
        (Path(folder) / "delivery").mkdir()
        (Path(folder) / "delivery/a.txt").write_text("a\n")
        try:
            pool.WITNESSES = WITNESSES
            with redirect_stdout(null), redirect_stderr(null):
                assert run(["init", str(home)]) == 0
                for words in (["ingest", f"{folder}/delivery", "--producer", "p"], ["audit"], ["custody", "verify"]):
                    assert run(["--archive", str(home), *words]) == 0, words
        finally:
            pool.WITNESSES = witnesses
    gc.collect()
    gc.freeze()  # what a child shares with its parent it need not look through


def in_child(work: Callable[[], int]) -> int:
    """The exit code of ``work`` done in a forked child, which dies as a process dies."""
    leave_out_forks()
    warm()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            sys.stdout = open(null, "w", closefd=False)  # noqa: SIM115 - the child ends with it; pytest's capture would gather what children say
            sys.stderr = sys.stdout
            pool.WITNESSES = WITNESSES
            code = work()
        except BaseException:
            with open("/dev/stderr", "w") as stderr:
                traceback.print_exc(file=stderr)
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def command(home: Path, *words: str) -> int:
    """One command, undisturbed."""
    return in_child(lambda: run(["--archive", str(home), *words]))


def command_counting(home: Path, *words: str) -> tuple[int, list[str]]:
    """One command, undisturbed, and the words of every durable call it made."""
    reader, writer = os.pipe()

    def work() -> int:
        calls: list[str] = []
        durable.promise = calls.append
        code = run(["--archive", str(home), *words])
        os.write(writer, "\n".join(calls).encode()[:60_000])
        return code

    code = in_child(work)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        return code, pipe.read().split("\n")


def command_dying(home: Path, at: int, *words: str) -> int:
    """One command whose process is gone just before durable call number ``at`` (from 0)."""

    def work() -> int:
        calls = iter(range(1_000_000))

        def die(_what: str) -> None:
            if next(calls) == at:
                os._exit(KILLED)

        durable.promise = die
        return run(["--archive", str(home), *words])

    return in_child(work)


def copy_of(base: Path, target: Path) -> Path:
    """A copy of an archive with its locations, which are found by the paths in its ``archive.toml``."""
    shutil.copytree(base, target, symlinks=True)
    toml = target / "home" / "archive.toml"
    toml.write_text(moved(toml.read_text(), base, target))
    return target / "home"


def new_archive(base: Path) -> Path:
    """An archive at ``base/home`` with a second location beside it."""
    base.mkdir(parents=True)
    assert command(base / "x", "init", str(base / "home"), f"--location=second={base / 'second'}") == 0
    return base / "home"


def make_delivery(folder: Path) -> Path:
    """Six files in two packages' worth of names: a duplicate, an empty one, an odd one, one with its side-car; a link
    and an empty folder. Beside the folder lies the producer's table, in an encoding of its own.
    """
    (folder / "папка").mkdir(parents=True)
    (folder / "пусто").mkdir()
    (folder / "папка/a.txt").write_text("one\n")
    (folder / "папка/b.txt").write_text("one\n")
    (folder / "c: d.txt").write_text("two\n")
    (folder / "empty").touch()
    (folder / "e.bin").write_bytes(bytes(range(256)) * 40)
    (folder / "e.bin.ots").write_text("stamp\n")
    (folder / "link").symlink_to("e.bin")
    rows = ["папка/a.txt", "папка/b.txt", "c: d.txt", "empty", "e.bin"]
    text = "path;rights_basis;terms;consent_ref\n" + "".join(f"{row};public;un;\n" for row in rows)
    metadata_of(folder).write_bytes(text.replace("un;\n", ";CF-1\n", 1).encode("utf-16"))
    return folder


def metadata_of(delivery: Path) -> Path:
    """The producer's table about a delivery of ``make_delivery``."""
    return delivery.with_suffix(".csv")


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    """Names, kinds, sizes, times and contents of everything below ``folder``."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime_ns, content)
    return found


def holdings(home: Path) -> dict[str, object]:
    """What an archive holds, without identifiers and times, for comparing two archives."""
    with assembly.reading(home) as archive:
        catalogue, log = archive.holdings.catalogue, archive.holdings.log
        assert log.verify() == []
        records = list(log.records())
        assert [n for n, _ in records] == list(range(log.size))
        assert catalogue.applied() == log.size
        packages = catalogue.packages()
        order = {package.id: number for number, package in enumerate(packages)}
        files = [row for accession in catalogue.accessions() for row in catalogue.files(accession.id)]
        names = {row.id: row.name for row in files}
        receipts = Counter(record.file for _, record in records if record.kind == "receipt")
        assert set(receipts.values()) <= {1}, "a file was received twice"
        totals = catalogue.totals()
        items = {item for accession in catalogue.accessions() for _, item in catalogue.items_by_name(accession.id)}
        assert totals.received == len(files)
        for name, location in archive.holdings.locations.items():
            recorded = {replica.key for replica in catalogue.replicas() if replica.location == name}
            assert set(location.package_keys()) == recorded, "a package stands there without a record"
            assert location.folder is not None and not list((location.folder / ".incoming").glob("*"))
            assert not list(location.folder.glob("??/.*"))
        return {
            "files": [(f.name, f.size, f.sha256, f.blake3, f.mtime, f.outcome, order.get(f.aip)) for f in files],
            "formats": sorted(
                (
                    (names[row.file], row.told_by, row.puid, row.verdict, row.basis, row.reason, row.former_puid)
                    for package in packages
                    for row in catalogue.file_formats(package.id)
                ),
                key=repr,
            ),
            "identified": [identified and identified.tools for identified in map(catalogue.identification, order)],
            "holdings": catalogue.format_holdings(),
            "packages": [(p.kind, p.files) for p in packages],
            "evidence": [p.bytes for p in packages if p.kind is PackageKind.AIP],
            "replicas": sorted((order[r.package], r.location, r.state) for r in catalogue.replicas()),
            "closed": [accession.closed_at is not None for accession in catalogue.accessions()],
            "totals": totals,
            "items": sorted(sorted(f.name for f in catalogue.files_of_item(item)) for item in items),
            "rights": sorted((f.name, row.statement) for f in files if (row := catalogue.rights(f.id)) is not None),
            "damage": sorted((d.path, d.location, d.repaired_at is not None) for d in catalogue.damages()),
            "incidents": sorted((i.type, i.location) for i in catalogue.incidents()),
        }


def kinds(home: Path) -> Counter[str]:
    """How many records of each kind the log holds."""
    with assembly.reading(home) as archive:
        return Counter(record.kind for _, record in archive.holdings.log.records())


def leftovers(home: Path) -> list[str]:
    """What still lies in staging."""
    return sorted(path.name for path in (home / "staging").iterdir())


if __name__ == "__main__":
    sys.exit("imported by tests")
