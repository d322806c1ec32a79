"""One command's session with an archive: where it is, who acts, and what Ctrl-C means."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archive.cli.output import safe
from archive.cli.progress import TerminalProgress
from archive.config import FILE_NAME
from archive.errors import ExitCode, NoArchiveError
from profiles.finding import Finding, Severity

if TYPE_CHECKING:
    from archive.assembly import Archive

F = TypeVar("F", bound=Callable[..., Any])


def common(command: F) -> F:
    """The options every command has, also behind its name."""
    command = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")(command)
    return click.option("--archive", "here", metavar="DIR", help="The archive's folder.")(command)


def dry_run(command: F) -> F:
    """For commands that change something."""
    return click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")(command)


def find_home(here: str | None) -> Path:
    """The archive's folder: ``--archive``, then ``ARCHIVE_HOME``, then upward from the current folder."""
    settings = click.get_current_context().find_root().obj or {}
    given = here or settings.get("home") or os.environ.get("ARCHIVE_HOME")
    if given:
        return Path(given).absolute()
    current = Path.cwd()
    for folder in (current, *current.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise NoArchiveError(
        f"there is no archive at or above {current}",
        hint="go into an archive's folder, or say where it is: archive --archive DIR …",
    )


def actor() -> str:
    """The code of whoever acts."""
    settings = click.get_current_context().find_root().obj or {}
    return str(settings.get("actor", "unnamed"))


@contextmanager
def interruptible(*, stop: threading.Event | None = None) -> Iterator[TerminalProgress]:
    """Progress that Ctrl-C asks to stop; a second Ctrl-C stops at once, which is safe too.

    ``stop`` is set at the first one, for whoever waits rather than works.
    """
    with TerminalProgress() as progress:

        def ask(number: int, _frame: FrameType | None) -> None:
            if progress.stopping():
                signal.default_int_handler(number, _frame)
            progress.stop()
            if stop is not None:
                stop.set()

        previous = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield progress
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


@contextmanager
def changing(home: Path, *, doing: str, beside_others: bool = False, preparing: bool = False) -> Iterator[Archive]:
    """The archive at ``home``, opened for a command that changes it; what goes wrong in closing it is told on stderr.

    The exit code is then at least 3, and 20 where a location's copy of the custody log tells another history. A command
    ``preparing`` a takeover may be given in a rehearsal.
    """
    from archive import assembly

    opening = assembly.changing(home, doing=doing, actor=actor(), beside_others=beside_others, preparing=preparing)
    with opening as archive:
        yield archive
    tell_afterwards(archive.afterwards)


def tell_afterwards(findings: Iterable[Finding]) -> None:
    """Tell on stderr what went wrong in closing an archive; the exit code is then at least 3, or 20 for an error."""
    settings = click.get_current_context().find_root().obj
    for finding in findings:
        click.echo(f"archive: {safe(finding.message)}", err=True)
        weight = ExitCode.DAMAGE if finding.severity is Severity.ERROR else ExitCode.NEEDS_PERSON
        settings["at_least"] = max(settings.get("at_least", 0), weight)
