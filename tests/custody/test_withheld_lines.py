"""Private lines that are withheld on a volume: counted, named with a reason class, and nothing else is less right."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest
from verifier_support import Verdict, verify

from archive import assembly
from archive.cli import run
from archive.codec.record_codec import FILES_FROM
from archive.custody.withheld import WITHHELD, WithheldLine, spell_withheld
from archive.errors import ArchiveError, UsageError
from archive.handover.volume import write_volume
from archive.handover.withholding import AS_RECEIVED, selection_root
from archive.holdings import rebuild
from archive.model.records import ReceiptRecord, SelectionRecord
from archive.progress import Silent

NAME = "Иванов Иван.txt"
CONTENT = b"what a witness said\n"
FILES = {NAME: CONTENT, "one.txt": b"one\n", "two.txt": b"two\n"}
DIGEST = hashlib.sha256(CONTENT).hexdigest()
WHOLE, NAME_ALONE = (FILES_FROM, FILES_FROM + 1), (FILES_FROM + 1,)


def archive(home: Path, *words: object) -> int:
    return int(run(["--archive", str(home), *map(str, words)]))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    delivery = tmp_path / "delivery"
    delivery.mkdir()
    for name, data in FILES.items():
        (delivery / name).write_bytes(data)
    home = tmp_path / "home"
    assert run(["init", str(home), f"--location=second={tmp_path / 'second'}"]) == 0
    assert archive(home, "ingest", delivery, "--producer", "p") == 0
    assert archive(home, "handover", "plan", "--recipient", "OHCHR") == 0
    assert archive(home, "handover", "freeze") == 0
    return home


def receipt_of(home: Path, name: str = NAME) -> tuple[int, ReceiptRecord]:
    with assembly.reading(home) as opened:
        for n, record in opened.holdings.log.records(kinds=frozenset({ReceiptRecord.kind})):
            if isinstance(record, ReceiptRecord) and record.name == name.encode():
                return n, record
    raise AssertionError(f"no receipt of {name}")


def lines_of(home: Path, places: tuple[int, ...], reason_class: str = "embargo") -> list[WithheldLine]:
    n, _ = receipt_of(home)
    return [WithheldLine(n, i, reason_class) for i in places]


def write(home: Path, volume: Path, lines: list[WithheldLine]) -> None:
    with assembly.changing(home, doing="testing") as opened:
        write_volume(opened.holdings, 1, volume, progress=Silent(), withheld=lines)


def selections(home: Path) -> list[SelectionRecord]:
    with assembly.reading(home) as opened:
        found = opened.holdings.log.records(kinds=frozenset({SelectionRecord.kind}))
        return [record for _, record in found if isinstance(record, SelectionRecord)]


def digest(home: Path) -> str:
    with assembly.reading(home) as opened:
        return rebuild.catalogue_digest(opened.holdings.catalogue)


def lies_in(folder: Path, text: str) -> set[str]:
    """The files of log and tables that hold a text, as it is or in base64."""
    spelled = text.encode(), base64.b64encode(text.encode())
    files = [path for part in ("custody", "catalogue") for path in (folder / part).rglob("*") if path.is_file()]
    return {path.name for path in files if any(one in path.read_bytes() for one in spelled)}


def judged(volume: Path) -> Verdict:
    verdict = verify(volume)
    assert not verdict.told("WRONG"), verdict.text
    return verdict


def test_a_whole_receipt_is_withheld_and_everything_else_is_checked_and_right(home: Path, tmp_path: Path) -> None:
    volume, (n, receipt) = tmp_path / "volume", receipt_of(home)
    write(home, volume, lines_of(home, WHOLE))
    assert not lies_in(volume, NAME) and not lies_in(volume, DIGEST)
    assert lies_in(volume, "one.txt") and lies_in(volume, receipt.file), "the skeleton stays"
    named = [json.loads(line) for line in (volume / WITHHELD).read_bytes().splitlines()]
    assert named == [{"i": i, "n": n, "reason_class": "embargo"} for i in WHOLE]
    verdict = judged(volume)
    (told,) = verdict.told("RIGHT", "private")
    assert "0 were erased and 2 withheld, as recorded" in told
    assert verdict.told("RIGHT", "counts") and verdict.told("RIGHT", "openings") and verdict.told("RIGHT", "list")
    (unknown,) = verdict.told("NOT CHECKED", "packages")
    assert DIGEST in unknown, "the file lies in a package here, and what its receipt says of it does not"
    assert not (home / AS_RECEIVED).exists()


def test_its_name_alone_is_withheld_and_its_digest_is_checked(home: Path, tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    write(home, volume, lines_of(home, NAME_ALONE))
    assert not lies_in(volume, NAME)
    assert "file.csv" in lies_in(volume, DIGEST)
    verdict = judged(volume)
    assert "0 were erased and 1 withheld" in "".join(verdict.told("RIGHT", "private"))
    assert verdict.told("RIGHT", "packages") and not verdict.told("NOT CHECKED", "packages")


def test_the_log_says_how_many_lines_were_withheld_and_of_which_files(home: Path, tmp_path: Path) -> None:
    lines = lines_of(home, WHOLE)
    write(home, tmp_path / "volume", lines)
    (selection,) = selections(home)
    (file,) = selection.found
    assert (file.file, file.decision, file.reason_class) == (receipt_of(home)[1].file, "withheld", "embargo")
    assert (selection.count, selection.withheld) == (1, 2)
    assert selection.withheld_sha256 == hashlib.sha256((tmp_path / "volume" / WITHHELD).read_bytes()).hexdigest()
    leaf = {"decision": "withheld", "file": file.file, "reason_class": "embargo", "salt": file.salt}
    spelled = json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode()
    assert selection.root == hashlib.sha256(b"\0" + spelled).hexdigest() == selection_root([file]).hex()
    asked = {"query": selection.query, "salt": selection.query_salt}
    asked_for = hashlib.sha256(json.dumps(asked, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    assert selection.query_sha256 == asked_for
    assert archive(home, "custody", "verify") == 0
    again = tmp_path / "again"
    assert archive(again, "catalogue", "rebuild", "--from", tmp_path / "second") in (0, 3)
    assert digest(again) == digest(home), "nothing is withheld from the archive itself"
    assert receipt_of(again)[1] == receipt_of(home)[1]


def test_a_volume_that_broke_off_is_gone_on_with_and_the_selection_recorded_once(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, lines = tmp_path / "volume", lines_of(home, WHOLE)
    with monkeypatch.context() as patch, pytest.raises(ArchiveError):
        patch.setattr("archive.handover.volume._write_tables", lambda *_: _broken())
        write(home, volume, lines)
    assert not (home / AS_RECEIVED).exists()
    write(home, volume, lines)
    assert len(selections(home)) == 1
    assert "2 withheld" in "".join(judged(volume).told("RIGHT", "private"))


def _broken() -> None:
    raise OSError(28, "No space left on device")


def test_a_line_that_is_missing_beside_those_is_wrong(home: Path, tmp_path: Path) -> None:
    volume, (n, _) = tmp_path / "volume", receipt_of(home, "one.txt")
    write(home, volume, lines_of(home, WHOLE))
    (private,) = (volume / "custody/private").iterdir()
    whole = private.read_bytes()
    gone = b'{"i":%d,"n":%d,' % (FILES_FROM + 1, n)
    private.write_bytes(b"".join(line for line in whole.splitlines(keepends=True) if not line.startswith(gone)))
    assert f"line {FILES_FROM + 1} of record {n} is missing" in "".join(verify(volume).told("WRONG", "private"))
    named = volume / WITHHELD
    kept = named.read_bytes()
    named.write_bytes(spell_withheld([*lines_of(home, WHOLE), WithheldLine(n, FILES_FROM + 1, "embargo")]))
    wrong = verify(volume).told("WRONG", "private")
    assert any("withheld.jsonl is not the list that a record tells of" in line for line in wrong), wrong
    private.write_bytes(whole)
    named.write_bytes(kept)
    named.unlink()
    missing = [line for line in verify(volume).told("WRONG", "private") if "is missing, and no record" in line]
    assert len(missing) == 2, "nothing says any more why"


def test_a_line_that_is_not_there_is_not_withheld(home: Path, tmp_path: Path) -> None:
    (line,) = lines_of(home, NAME_ALONE)
    for wrong in (WithheldLine(99_999, 1, "embargo"), WithheldLine(line.n, 7, "embargo"), line):
        size = len(selections(home))
        with pytest.raises(UsageError):
            write(home, tmp_path / "volume", [line, wrong])
        assert len(selections(home)) == size
    for words in ("", "Embargo", "he said so", "embargo\n"):
        with pytest.raises(ValueError, match="reason class"):
            WithheldLine(1, 2, words)


def test_a_volume_with_nothing_withheld_names_nothing(home: Path, tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    assert archive(home, "handover", "volume", "1", volume) == 0
    assert not (volume / WITHHELD).exists() and not selections(home)
    assert "0 were erased and 0 withheld" in "".join(judged(volume).told("RIGHT", "private"))
