"""What every implementation of ``FormatIdentifier`` promises."""

from __future__ import annotations

import os
import resource
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from false_clock import leave_out_forks
from inspection_samples import EXCEL_STREAM, GENERATED, OLE_MAGIC, PNG, docx, ole_with_stream, zip_bomb

from archive.errors import ArchiveError
from archive.inspection import evidence_file
from archive.inspection.evidence_file import EvidenceFile, read_exactly
from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.identification import EMPTY, FormatIdentifier, Identification
from archive.inspection.local_identifier import LocalIdentifier
from archive.inspection.pool import WITNESSES, examine_many
from archive.inspection.siegfried_identifier import SiegfriedIdentifier

SPARSE = 4 << 30
MOST_READ = 80 << 20


@pytest.fixture(scope="module", params=WITNESSES, ids=lambda make: make.tool)
def identifier(request: pytest.FixtureRequest) -> FormatIdentifier:
    made: FormatIdentifier = request.param()
    return made


@pytest.fixture
def octets_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Octets of evidence that were read by us, and so could reach anybody, since the test began."""
    count = 0

    def counting(descriptor: int, *, position: int, size: int) -> bytes:
        nonlocal count
        data = read_exactly(descriptor, position=position, size=size)
        count += len(data)
        return data

    monkeypatch.setattr(evidence_file, "read_exactly", counting)
    return lambda: count


def written(folder: Path, data: bytes, name: str = "evidence") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


HOSTILE = {
    "a bomb that admits its size": zip_bomb(declared=0xFFFFFFFF - 1),
    "a bomb that does not": zip_bomb(declared=1000),
    "an OLE stream in a circle": ole_with_stream("Workbook", EXCEL_STREAM, size=0xFFFFFFF0, next_sector=2),
    "an OLE file of a header": OLE_MAGIC + bytes(100),
    "an OLE file cut in its directory": ole_with_stream("Workbook", EXCEL_STREAM, size=4096)[:600],
    "a ZIP file without its directory": docx()[:-30],
    "a ZIP trailer that points outside": b"PK\3\4" + bytes(60) + b"PK\5\6" + b"\xff" * 18,
    "a ZIP trailer that is cut": b"PK\3\4" + bytes(60) + b"PK\5\6\0\0",
    "nothing but zeros": bytes(1 << 20),
    "one octet": b"P",
}


def test_it_says_who_it_is(identifier: FormatIdentifier) -> None:
    assert identifier.tool and identifier.tool_version and identifier.signatures


@pytest.mark.parametrize("name", [*GENERATED, *HOSTILE])
def test_any_file_has_an_answer_in_which_everything_is_printable(
    identifier: FormatIdentifier, name: str, tmp_path: Path
) -> None:
    path = written(tmp_path, {**GENERATED, **HOSTILE}[name])
    answer = identifier.identify(path, name=name)
    assert (answer.tool, answer.tool_version) == (identifier.tool, identifier.tool_version)
    assert answer.signatures == identifier.signatures
    assert len({match.puid for match in answer.matches}) == len(answer.matches)
    assert answer.note.isprintable()


@pytest.mark.parametrize("name", HOSTILE)
def test_little_is_read_of_a_hostile_file(
    identifier: FormatIdentifier, name: str, tmp_path: Path, octets_read: Callable[[], int]
) -> None:
    identifier.identify(written(tmp_path, HOSTILE[name]), name=name)
    assert octets_read() < MOST_READ


def test_little_is_read_of_a_sparse_file_of_4_gigabytes(
    identifier: FormatIdentifier, tmp_path: Path, octets_read: Callable[[], int]
) -> None:
    path = tmp_path / "sparse.bin"
    with path.open("wb") as file:
        file.truncate(SPARSE)
    assert identifier.identify(path, name="sparse.bin").format is None
    assert octets_read() < MOST_READ


@pytest.mark.parametrize("magic", [b"PK\3\4", bytes.fromhex("d0cf11e0a1b11ae1")])
def test_a_sparse_file_that_only_begins_as_a_container_is_not_read_to_its_end(
    identifier: FormatIdentifier, magic: bytes, tmp_path: Path, octets_read: Callable[[], int]
) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.write(magic)
        file.truncate(SPARSE)
    memory = octets_mapped()
    identifier.identify(path, name="sparse")
    assert octets_read() < MOST_READ
    assert octets_mapped() - memory < SPARSE // 4


def octets_mapped() -> int:
    """The most that was ever resident of this process, a mapped file included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_a_zip_file_of_100_000_members_has_an_answer(identifier: FormatIdentifier, tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(100_000):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    answer = identifier.identify(path, name="many.zip")
    assert [match.puid for match in answer.matches] in (["x-fmt/263"], ["local/magic-zip"])


def test_an_empty_file_has_no_format(identifier: FormatIdentifier, tmp_path: Path) -> None:
    answer = identifier.identify(written(tmp_path, b""), name="paper.pdf")
    assert answer.format is None
    assert answer.warning == EMPTY or identifier.tool == LocalIdentifier.tool


def test_what_cannot_be_read_is_an_os_error(identifier: FormatIdentifier, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "circle").symlink_to("circle")
    for name in ("missing", "fifo", "circle", "."):
        with pytest.raises(OSError):
            identifier.identify(tmp_path / name, name=name)


@pytest.mark.parametrize("name", [os.fsdecode(b"\xff\xfe.png"), "new\nline.png", "dir/ectory.png", "." + "x" * 250])
def test_a_name_no_program_could_spell_is_no_obstacle(identifier: FormatIdentifier, name: str, tmp_path: Path) -> None:
    path = written(tmp_path, PNG, name.replace("/", "-"))
    (match,) = identifier.identify(path, name=name).matches
    assert match.puid in ("fmt/11", "local/magic-png")


def test_a_name_that_lies_does_not_change_what_the_bytes_say(identifier: FormatIdentifier, tmp_path: Path) -> None:
    path = written(tmp_path, PNG)
    honest, lying = (identifier.identify(path, name=name).matches for name in ("a.png", "a.docx"))
    assert honest == lying


def test_the_file_is_neither_changed_nor_left_open(identifier: FormatIdentifier, tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    for number, data in enumerate([*GENERATED.values(), *HOSTILE.values()]):
        path = written(tmp_path, data, f"{number}.odd")
        path.chmod(0o400)
        identifier.identify(path, name="other.name")
        assert path.read_bytes() == data
    assert os.listdir("/proc/self/fd") == before


def test_nothing_is_printed(identifier: FormatIdentifier, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name, data in {**GENERATED, **HOSTILE}.items():
        identifier.identify(written(tmp_path, data), name=name)
    assert capfd.readouterr() == ("", "")


def test_threads_that_share_it_do_not_disturb_one_another(identifier: FormatIdentifier, tmp_path: Path) -> None:
    paths = [written(tmp_path, data, name) for name, data in GENERATED.items()]

    def all_of_them(_: int = 0) -> list[Identification]:
        return [identifier.identify(path, name=path.name) for path in paths]

    alone = all_of_them()
    with ThreadPoolExecutor(4) as threads:
        assert all(together == alone for together in threads.map(all_of_them, range(8)))


def test_processes_answer_as_one_does_and_hostile_files_stop_no_batch(tmp_path: Path) -> None:
    tasks = [
        (written(tmp_path, data, f"{number}"), name)
        for number, (name, data) in enumerate({**GENERATED, **HOSTILE}.items())
    ]
    tasks = [*tasks, (tmp_path / "missing", "missing")] * 3
    elsewhere = list(examine_many(tasks, workers=2))
    assert elsewhere == list(examine_many(tasks, workers=1))
    assert len(elsewhere) == len(tasks)
    assert all(answer.failed for answer in elsewhere[-1])


def test_siegfried_refuses_a_forked_child_which_would_wait_for_ever() -> None:
    SiegfriedIdentifier()
    leave_out_forks()
    child = os.fork()
    if child == 0:
        try:
            SiegfriedIdentifier()
        except ArchiveError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_siegfried_is_not_shown_a_member_that_declares_4_gigabytes(tmp_path: Path) -> None:
    path = written(tmp_path, HOSTILE["a bomb that admits its size"])
    answer = SiegfriedIdentifier().identify(path, name="a.docx")
    assert answer.failed
    assert (answer.warning or "").startswith("siegfried was not asked: a member of ")
    assert FidoIdentifier().identify(path, name="a.docx").matches[0].puid == "x-fmt/263"


def test_siegfried_is_not_shown_a_bomb_in_the_form_of_zip64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    path = tmp_path / "a.docx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("[Content_Types].xml", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(1 << 20))
    assert b"PK\6\6" in path.read_bytes()
    answer = SiegfriedIdentifier().identify(path, name="a.docx")
    assert answer.failed
    assert (answer.warning or "").startswith("siegfried was not asked: a member of ")


def test_siegfried_sees_both_ends_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200 << 20)
        file.seek(0, os.SEEK_END)
        file.write(b"TRUEVISION-XFILE.\0")
    assert [match.puid for match in SiegfriedIdentifier().identify(path, name="large").matches] == ["fmt/402"]


def test_a_large_file_nobody_knows_says_how_much_of_it_was_seen(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200 << 20)
    warning = SiegfriedIdentifier().identify(path, name="large").warning or ""
    assert "only the first and last" in warning
    with EvidenceFile(path, allowance=0) as file:
        assert file.size == 200 << 20
