"""What a hostile delivery is: how it is made, and what must come of it, to the letter."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pytest

from archive.model.packages import Outcome

Content = Mapping[str | bytes, bytes]
"""Delivered names and what stands under them."""


class State(StrEnum):
    """How the accession stands in the end."""

    CLOSED = "closed"
    OPEN = "open"
    REFUSED = "refused"
    FAILED = "failed"


class CannotBeMade(Exception):
    """This machine cannot hold such a delivery; says why."""


def _itself(folder: Path) -> Path:
    return folder


@dataclass(frozen=True, kw_only=True)
class Case:
    """One kind of hostile delivery. ``delivered`` says in words what ``make`` puts into an empty folder.

    ``files`` is the outcome of each delivered file by its name (in a bag, below its payload); ``others`` the kind of
    what is listed and no file. ``bag``: it is taken as a bag, and what lies beside its payload is kept among the papers
    as received. ``table`` is the producer's table, called ``table_name``. ``powerless``: root's right to read all is
    given up. ``disturb`` changes the delivery while it is read. ``given`` is the path that the command is given,
    where that is not the folder itself. ``undo`` makes it possible to remove it all.
    """

    id: str
    delivered: str
    make: Callable[[Path], None]
    files: Mapping[bytes, Outcome] = field(default_factory=dict)
    others: Mapping[bytes, str] = field(default_factory=dict)
    codes: frozenset[str] = frozenset()
    exit: int = 0
    state: State = State.CLOSED
    bag: bool = False
    table: bytes | None = None
    table_name: str = "table.csv"
    powerless: bool = False
    disturb: Callable[[Path, pytest.MonkeyPatch], None] | None = None
    given: Callable[[Path], Path] = _itself
    undo: Callable[[Path], None] | None = None


def put(folder: Path, content: Content) -> None:
    """Make these files below a folder; a name of many parts may be longer than a path can be."""
    for name, data in content.items():
        *folders, base = os.fsencode(name).split(b"/")
        holder = os.open(folder, os.O_RDONLY)
        try:
            for part in folders:
                if not _is_there(part, holder):
                    os.mkdir(part, dir_fd=holder)
                above, holder = holder, os.open(part, os.O_RDONLY, dir_fd=holder)
                os.close(above)
            file = os.open(base, os.O_CREAT | os.O_EXCL | os.O_WRONLY, dir_fd=holder)
            with os.fdopen(file, "wb") as out:
                out.write(data)
        finally:
            os.close(holder)


def _is_there(part: bytes, holder: int) -> bool:
    try:
        os.stat(part, dir_fd=holder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def files(content: Content) -> Callable[[Path], None]:
    """Makes a folder of plain files."""
    return lambda folder: put(folder, content)


def outcomes(*names: str | bytes, of: Outcome = Outcome.ACCEPTED) -> dict[bytes, Outcome]:
    """The same outcome for all of these."""
    return {os.fsencode(name): of for name in names}


def named(id: str, delivered: str, *names: str | bytes, codes: frozenset[str] = frozenset(), exit: int = 0) -> Case:
    """Ordinary contents under these names, all of them accepted."""
    content: dict[str | bytes, bytes] = {name: f"{id} {number}".encode() for number, name in enumerate(names)}
    return Case(id=id, delivered=delivered, make=files(content), files=outcomes(*names), codes=codes, exit=exit)


def holding(id: str, delivered: str, content: Content, *, codes: frozenset[str] = frozenset(), exit: int = 0) -> Case:
    """These contents, all of them accepted."""
    return Case(id=id, delivered=delivered, make=files(content), files=outcomes(*content), codes=codes, exit=exit)
