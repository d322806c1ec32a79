"""A delivery with malware in it, and an archive that asks a real clamd."""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from ingest_support import Place, write

sys.path.append(str(Path(__file__).resolve().parents[1] / "inspection"))
from clamd_support import EICAR, STREAM_LIMIT, clamd_path, running_clamd

__all__ = ["EICAR", "STREAM_LIMIT", "asking", "clamd", "infected_delivery"]


@contextmanager
def clamd(*signatures: str, made: datetime | None = None) -> Iterator[Path]:
    """The socket of a clamd of its own, in a folder whose path is short enough for a socket."""
    if clamd_path() is None:
        pytest.skip("clamd is not installed (Debian: clamav-daemon)")
    with (
        tempfile.TemporaryDirectory(prefix="c") as folder,
        running_clamd(Path(folder) / "c", *signatures, made=made) as socket,
    ):
        yield socket


def asking(place: Place, socket: Path | str, *, largest_file: int = STREAM_LIMIT, **more: int) -> Place:
    """``place`` with this socket, and these other settings about malware, in its archive.toml."""
    path = place.home / "archive.toml"
    text = path.read_text()
    for name, value in {"socket": f'"{socket}"', "largest_file": largest_file, **more}.items():
        text, found = re.subn(rf"^{name} = .*$", f"{name} = {value}", text, flags=re.MULTILINE)
        assert found == 1, name
    path.write_text(text)
    return place


def infected_delivery(folder: Path) -> Path:
    """Five files: two that are harmless, the test virus with its side-car, and the virus inside a ZIP file."""
    write(folder, {"a.txt": b"a", "folder/b.txt": b"b", "folder/letter.com": EICAR, "folder/letter.com.asc": b"sig"})
    with zipfile.ZipFile(folder / "photos.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/e.com", EICAR)
    return folder
