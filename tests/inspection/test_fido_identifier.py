from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from inspection_samples import (
    CONTENT_TYPES,
    EXCEL_STREAM,
    GENERATED,
    MP3_HOG,
    OLE_MAGIC,
    PDF,
    PNG,
    docx,
    hand_made_zip,
    ole_with_stream,
    zip_bomb,
    zip_of,
)

from archive.errors import ArchiveError
from archive.inspection import evidence_file, signatures
from archive.inspection.containers import CONTAINER_ALLOWANCE, MEMBER_LIMIT
from archive.inspection.evidence_file import EvidenceFile
from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.identification import Identification
from archive.model.formats import Basis

Identify = Callable[..., Identification]


@pytest.fixture(scope="module")
def identifier() -> FidoIdentifier:
    return FidoIdentifier()


@pytest.fixture
def identify(identifier: FidoIdentifier, tmp_path: Path) -> Identify:
    """Identifies bytes, delivered under a name."""

    def identify_bytes(data: bytes, *, name: str = "evidence") -> Identification:
        path = tmp_path / "copy"
        path.write_bytes(data)
        return identifier.identify(path, name=name)

    return identify_bytes


# --- the same answers as FIDO


Answer = tuple[str, tuple[tuple[str, str | None, str | None, str | None], ...]]


@pytest.fixture(scope="module")
def ask_fido() -> Iterator[Callable[[Path], Answer]]:
    from fido.fido import Fido
    from fido.versions import get_local_versions

    cache_size = vars(re)["_MAXCACHE"]
    heard: list[tuple[str, Any]] = []
    versions = get_local_versions()
    fido = Fido(
        quiet=True,
        format_files=[versions.pronom_signature, versions.fido_extension_signature],
        handle_matches=lambda name, matches, seconds, basis="": heard.append((basis, matches)),
    )

    def ask(path: Path) -> Answer:
        heard.clear()
        fido.identify_file(str(path))
        ((basis, matches),) = heard
        facts = (tuple(f.findtext(tag) or None for tag in ("puid", "name", "version", "mime")) for f, _ in matches)
        return (basis if matches else ""), tuple(dict.fromkeys(facts))  # type: ignore[return-value]

    yield ask
    vars(re)["_MAXCACHE"] = cache_size


def as_fido_says_it(answer: Identification) -> Answer:
    facts = tuple((match.puid, match.name, match.version, match.mime) for match in answer.matches)
    return "".join({match.basis for match in answer.matches}), facts


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_file_is_answered_as_by_fido(
    name: str, identifier: FidoIdentifier, ask_fido: Callable[[Path], Answer], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(GENERATED[name])
    assert as_fido_says_it(identifier.identify(path, name=name)) == ask_fido(path)


def test_a_real_delivery_is_answered_as_by_fido(
    identifier: FidoIdentifier, ask_fido: Callable[[Path], Answer], shared: Path
) -> None:
    files = sorted(path for path in (shared / "corpora" / "delivery").rglob("*") if path.is_file())
    assert len(files) > 100
    for path in files:
        assert as_fido_says_it(identifier.identify(path, name=path.name)) == ask_fido(path), path


# --- what an answer says


def test_a_docx_is_told_by_what_it_contains(identify: Identify) -> None:
    answer = identify(docx())
    assert answer.format is not None
    assert (answer.format.puid, answer.format.basis) == ("fmt/412", Basis.CONTAINER)
    assert answer.warning is None
    assert answer.note == f"basis: container; fido {answer.tool_version}, {answer.signatures}"


def test_an_answer_names_the_versions_of_both_signature_files(identifier: FidoIdentifier) -> None:
    assert (identifier.tool, identifier.tool_version) == ("fido", "1.6.1")
    assert identifier.signatures == "PRONOM v109, containers 20200121"


def test_a_name_that_lies_does_not_change_what_the_bytes_say(identify: Identify) -> None:
    honest, lying = identify(PDF, name="a.pdf"), identify(PDF, name="a.docx")
    assert lying == honest
    assert lying.format is not None
    assert lying.format.name == "Acrobat PDF 1.4 - Portable Document Format"


def test_the_delivered_name_counts_and_not_that_of_our_copy(identifier: FidoIdentifier, tmp_path: Path) -> None:
    path = tmp_path / "copy.png"
    path.write_bytes(b"just words")
    assert [match.puid for match in identifier.identify(path, name="WORDS.CSV").matches] == ["x-fmt/18"]


def test_an_extension_alone_is_a_suggestion(identify: Identify) -> None:
    answer = identify(b"just words", name="words.csv")
    assert answer.format is None
    assert answer.note.startswith("extension suggests x-fmt/18 (not confirmed by content)")


def test_an_empty_file_has_no_format_whatever_its_name_suggests(identify: Identify) -> None:
    answer = identify(b"", name="paper.pdf")
    assert answer.format is None
    assert answer.basis is Basis.EXTENSION
    assert answer.warning == "empty file"


def test_garbage_without_an_extension_is_unknown(identify: Identify) -> None:
    answer = identify(b"\0\1\2\3")
    assert answer.matches == ()
    assert answer.warning is None


def test_names_that_are_not_utf8_are_identified(identifier: FidoIdentifier, tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe \xcf\xf0\xe8.CSV")
    path = tmp_path / name
    path.write_bytes(b"just words")
    assert [match.puid for match in identifier.identify(path, name=name).matches] == ["x-fmt/18"]


def test_a_format_matched_twice_is_listed_once(identify: Identify) -> None:
    members = {"mimetype": b"application/vnd.etsi.asic-e+zip", "META-INF/manifest.xml": b"<manifest/>"}
    puids = [match.puid for match in identify(zip_of(members, method=zipfile.ZIP_STORED)).matches]
    assert puids == sorted(set(puids), key=puids.index)
    assert "fmt/1342" in puids


# --- hostile and damaged files


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """Octets of memory Python took at most since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@pytest.mark.parametrize("declared", [0xFFFFFFFF - 1, 1000], ids=["declared", "understated"])
def test_a_zip_bomb_is_read_up_to_the_limit(identify: Identify, peak: Callable[[], int], declared: int) -> None:
    answer = identify(zip_bomb(declared=declared), name="paper.docx")
    assert [match.puid for match in answer.matches] == ["x-fmt/263"]
    assert answer.warning is not None
    assert peak() < 6 * MEMBER_LIMIT


def test_a_large_member_is_still_told_by_its_beginning(identify: Identify) -> None:
    answer = identify(zip_of({"[Content_Types].xml": CONTENT_TYPES + bytes(MEMBER_LIMIT)}))
    assert [match.puid for match in answer.matches] == ["fmt/412"]
    assert answer.warning == f"member [Content_Types].xml was read up to {MEMBER_LIMIT} octets"


def test_a_member_zipfile_would_inflate_without_limit_is_not_read(identify: Identify) -> None:
    answer = identify(zip_of({"[Content_Types].xml": CONTENT_TYPES}, method=zipfile.ZIP_BZIP2))
    assert [match.puid for match in answer.matches] == ["x-fmt/263"]
    assert answer.warning == "member [Content_Types].xml was not read: compression method 12"


def test_a_zip_directory_beyond_the_allowance_is_not_read(identify: Identify, peak: Callable[[], int]) -> None:
    small = zip_of({"a.txt": b"a"})
    at = small.index(b"PK\1\2")
    end = small.index(b"PK\5\6")
    directory = small[at:end] * (CONTAINER_ALLOWANCE // (end - at) + 1)
    trailer = small[end : end + 12] + len(directory).to_bytes(4, "little") + small[end + 16 :]
    answer = identify(small[:at] + directory + trailer)
    assert [match.puid for match in answer.matches] == ["x-fmt/263"]
    assert answer.warning == f"the container was not looked into: more than {CONTAINER_ALLOWANCE} octets to read"


def test_an_ole_stream_in_a_circle_is_read_up_to_the_limit(identify: Identify, peak: Callable[[], int]) -> None:
    answer = identify(ole_with_stream("Workbook", EXCEL_STREAM, size=0xFFFFFFF0, next_sector=2))
    assert "fmt/61" in [match.puid for match in answer.matches]
    assert answer.warning == f"member Workbook was read up to {MEMBER_LIMIT} octets"
    assert peak() < 6 * MEMBER_LIMIT


@pytest.mark.parametrize("kept", [600, 1100])
def test_a_truncated_ole_file_keeps_what_its_beginning_says(identify: Identify, kept: int) -> None:
    answer = identify(ole_with_stream("Workbook", EXCEL_STREAM, size=4096)[:kept])
    assert answer.format is not None
    assert (answer.format.puid, answer.format.basis) == ("fmt/111", Basis.SIGNATURE)


def test_an_ole_file_of_a_header_alone_says_why_it_was_not_looked_into(identify: Identify) -> None:
    answer = identify(OLE_MAGIC + bytes(16) + b"\x3e\0\x03\0\xfe\xff" + bytes(100))
    assert answer.warning is not None
    assert answer.warning.startswith("the container could not be looked into: ")


def test_a_deflated_member_that_is_no_deflate_stream_is_an_answer(identify: Identify) -> None:
    answer = identify(hand_made_zip(b"mimetype", b"\xff" * 50, method=8, declared=50))
    assert [match.puid for match in answer.matches] == ["x-fmt/263"]
    assert "could not be looked into: error: Error -3" in (answer.warning or "")


def test_an_encrypted_member_is_an_answer(identify: Identify) -> None:
    answer = identify(hand_made_zip(b"mimetype", b"x" * 50, method=0, declared=50, flags=1))
    assert [match.puid for match in answer.matches] == ["x-fmt/263"]
    assert "encrypted" in (answer.warning or "")


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "long.mp3"
    path.write_bytes(MP3_HOG)
    answer = FidoIdentifier(deadline=0.1).identify(path, name="long.mp3")
    assert answer.matches == ()
    assert answer.warning == "identification was given up after 0.1 seconds"


def test_a_failure_over_one_file_is_an_answer_and_spares_the_next(
    identify: Identify, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RecursionError("too deep\n\x1b[31m")

    with monkeypatch.context() as patch:
        patch.setattr(signatures.SignatureTables, "match_bytes", fail)
        answer = identify(PNG, name="a.png")
    assert answer.matches == ()
    assert answer.warning == "identification failed: RecursionError: too deep\\n\\x1b[31m"
    assert identify(PNG).format is not None


# --- the world


def test_what_cannot_be_read_is_an_os_error(identifier: FidoIdentifier, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "circle").symlink_to("circle")
    for name in ("missing", "fifo", "circle", "."):
        with pytest.raises(OSError):
            identifier.identify(tmp_path / name, name=name)


def test_an_error_of_the_medium_within_a_container_is_no_answer_about_content(
    identify: Identify, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = zip_of({f"{number}.txt": b"" for number in range(3000)})
    readings = iter([evidence_file.read_exactly] * 2)  # the two ends of the file are read, and then no more

    def read(descriptor: int, *, position: int, size: int) -> bytes:
        for once in readings:
            return once(descriptor, position=position, size=size)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(evidence_file, "read_exactly", read)
    with pytest.raises(OSError, match="Input/output error"):
        identify(data)


def test_a_file_that_becomes_shorter_is_an_os_error_and_not_an_endless_loop(tmp_path: Path) -> None:
    path = tmp_path / "shrinking"
    path.write_bytes(PNG)
    with EvidenceFile(path, allowance=CONTAINER_ALLOWANCE) as file:
        path.write_bytes(PNG[:10])
        with pytest.raises(OSError, match="shorter"):
            file.head(1000)


def test_no_descriptor_is_left_open(identifier: FidoIdentifier, tmp_path: Path) -> None:
    before = os.listdir("/proc/self/fd")
    for number, data in enumerate([docx(), docx()[:-30], ole_with_stream("Workbook", b"", size=5000), b""]):
        (tmp_path / str(number)).write_bytes(data)
        identifier.identify(tmp_path / str(number), name="x")
    with pytest.raises(OSError):
        identifier.identify(tmp_path, name="x")
    assert os.listdir("/proc/self/fd") == before


def test_nothing_is_printed(identify: Identify, capfd: pytest.CaptureFixture[str]) -> None:
    for name, data in {**GENERATED, "empty.txt": b"", "bomb.docx": zip_bomb(declared=5)}.items():
        identify(data, name=name)
    assert capfd.readouterr() == ("", "")


def test_two_identifiers_do_not_disturb_one_another(tmp_path: Path) -> None:
    for name, data in GENERATED.items():
        (tmp_path / name).write_bytes(data)
    alone = [FidoIdentifier().identify(tmp_path / name, name=name) for name in GENERATED]
    identifiers = [FidoIdentifier(), FidoIdentifier()]
    with ThreadPoolExecutor(2) as threads:
        together = threads.map(
            lambda one: [one.identify(tmp_path / name, name=name) for name in GENERATED], identifiers * 2
        )
        assert all(answers == alone for answers in together)


def test_the_pattern_cache_of_the_process_keeps_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    before = vars(re)["_MAXCACHE"]
    monkeypatch.setattr(signatures, "_loaded", {})
    FidoIdentifier()
    assert vars(re)["_MAXCACHE"] == before


def test_without_fido_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "_loaded", {})
    monkeypatch.setitem(sys.modules, "fido", None)
    with pytest.raises(ArchiveError) as caught:
        FidoIdentifier()
    assert "opf-fido" in caught.value.hint


def test_a_broken_signature_file_is_an_archive_error_and_not_an_exit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import fido.fido

    (tmp_path / "formats-v109.xml").write_text("<formats>")
    monkeypatch.setattr(signatures, "_loaded", {})
    monkeypatch.setattr(fido.fido.Fido.__init__, "__defaults__", _with_conf_dir(fido.fido.Fido, str(tmp_path)))
    with pytest.raises(ArchiveError):
        FidoIdentifier()


def _with_conf_dir(fido: Any, folder: str) -> tuple[object, ...]:
    from fido import CONFIG_DIR

    return tuple(folder if default == CONFIG_DIR else default for default in fido.__init__.__defaults__)


def test_importing_the_package_does_not_import_fido_and_the_command_line_is_not_read() -> None:
    script = (
        "import sys\n"
        "import archive.inspection.pool, archive.inspection.fido_identifier as door\n"
        "assert not {'fido', 'olefile', 'requests'} & set(sys.modules)\n"
        "door.FidoIdentifier()\n"
        "assert 'fido' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script, "-sig", "update", "--no-such-option"], check=True)
