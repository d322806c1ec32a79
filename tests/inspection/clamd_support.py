"""A real clamd of the tests' own, with one local signature file, on a socket in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless file every scanner knows, in two halves so that no scanner takes this source for it."""

STREAM_LIMIT = 1 << 20
"""Octets this clamd takes of one file."""


def clamd_path() -> str | None:
    """Where clamd is, or None."""
    return shutil.which("clamd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


@contextlib.contextmanager
def running_clamd(folder: Path, *signatures: str) -> Iterator[Path]:
    """The socket of a clamd that runs until this ends; ``signatures`` are lines of an ``.ndb`` file."""
    program = clamd_path()
    assert program is not None
    (folder / "db").mkdir(parents=True)
    lines = signatures or (f"Eicar-Test:0:*:{EICAR.hex()}",)
    (folder / "db" / "local.ndb").write_text("".join(f"{line}\n" for line in lines))
    socket = folder / "clamd.sock"
    (folder / "clamd.conf").write_text(
        f"Foreground yes\nLocalSocket {socket}\nDatabaseDirectory {folder / 'db'}\nStreamMaxLength {STREAM_LIMIT}\n"
        f"AlertEncrypted yes\nLogFile {folder / 'clamd.log'}\nLogFileMaxSize 0\nTemporaryDirectory {folder}\n"
    )
    process = subprocess.Popen([program, f"--config-file={folder / 'clamd.conf'}"], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():  # loading one signature takes a moment
            assert process.poll() is None, (folder / "clamd.log").read_text()
            time.sleep(0.05)
        yield socket
    finally:
        process.terminate()
        process.wait()
