"""Progress on a terminal: how far, how fast, how long still; silent where nobody watches."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Any

import click

from archive.cli.output import octets as in_words


class TerminalProgress:
    """Progress on stderr while a person watches; silent otherwise. Knows when a person asked to stop.

    A stage that counts keeps its line until it is complete; stages that do not count are named beside it meanwhile.
    """

    def __init__(self, *, afterwards: str = "the same command goes on from there") -> None:
        """``afterwards`` says what becomes of a command that is interrupted."""
        self._stop, self._afterwards = False, afterwards
        self._bar: Any = None
        self._task: Any = None
        self._octets = 0
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self._bar = _rich_bar()

    def stage(self, name: str, *, total: int | None = None, done: int = 0) -> None:
        """Begin a new line of progress, or say what is being done beside the one that counts."""
        if self._bar is None:
            return
        if self._task is not None and total is None and self._counts():
            self._bar.update(self._task, beside=name)
            return
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._octets = 0
        self._task = self._bar.add_task(name, total=total, completed=done, beside="", octets="")
        if total is not None:
            self._bar.reset(self._task, total=total, completed=done)

    def advance(self, steps: int = 1, *, octets: int = 0) -> None:
        """Move on."""
        if self._bar is not None and self._task is not None:
            self._octets += octets
            told = in_words(self._octets) if self._octets else ""
            self._bar.update(self._task, advance=steps, octets=told)

    def stop(self) -> None:
        """A person asked to stop: what is in hand is finished first."""
        self._stop = True
        click.echo("archive: finishing what is in hand; then the same command goes on from there", err=True)

    def stopping(self) -> bool:
        """Whether a person asked to stop."""
        return self._stop

    def _counts(self) -> bool:
        task = next(task for task in self._bar.tasks if task.id == self._task)
        return task.total is not None and not task.finished

    def __enter__(self) -> TerminalProgress:
        if self._bar is not None:
            self._bar.start()
            self._bar.console.print(f"Safe to interrupt (Ctrl-C): {self._afterwards}.", style="dim")
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _rich_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Standing(ProgressColumn):
        """How far, how much, how fast (over the last half minute) and how long still; nothing where nobody counts."""

        def render(self, task: Any) -> Text:
            if task.total is None:
                return Text(f"{int(task.completed):,}" if task.completed else "")
            speed, left = task.speed or 0.0, task.time_remaining
            told = [f"{task.percentage:.1f}%", f"{int(task.completed):,}/{int(task.total):,}", task.fields["octets"]]
            told += [f"{speed:,.0f}/s"] if speed else []
            told += [f"ETA {timedelta(seconds=int(left))}"] if left else []
            return Text("  ".join(filter(None, told)))

    beside = TextColumn("{task.fields[beside]}")
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), Standing(), TimeElapsedColumn(), beside)
    return Progress(*columns, console=Console(stderr=True), transient=True)
