"""Archives whose nights are counted by hand, and a scanner that breaks off where it is told to."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "ingest"))
from ingest_support import Place, write
from quarantine_support import asking

from archive import assembly
from archive.duties import Done, tick
from archive.progress import Progress, Silent

__all__ = ["DAY", "Hand", "Pretended", "add", "asking", "night", "pretended", "scans"]

DAY = timedelta(days=1)


class Hand:
    """A clock that is moved by hand; it begins in the evening of some day, after the system's."""

    def __init__(self) -> None:
        now = datetime.now(UTC) + 2 * DAY
        self.now = now.replace(hour=22, minute=0, second=0, microsecond=0)

    def __call__(self) -> datetime:
        return self.now


def night(place: Place, clock: Hand, *, progress: Progress | None = None) -> Done | None:
    """What the duty said at one tick; None where it said nothing."""
    doors = assembly.doors(place.home, actor="daemon", clock=clock)
    told = tick(doors, place.home, progress=progress or Silent(), clock=clock)
    assert all(done.duty != "error" for done in told), told
    return next((done for done in told if done.duty == "rescan"), None)


def add(place: Place, root: Path, **files: bytes) -> str:
    """Take in these files as a delivery of their own, and answer the package."""
    folder = root / f"delivery-{len(place.packages())}"
    answer = place.ingest(write(folder, {f"{name}.bin": data for name, data in files.items()}))
    assert answer.code == 0, answer.err
    (package,) = answer.json["aips"]
    return str(package)


def scans(place: Place) -> dict[str, str | None]:
    """The signatures each package was last looked at with."""
    told = place("malware", "report", "--packages", "--json").json["packages"]
    return {one["package"]: one["signatures"] for one in told}


@dataclass
class Pretended:
    """A scanner that finds nothing, breaks off at files with ``poison`` in them, and is gone after one with ``end``."""

    place: Path
    asked: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    version: bytes = b"ClamAV 9/1/Thu Oct  9 08:53:20 2025"


@contextmanager
def pretended() -> Iterator[Pretended]:
    """It listens until this ends."""
    with tempfile.TemporaryDirectory(prefix="c") as folder, socket.socket(socket.AF_UNIX) as listener:
        pretends = Pretended(Path(folder) / "s")
        listener.bind(str(pretends.place))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_answer, args=(line, pretends), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield pretends
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _answer(line: socket.socket, pretends: Pretended) -> None:
    with line, contextlib.suppress(OSError, struct.error), line.makefile("rb") as stream:
        word = b""
        while not word.endswith(b"\0"):
            word += stream.read(1) or b"\0"
        if pretends.ended.is_set():
            return
        if word == b"zVERSION\0":
            line.sendall(pretends.version + b"\0")
            return
        data = b""
        while size := struct.unpack(">L", stream.read(4))[0]:
            data += stream.read(size)
        pretends.asked.append(data)
        if b"end" in data:
            pretends.ended.set()
        if b"poison" not in data and b"end" not in data:
            line.sendall(b"stream: OK\0")
