"""Each delivered byte is read once, and what is recorded grows in few steps: counted, not timed."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Sequence
from io import RawIOBase
from pathlib import Path

import pytest
from ingest_support import Place, with_opener, write

from archive.catalogue.catalogue import Catalogue
from archive.custody.log import CustodyLog
from archive.holdings.holdings import Holdings
from archive.ingest.delivery import ingest
from archive.model.records import Record
from archive.storage.reading import open_quietly


class _Counted:
    """A reading that counts the octets it gives."""

    def __init__(self, file: RawIOBase, name: bytes, octets: Counter[bytes]) -> None:
        self._file, self._name, self._octets = file, name, octets

    def readinto(self, buffer: memoryview) -> int:
        octets = self._file.readinto(buffer) or 0
        self._octets[self._name] += octets
        return octets

    def fileno(self) -> int:
        return self._file.fileno()

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@pytest.mark.parametrize("as_bag", [False, True])
def test_each_delivered_byte_is_read_once(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_bag: bool
) -> None:
    files = {"data/a": b"a" * (3 * (1 << 20) + 1), "data/b": b"b", "data/c": b"", "data/d": b"b"}
    folder = write(tmp_path / "d", files)
    if as_bag:
        declaration = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        manifest = b"".join(b"0" * 128 + b"  " + name.encode() + b"\n" for name in files)
        write(folder, {"bagit.txt": declaration, "manifest-sha512.txt": manifest, "manifest-md5.txt": b""})
    opened, octets = Counter[bytes](), Counter[bytes]()

    def counting(path: bytes) -> RawIOBase:
        opened[path] += 1
        return _Counted(open_quietly(path), path, octets)  # type: ignore[return-value]

    with_opener(monkeypatch, counting)
    assert place.ingest(folder).json["received"] == 4
    assert {Path(path.decode()).relative_to(folder).as_posix(): count for path, count in opened.items()} == {
        name: 1 for name in files
    }
    assert sum(octets.values()) == sum(map(len, files.values()))
    assert octets[bytes(folder / "data/a")] == len(files["data/a"])


def steps(place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the log was appended to, the catalogue written to, and something recorded, in one ingest."""
    counts: Counter[str] = Counter()
    append, transaction, record = CustodyLog.append, Catalogue.transaction, Holdings.record

    def counted_append(self: CustodyLog, records: Sequence[Record]) -> int:
        counts["append"] += 1
        return append(self, records)

    def counted_transaction(self: Catalogue) -> object:
        counts["transaction"] += 1
        return transaction(self)

    def counted_record(self: Holdings, records: Sequence[Record]) -> None:
        counts["record"] += 1
        return record(self, records)

    with monkeypatch.context() as counting:
        counting.setattr(CustodyLog, "append", counted_append)
        counting.setattr(Catalogue, "transaction", counted_transaction)
        counting.setattr(Holdings, "record", counted_record)
        assert place.ingest(folder).code == 0
    return counts


def test_the_log_and_the_catalogue_are_written_per_package_and_not_per_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    write(few / "d", {"0": b"0"})
    write(many / "d", {str(number): b"%d" % number for number in range(60)})
    of_few = steps(Place.make(few), few / "d", monkeypatch)
    of_many = steps(Place.make(many), many / "d", monkeypatch)
    assert of_few == of_many
    assert of_few["append"] >= 3  # opened, sealed, closed


def test_the_whole_life_of_a_delivery_is_read_in_one_function_with_one_call_a_stage() -> None:
    source = inspect.getsource(ingest)
    assert len(source.strip().splitlines()) <= 30
    stages = ("look(", "open_accession(", "receive(", "examine(", "appraise(", "seal(", "place(", " close(")
    assert {stage: source.count(stage) for stage in stages} == dict.fromkeys(stages, 1)
    positions = [source.index(stage) for stage in stages]
    assert positions == sorted(positions)
