"""Asking the present identifiers about everything held, package by package.

A package is finished when every file of it was read and one record says what they are; a run that ends before, however
it ends, loses nothing but its reading. What was finished with the present tools is passed over the next time.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from archive.catalogue.rows import FileFormatRow, FileRow, PackageRow, here
from archive.holdings.holdings import Holdings
from archive.holdings.identification import identification
from archive.holdings.tools import spelled
from archive.inspection.identification import Answers
from archive.inspection.pool import Makers, Task, examine_many
from archive.inspection.verdict import of_interest
from archive.model.formats import Tool
from archive.model.identifiers import PackageId
from archive.model.names import shown
from archive.model.packages import PackageKind
from archive.planning.copies import Copies, Place, doubt
from archive.planning.decisions import Standing
from archive.progress import Progress
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode


@dataclass(frozen=True, slots=True)
class Due:
    """What there is to do: packages that other tools were asked about last, and how many are up to date."""

    tools: tuple[Tool, ...]
    packages: tuple[PackageRow, ...]
    up_to_date: int


@dataclass(frozen=True, slots=True)
class Reidentified:
    """What one run did.

    ``unfinished`` are packages of which something could not be read anywhere; ``doubts`` are copies that count as good
    and could not be read, where another could; ``stopped`` when somebody asked to stop before the end.
    """

    packages: int
    files: int
    unfinished: tuple[Finding, ...]
    doubts: tuple[Finding, ...]
    stopped: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One file of which the present tools say something else than those before them, and what a person decided."""

    machines: FileFormatRow
    person: FileFormatRow | None

    @property
    def needs_a_person(self) -> bool:
        """Whether it got worse, or waits for a person; a decision that still holds settles both."""
        lost = self.machines.puid is None and self.machines.former_puid is not None
        return Standing(self.machines, self.person).is_open or (lost and self.person is None)


def due(holdings: Holdings, makes: Makers, *, package: PackageId | None = None) -> Due:
    """Which packages wait for the identifiers that ``makes`` builds; of one package only where it is given."""
    tools = tuple(Tool(w.tool, w.tool_version, w.signatures) for w in (make() for make in makes))
    known, now = holdings.catalogue.identifications(), spelled(tools)
    held = [row for row in holdings.catalogue.packages() if row.kind is PackageKind.AIP and package in (None, row.id)]
    waiting = tuple(row for row in held if known.get(row.id) != now)
    return Due(tools, waiting, len(held) - len(waiting))


def changes(holdings: Holdings, tools: Sequence[Tool], *, package: PackageId | None = None) -> Iterator[Change]:
    """Every file of which ``tools`` say something else than those before them, also where an earlier run asked."""
    decisions = {row.file: row for row in holdings.catalogue.format_decisions()}
    for row in holdings.catalogue.formats_changed(spelled(tools), package):
        yield Change(row, decisions.get(row.file))


def reidentify(holdings: Holdings, wanted: Due, *, makes: Makers, workers: int, progress: Progress) -> Reidentified:
    """Identify the files of the packages that are due, and record each package when it is finished.

    Stops between two files when ``progress`` says so; the package in hand is then begun anew the next time.
    """
    content = holdings.catalogue.content()
    progress.stage("identifying formats", total=sum(content.get(row.id, (0, 0))[0] for row in wanted.packages))
    run = _Run(holdings, wanted, makes, progress)
    if not progress.stopping():
        for answers in examine_many(run.tasks(), workers=workers, makes=makes):
            run.take(answers)
            progress.advance()
            if progress.stopping():
                break
    done = run.packages + len(run.unfinished)
    return Reidentified(
        packages=run.packages,
        files=run.files,
        unfinished=tuple(run.unfinished),
        doubts=tuple(run.doubts),
        stopped=done < len(wanted.packages),
    )


@dataclass(slots=True)
class _InHand:
    """A package whose files are being asked about: where each is read, and the answers so far."""

    package: PackageRow
    files: tuple[FileRow, ...]
    copies: Copies
    places: tuple[Place, ...]
    answers: list[Answers] = field(default_factory=list)


class _Run:
    """Hands out files in order and takes the answers to them back, in the same order."""

    def __init__(self, holdings: Holdings, wanted: Due, makes: Makers, progress: Progress) -> None:
        self._progress = progress
        self.packages = self.files = 0
        self.unfinished: list[Finding] = []
        self.doubts: list[Finding] = []
        self._holdings, self._wanted, self._makes = holdings, wanted, makes
        self._in_hand: deque[_InHand] = deque()

    def tasks(self) -> Iterator[Task]:
        """Every file of every package of which a good copy holds it, where that lies."""
        for package in self._wanted.packages:
            located = self._locate(package)
            if located is None:
                continue
            if not located.files:
                self._record(located)
            elif any(place.path is None for place in located.places):
                if not self._here(located):
                    return
            else:
                self._in_hand.append(located)
                named = zip(located.files, located.places, strict=True)
                yield from ((place.path, _name(file)) for file, place in named if place.path is not None)

    def _locate(self, package: PackageRow) -> _InHand | None:
        """Where the files of a package are read; None, and said, where one of them lies nowhere."""
        copies = Copies(self._holdings, package)
        files = tuple(self._holdings.catalogue.files_of(package.id))
        places = []
        for file in files:
            place = copies.place(file)
            if place is None:
                self.unfinished.append(_unread(package, file, copies.why()))
                return None
            places.append(place)
        self.doubts += copies.doubts()
        return _InHand(package, files, copies, tuple(places))

    def _here(self, packed: _InHand) -> bool:
        """Ask at once about the files of a package that are packed: so many copies are not lent ahead.

        False where somebody asked to stop before its end.
        """
        for number in range(len(packed.files)):
            packed.answers.append(self._asked(packed, number, packed.places[number]))
            self._progress.advance()
            if self._progress.stopping():
                return False
        self._finish(packed)
        return True

    def _asked(self, package: _InHand, number: int, place: Place) -> Answers:
        """What is said of one file at one place; that it is unread where it cannot even be lent."""
        with contextlib.ExitStack() as lending:
            try:
                path = lending.enter_context(place.lent())
            except OSError:
                path = self._holdings.home / "nowhere"
            (answers,) = examine_many([(path, _name(package.files[number]))], workers=1, makes=self._makes)
        return answers

    def take(self, answers: Answers) -> None:
        """The answers to the file that was handed out longest ago."""
        package = self._in_hand[0]
        package.answers.append(answers)
        if len(package.answers) == len(package.files):
            self._finish(self._in_hand.popleft())

    def _finish(self, done: _InHand) -> None:
        for number, answers in enumerate(done.answers):
            if _is_unread(answers):
                done.answers[number] = self._elsewhere(done, number)
        lost = next((n for n, answers in enumerate(done.answers) if _is_unread(answers)), None)
        if lost is None:
            self._record(done)
        else:
            self.unfinished.append(_unread(done.package, done.files[lost], done.answers[lost][0].warning or ""))

    def _elsewhere(self, done: _InHand, number: int) -> Answers:
        """What is said of a file that could not be read where it was looked for first."""
        file, answers, place = done.files[number], done.answers[number], done.places[number]
        while _is_unread(answers) and (other := done.copies.place(file, after=place)) is not None:
            answers = self._asked(done, number, other)
            if not _is_unread(answers):
                message = f"{shown(file.name)} could be read at {other.where} and not at {done.places[number].where}"
                self.doubts.append(doubt(done.package, message))
            place = other
        return answers

    def _record(self, done: _InHand) -> None:
        answered = ((file.id, of_interest(of_one)) for file, of_one in zip(done.files, done.answers, strict=True))
        stamp = self._holdings.stamp
        told = identification(stamp, done.package.id, tools=self._wanted.tools, answered=answered)
        self._holdings.record([told])
        self.packages += 1
        self.files += len(done.files)


def _name(file: FileRow) -> str:
    return here(file.name).decode("utf-8", "surrogateescape")


def _is_unread(answers: Answers) -> bool:
    return all(answer.unread for answer in answers)


def _unread(package: PackageRow, file: FileRow, why: str) -> Finding:
    message = (
        f"{shown(file.name)} cannot be read ({why}), so the package was left as it was identified before; "
        "archive audit finds and repairs damage, then archive formats reidentify goes on"
    )
    return Finding(FindingCode.NOT_REIDENTIFIED, Severity.ERROR, package.id, message)
