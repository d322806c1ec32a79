"""A survey as a page for people: one file, with plots of endings, sizes and dates."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime

from archive.ingest.candidates import HINTS
from archive.ingest.facts import Dates, Placed, Share, Survey
from archive.ingest.noticed import MEANINGS
from archive.ingest.told import Kindred, kindred
from archive.model.moments import format_moment
from archive.model.names import shown
from archive.model.quantities import octets, plural
from archive.pages.bins import by_day, by_magnitude
from archive.pages.page import Cell, Code, Element, Facts, Figure, Marked, Numbers, Page, Section, Table, Text
from archive.pages.plots import Bar, BarChart, Histogram
from archive.pages.words import Size, Tone
from archive.report.explain import day_and_time
from archive.report.survey_words import (
    KINDS,
    Said,
    about_bag,
    about_digests,
    about_packages,
    about_room,
    about_table,
    brief,
    guessed,
    next_steps,
    noticed,
    remarks,
)
from profiles.finding import Finding, Severity

EXAMPLES = 10
"""Examples of each thing noticed, and findings of each kind, on the page."""
IN_PLOT = 12
"""Bars of a plot; the table beside it has more lines."""

_TONES = {Severity.ERROR: Tone.DANGER, Severity.WARNING: Tone.CAUTION, Severity.INFO: Tone.PLAIN}
_WORDS = {Severity.ERROR: "act first", Severity.WARNING: "know", Severity.INFO: "also there"}


def survey_page(survey: Survey, said: Said, *, time: datetime) -> Page:
    """The page; ``time`` is when the survey was made."""
    sections = [
        Section("At a glance", tuple(_at_a_glance(survey, said))),
        Section("What was noticed", tuple(_noticed(survey))),
        Section("What an ingest would meet", tuple(_fits(survey))),
        Section("Names", tuple(_names(survey))),
    ]
    if survey.files:
        sections += [
            Section("Endings of names", (_shares(survey.shape.by_extension, "Ending", "Files by ending", survey),)),
            Section("What files begin with", _beginnings(survey)),
            Section("Sizes", _sizes(survey)),
            Section("Dates", tuple(_dates(survey))),
            Section("Those that stand out", _outstanding(survey)),
        ]
    return Page(
        title="Survey of a delivery",
        above=brief(os.fsencode(survey.source)),
        lead=_lead(survey),
        sections=tuple(section for section in sections if section.elements),
        colophon=(
            f"Made {day_and_time(format_moment(time))} by looking; nothing was copied, and nothing written to the "
            "delivery. Sizes are in decimal units, dates in UTC.",
            "This page names delivered files: treat it as confidential. It loads nothing and runs nothing.",
        ),
    )


def _lead(survey: Survey) -> str:
    if not survey.files:
        return "There is no file here to take in."
    what = f"{plural(survey.files, 'file')}, {octets(survey.bytes)}" + (", in a bag." if survey.bag else ".")
    if survey.troubled:
        return f"{what} Something needs a person before it is taken in."
    warned = any(True for _ in noticed(survey, Severity.WARNING))
    return f"{what} " + ("It can be taken in; some things should be known first." if warned else "It can be taken in.")


def _at_a_glance(survey: Survey, said: Said) -> Iterator[Element]:
    grave = sum(count.count for _, count in noticed(survey, Severity.ERROR))
    grave += sum(some.count for some in _by_code(survey) if some.told[0].severity is Severity.ERROR)
    yield Numbers(
        (
            (survey.files, "files"),
            (survey.items, "items, side-cars with their files"),
            (survey.folders, "folders"),
            (Size(survey.bytes), "altogether"),
            (Marked(f"{grave:,}", Tone.DANGER if grave else Tone.GOOD), "need a person first"),
        )
    )
    steps = enumerate(next_steps(survey, said), start=1)
    yield Table("What to do next", ("Step", "What"), tuple((str(number), step) for number, step in steps))


def _noticed(survey: Survey) -> Iterator[Element]:
    if not survey.noticed:
        yield Text("Nothing unusual.")
        return
    rows: list[tuple[Cell, ...]] = []
    examples: list[tuple[Cell, ...]] = []
    for what, count in survey.noticed.items():
        meaning = MEANINGS[what]
        mark = Marked(_WORDS[meaning.severity], _TONES[meaning.severity])
        rows.append((meaning.title, count.count, mark, meaning.sentence))
        for example in count.examples[:EXAMPLES]:
            examples.append((meaning.title, brief(example.path), brief(example.note)))
        if count.count > EXAMPLES:
            examples.append((meaning.title, f"… and {count.count - EXAMPLES:,} more", ""))
    yield Table("The gravest first", ("What", "How many", "Weight", "What it means"), tuple(rows))
    yield Table("Examples", ("What", "Where", "Note"), tuple(examples))


def _fits(survey: Survey) -> Iterator[Element]:
    facts: list[tuple[str, Cell]] = []
    if survey.bag is not None:
        facts.append(("Bag", about_bag(survey.bag)))
    if survey.table is not None:
        facts.append(("Producer's table", about_table(survey.table)))
    if about := about_digests(survey.digests):
        facts.append(("Digests given", about))
    if survey.hard_links.names:
        linked = survey.hard_links
        facts.append(
            (
                "Hard links",
                f"{plural(linked.files, 'file')} under {linked.names:,} names; {octets(linked.bytes_once)} counted "
                f"once, {octets(linked.bytes_by_name)} as taken in",
            )
        )
    if survey.files:
        facts.append(("Packages", about_packages(survey)))
    for room in survey.room:
        facts.append(("Room", Marked(about_room(room), Tone.GOOD if room.enough else Tone.DANGER)))
    if facts:
        yield Facts(tuple(facts))
    if survey.candidates:
        rows = [(brief(one.path), str(one.role), HINTS[one.role]) for one in survey.candidates[:EXAMPLES]]
        if (more := len(survey.candidates) - len(rows) + survey.candidates_more) > 0:
            rows.append((f"… and {more:,} more", "", ""))
        yield Table("Tables and lists of digests in the delivery", ("File", "Looks like", "What to do"), tuple(rows))
    if found := tuple(_findings(survey)):
        yield Table("Findings about the bag, the table and what was agreed", ("Weight", "Word", "About", "What"), found)


def _findings(survey: Survey) -> Iterator[tuple[Cell, ...]]:
    kinds = _by_code(survey)
    for some in kinds:
        for finding in some.told[:EXAMPLES]:
            mark = Marked(_WORDS[finding.severity], _TONES[finding.severity])
            yield mark, Code(finding.code), brief(finding.subject), finding.message
    for some in kinds:
        if some.count > EXAMPLES:
            where = some.elsewhere or "archive survey --json names them"
            yield "", Code(some.told[0].code), f"… and {some.count - EXAMPLES:,} more", where


def _by_code(survey: Survey) -> list[Kindred]:
    found: dict[str, list[Finding]] = {}
    for finding in remarks(survey):
        found.setdefault(finding.code, []).append(finding)
    return [kindred(findings) for findings in found.values()]


def _names(survey: Survey) -> Iterator[Element]:
    rows = tuple((word, survey.names.get(kind, 0)) for kind, word in KINDS.items() if survey.names.get(kind))
    if rows:
        yield Table("How names of files and folders are spelled", ("Spelling", "Names"), rows)
    if survey.guess is not None:
        yield Text(
            f"Names that are not UTF-8 are likely written in {guessed(survey.guess)}. They are kept as they are."
        )
        examples = tuple(
            (brief(name), codec, text) for name, readings in survey.guess.examples for codec, text in readings
        )
        yield Table("How some of them would read", ("Name", "Encoding", "Reads"), examples)


def _shares(shares: tuple[Share, ...], word: str, title: str, survey: Survey) -> Figure:
    bars = [Bar(share.what, share.files) for share in shares[:IN_PLOT]]
    if rest := sum(share.files for share in shares[IN_PLOT:]):
        bars.append(Bar("all others", rest))
    rows = tuple((shown(share.what), share.files, Size(share.bytes)) for share in shares)
    total = ("all", survey.files, Size(survey.bytes))
    return Figure(BarChart(title, tuple(bars)), Table(title, (word, "Files", "Size"), rows, total=total))


def _beginnings(survey: Survey) -> tuple[Element, ...]:
    if survey.quick:
        return (Text("Files were not opened (--quick)."),)
    about = Text(
        "A rough word from the first octets of each file. Ingest tells formats properly, with two identifiers."
    )
    return about, _shares(survey.shape.by_beginning, "Content", "Files by their first octets", survey)


def _sizes(survey: Survey) -> tuple[Element, ...]:
    counts = survey.shape.by_digits
    bars = by_magnitude({digits: files for digits, (files, _) in counts.items()})
    first = min(counts)
    rows = tuple((bar.label, bar.value, Size(counts.get(first + n, (0, 0))[1])) for n, bar in enumerate(bars))
    table = Table("Sizes of files", ("From", "Files", "Size"), rows, total=("all", survey.files, Size(survey.bytes)))
    return (Figure(Histogram("Files by size, each column from its label up to the next", bars), table),)


def _dates(survey: Survey) -> Iterator[Element]:
    bars = date_bars(survey.shape.dates)
    yield Text(
        "When files were last changed, by the clock of whoever wrote them. Copying often sets these dates anew: they "
        "are a hint, no proof."
    )
    rows = tuple((bar.label, bar.value) for bar in bars)
    table = Table("Dates of files", ("When", "Files"), rows, total=("all", survey.files))
    yield Figure(Histogram("Files by date of change", bars), table)


def date_bars(dates: Dates) -> tuple[Bar, ...]:
    """Columns for the dates: months or years, and at the ends what no calendar should hold."""
    between = by_day({date(year, month, 1): files for (year, month), files in dates.by_month.items()})
    early = (Bar("<1990", dates.early, Tone.CAUTION),) if dates.early else ()
    future = (Bar("future", dates.future, Tone.CAUTION),) if dates.future else ()
    return (*early, *between, *future)


def _outstanding(survey: Survey) -> tuple[Element, ...]:
    shape = survey.shape

    def rows(placed: tuple[Placed, ...]) -> tuple[tuple[Cell, ...], ...]:
        return tuple((brief(one.path), one.number) for one in placed)

    largest = tuple((brief(one.path), Size(one.number)) for one in shape.largest)
    return (
        Table("The largest files", ("File", "Size"), largest),
        Table("The deepest paths", ("Path", "Parts"), rows(shape.deepest)),
        Table("The longest paths", ("Path", "Characters"), rows(shape.longest)),
    )
