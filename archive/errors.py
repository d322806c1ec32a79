"""The world is wrong: errors that say what happened and what to do next (DESIGN §10).

Content that is wrong is a ``Finding`` and not raised. A programmer who is wrong gets a ``ValueError``.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command tells the shell."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NEEDS_PERSON = 3
    NO_ARCHIVE = 10
    LOCKED = 11
    DAMAGE = 20
    INTERRUPTED = 130


class ArchiveError(Exception):
    """Something outside the program keeps it from going on.

    ``what`` names the trouble and its place, ``hint`` the next step for a person, ``transient`` whether the same
    command may succeed later without anybody doing anything.
    """

    exit_code = ExitCode.FAILED

    def __init__(self, what: str, *, hint: str = "", transient: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.transient = transient


class UsageError(ArchiveError):
    """The command was called with something it cannot use."""

    exit_code = ExitCode.USAGE


class ConfigError(ArchiveError):
    """``archive.toml`` says something the program does not understand."""


class NoArchiveError(ArchiveError):
    """There is no archive where one was looked for."""

    exit_code = ExitCode.NO_ARCHIVE


class LockedError(ArchiveError):
    """Another command is changing the archive."""

    exit_code = ExitCode.LOCKED


class StorageError(ArchiveError):
    """A location could not be read or written."""


class CustodyError(ArchiveError):
    """The custody log is not what it was when it was last acknowledged."""

    exit_code = ExitCode.DAMAGE


class CatalogueError(ArchiveError):
    """The catalogue is damaged or was written by a newer program."""


class ReadFailure(ArchiveError):
    """One delivered file could not be read; the others can go on."""
