"""A folder as a tar stream and back: the same files, readable by every tar, and nothing outside of the target."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from archive.errors import StorageError
from archive.storage.tar import tar_stream, untar

LONG = "о" * 80 + "/" + "к" * 80 + ".txt"


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "1b-2c"
    for name, data in {"a": b"", "b/c.bin": bytes(600), LONG: b"long", "b/d=3A.txt": bytes(512)}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def packed(package: Path) -> Path:
    tar = package.parent / "t.tar"
    tar.write_bytes(b"".join(tar_stream(package)))
    return tar


def test_a_folder_comes_back_as_it_was(package: Path, tmp_path: Path) -> None:
    untar(packed(package), tmp_path / "out")
    assert content(tmp_path / "out" / package.name) == content(package)


def test_gnu_tar_reads_it(package: Path, tmp_path: Path) -> None:
    if shutil.which("tar") is None:
        pytest.skip("tar is not installed")
    (tmp_path / "out").mkdir()
    subprocess.run(["tar", "-xf", packed(package)], cwd=tmp_path / "out", check=True)
    assert content(tmp_path / "out" / package.name) == content(package)


def test_the_same_folder_is_the_same_stream(package: Path) -> None:
    assert b"".join(tar_stream(package)) == b"".join(tar_stream(package))


def test_what_is_no_file_is_refused(package: Path) -> None:
    (package / "link").symlink_to("a")
    with pytest.raises(StorageError, match="no file"):
        b"".join(tar_stream(package))
    (package / "link").unlink()
    os.mkfifo(package / "pipe")
    with pytest.raises(StorageError, match="no file"):
        b"".join(tar_stream(package))


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "a//b", "./a", "a/.", ""])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = 1
    _refused(tmp_path, entry)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_files_are_unpacked(tmp_path: Path, kind: bytes) -> None:
    entry = tarfile.TarInfo("a")
    entry.type, entry.linkname = kind, "/etc/passwd"
    _refused(tmp_path, entry)


def _refused(tmp_path: Path, entry: tarfile.TarInfo) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        archive.addfile(entry, io.BytesIO(b"x"))
    (tmp_path / "in").mkdir()
    with pytest.raises(StorageError):
        untar(tmp_path / "t.tar", tmp_path / "in" / "target")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "t.tar"]
    assert not [path for path in (tmp_path / "in").rglob("*") if not path.is_dir()]


def test_what_was_cut_or_is_no_tar_is_told(package: Path, tmp_path: Path) -> None:
    data = packed(package).read_bytes()
    for number, cut in enumerate((data[:1124], b"no tar at all" * 100)):
        (tmp_path / f"{number}.tar").write_bytes(cut)
        with pytest.raises(StorageError):
            untar(tmp_path / f"{number}.tar", tmp_path / f"out-{number}")
