"""Room for what is too large for memory and needed only while a command runs.

Both kinds have no name on the disk once they are open: whatever ends the process ends them, and nobody cleans up.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from archive.errors import StorageError

PREFIX = ".scratch-"
"""How the names begin that a scratch database has for the moment of its making."""

_CACHE_KIB = 16 * 1024  # pages held in memory, the same for fifty rows and for fifty million


def scratch_file(folder: Path | None) -> IO[bytes]:
    """An empty file on the disk of ``folder`` (of the system's temporary files where None), gone when it is closed."""
    try:
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        raise _no_room(folder, error) from error


def scratch_database(folder: Path | None, schema: str) -> sqlite3.Connection:
    """An empty database with the tables of ``schema`` on the disk of ``folder``, gone when it is closed.

    It keeps no journal and syncs nothing: a run that is killed begins anew. The caller writes without transactions.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=PREFIX, delete=False) as named:
            path = Path(named.name)
        try:
            database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            for setting in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
                database.execute(f"PRAGMA {setting}")
            database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            database.executescript(schema)
        finally:
            with suppress(FileNotFoundError):
                path.unlink()
    except (OSError, sqlite3.Error) as error:
        raise _no_room(folder, error) from error
    return database


def _no_room(folder: Path | None, error: Exception) -> StorageError:
    where = folder or tempfile.gettempdir()
    return StorageError(
        f"{where}: no scratch file can be made: {error}",
        hint="free space or mend the disk, then give the same command again; nothing was changed",
        transient=True,
    )


@contextmanager
def writing_scratch(database: sqlite3.Connection) -> Iterator[None]:
    """Around writes to a scratch database: taken together they are quick; StorageError where the disk has no room."""
    try:
        database.execute("BEGIN")
        try:
            yield
        finally:
            database.execute("COMMIT")  # without a journal there is no way back, and nothing to go back to
    except sqlite3.OperationalError as error:
        raise StorageError(
            f"a scratch database cannot be written: {error}",
            hint="free space on the disk of the archive, then give the same command again; nothing was lost",
            transient=True,
        ) from error
