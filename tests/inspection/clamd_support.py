"""A real clamd of the tests' own, with one local signature file, on a socket in a temporary folder."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless file every scanner knows, in two halves so that no scanner takes this source for it."""

STREAM_LIMIT = 1 << 20
"""Octets this clamd takes of one file."""


def clamd_path() -> str | None:
    """Where clamd is, or None."""
    return shutil.which("clamd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def _daily(ndb: bytes, made: datetime) -> bytes:
    """An unsigned database of clamd's: a header of 512 octets, then a tar file with the digests of what is in it."""
    version, moment = made.toordinal(), int(made.timestamp())
    head = f"ClamAV-VDB:{made:%d %b %Y %H-%M} +0000:{version}:1:90:{'0' * 32}:x:tests:{moment}"
    info = f"{head}\ndaily.ndb:{len(ndb)}:{hashlib.sha256(ndb).hexdigest()}\n".encode()
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in (("COPYING", b"ours"), ("daily.info", info), ("daily.ndb", ndb)):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return head.ljust(512).encode() + written.getvalue()


@contextlib.contextmanager
def running_clamd(folder: Path, *signatures: str, made: datetime | None = None) -> Iterator[Path]:
    """The socket of a clamd that runs until this ends; ``signatures`` are lines of an ``.ndb`` file.

    Where they were ``made`` at a time, clamd names a version and that time, as it does of those that freshclam brings.
    """
    program = clamd_path()
    assert program is not None
    (folder / "db").mkdir(parents=True)
    lines = signatures or (f"Eicar-Test:0:*:{EICAR.hex()}",)
    ndb = "".join(f"{line}\n" for line in lines).encode()
    if made is None:
        (folder / "db" / "local.ndb").write_bytes(ndb)
    else:
        (folder / "db" / "daily.cud").write_bytes(_daily(ndb, made))
    socket = folder / "clamd.sock"
    (folder / "clamd.conf").write_text(
        f"Foreground yes\nLocalSocket {socket}\nDatabaseDirectory {folder / 'db'}\nStreamMaxLength {STREAM_LIMIT}\n"
        f"AlertEncrypted yes\nLogFile {folder / 'clamd.log'}\nLogFileMaxSize 0\nTemporaryDirectory {folder}\n"
    )
    process = subprocess.Popen(
        [program, f"--config-file={folder / 'clamd.conf'}"], stdout=subprocess.DEVNULL, env=os.environ | {"TZ": "UTC"}
    )
    try:
        while not socket.exists():  # loading one signature takes a moment
            assert process.poll() is None, (folder / "clamd.log").read_text()
            time.sleep(0.05)
        yield socket
    finally:
        process.terminate()
        process.wait()
