"""A new file written past the system's memory holds what was written, wherever it lies and however long it is."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from pathlib import Path

import pytest

from archive.storage.direct import BLOCK, NewFile

DIRECT = getattr(os, "O_DIRECT", 0)


def page(fill: int, octets: int) -> memoryview:
    """Octets that begin at a page of memory."""
    piece = memoryview(mmap.mmap(-1, octets))
    piece[:] = bytes([fill]) * octets
    return piece


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("tail", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1])
def test_every_octet_arrives_in_its_order_whatever_the_length(tmp_path: Path, direct: bool, tail: int) -> None:
    pieces = [page(1, 16 * BLOCK), page(2, 16 * BLOCK), page(3, 16 * BLOCK)[:tail]]
    with NewFile(tmp_path / "new", direct=direct) as file:
        for piece in pieces:
            file.write(piece)
    assert (tmp_path / "new").read_bytes() == b"".join(pieces)


def test_memory_that_begins_anywhere_is_written_too(tmp_path: Path) -> None:
    piece = page(7, 4 * BLOCK)
    with NewFile(tmp_path / "new", direct=True) as file:
        file.write(piece[: 2 * BLOCK])
        file.write(piece[1 : 1 + 2 * BLOCK])
        file.write(b"and bytes")
    assert (tmp_path / "new").read_bytes() == b"\7" * (4 * BLOCK) + b"and bytes"


def test_where_direct_writing_is_unknown_the_octets_take_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(descriptor: int, command: int, flags: int) -> int:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(fcntl, "fcntl", unknown)
    with NewFile(tmp_path / "new", direct=True) as file:
        file.write(page(1, BLOCK))
        file.write(b"odd")
    assert (tmp_path / "new").read_bytes() == b"\1" * BLOCK + b"odd"


@pytest.mark.skipif(not DIRECT, reason="this system has no direct writing")
def test_whole_blocks_are_written_directly_where_the_file_system_can(tmp_path: Path) -> None:
    with NewFile(tmp_path / "new", direct=True) as file:
        begun = fcntl.fcntl(file.descriptor, fcntl.F_GETFL)
        file.write(page(1, BLOCK))
        assert fcntl.fcntl(file.descriptor, fcntl.F_GETFL) == begun  # not left for whole blocks
    probe = os.open(tmp_path / "probe", os.O_WRONLY | os.O_CREAT)
    try:
        fcntl.fcntl(probe, fcntl.F_SETFL, DIRECT)
    except OSError:
        pytest.skip("the file system of the temporary folder has no direct writing")
    finally:
        os.close(probe)
    assert begun & DIRECT


def test_other_errors_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with NewFile(tmp_path / "new", direct=True) as file:
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            file.write(page(1, BLOCK))


def test_what_stands_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"evidence")
    with pytest.raises(FileExistsError):
        NewFile(tmp_path / "there", direct=True)
    assert (tmp_path / "there").read_bytes() == b"evidence"
