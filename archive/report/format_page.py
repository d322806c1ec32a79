"""The report on formats as a page for people."""

from __future__ import annotations

from collections.abc import Sequence

from archive.inspection.verdict import SENTENCES
from archive.model.formats import DECIDED, Basis, Kind
from archive.model.moments import format_moment
from archive.model.quantities import octets, plural
from archive.pages.bins import by_magnitude
from archive.pages.page import Cell, Code, Facts, Figure, Marked, Numbers, Page, Section, Table, Text
from archive.pages.plots import Bar, BarChart, Histogram
from archive.pages.words import Size, Tone
from archive.planning.risk_tables import TableInUse
from archive.report.explain import day_and_time
from archive.report.format_report import NO_BASIS, UNKNOWN, FormatLine, FormatReport, Tally, told_in_words
from profiles.format_policy import Action
from profiles.format_risk import Risk

LARGEST = 12
"""Formats in the plot of the largest ones; the table of all formats has every one."""

_ACTIONS = {
    Action.ACCEPT: Marked("accept", Tone.GOOD),
    Action.WATCH: Marked("watch", Tone.CAUTION),
    Action.MIGRATE: Marked("migrate", Tone.DANGER),
    Action.NEEDS_A_PERSON: Marked("needs a person", Tone.OPEN),
}
_RISKS = {
    str(Risk.LOW): Marked("low", Tone.GOOD),
    str(Risk.UNRATED): Marked("not rated", Tone.OPEN),
    str(Risk.MODERATE): Marked("moderate", Tone.CAUTION),
    str(Risk.HIGH): Marked("high", Tone.DANGER),
    UNKNOWN: Marked("format unknown", Tone.OPEN),
}
_BASES = {
    Basis.CONTAINER: "the bytes of members inside",
    Basis.SIGNATURE: "the bytes of the file",
    Basis.TEXT: "it reads as text, and its name says which",
    Basis.MAGIC: "its first few bytes and nothing more",
    Basis.EXTENSION: "its name, which names no format",
    NO_BASIS: "nothing, or a person's word",
}


def format_page(report: FormatReport) -> Page:
    """The page."""
    return Page(
        title="Formats held",
        above=f"Archive {report.archive}",
        lead=_lead(report),
        sections=(
            Section("At a glance", (_at_a_glance(report),)),
            Section("What is to be done", _actions(report)),
            Section("How much is at risk", _risks(report)),
            Section("The largest formats", _largest(report)),
            Section("How it is known what files are", _known(report)),
            Section("How large files are", _sizes(report)),
            Section("Every format", _all(report)),
            Section("What this rests on", _rests(report)),
        ),
        colophon=(
            f"Made {day_and_time(format_moment(report.time))} from the catalogue, which had taken in "
            f"{plural(report.log_size, 'record')} of the custody log. All numbers are of that moment.",
            "This page names no file and no person. It is one file, loads nothing and runs nothing.",
        ),
    )


def _lead(report: FormatReport) -> str:
    if not report.files:
        return "No files of evidence are held yet."
    migrate, person = report.to_do(Action.MIGRATE).files, report.to_do(Action.NEEDS_A_PERSON).files
    held = f"{plural(report.files, 'file')} ({octets(report.bytes)}) in {plural(report.formats, 'known format')}."
    wanted = [f"{plural(migrate, 'file')} should be migrated"] if migrate else []
    wanted += [f"{plural(person, 'file')} {'needs' if person == 1 else 'need'} a person"] if person else []
    return f"{held} {' and '.join(wanted)}." if wanted else f"{held} Nothing needs to be done today."


def _at_a_glance(report: FormatReport) -> Numbers:
    migrate, person = report.to_do(Action.MIGRATE), report.to_do(Action.NEEDS_A_PERSON)
    return Numbers(
        (
            (report.files, "files of evidence"),
            (Size(report.bytes), "altogether"),
            (report.formats, "known formats"),
            (Marked(f"{migrate.files:,}", Tone.DANGER), "to migrate"),
            (Marked(f"{person.files:,}", Tone.OPEN), "need a person"),
        )
    )


def _actions(report: FormatReport) -> tuple[Text | Figure | Table, ...]:
    words = [(_ACTIONS[Action(tally.what)], tally) for tally in report.by_action]
    reasons: dict[tuple[Action, str], list[FormatLine]] = {}
    for line in report.lines:
        reasons.setdefault((line.decision.action, line.decision.reason), []).append(line)
    why = tuple((reason, _ACTIONS[action], *_sums(lines)) for (action, reason), lines in reasons.items())
    return (
        Text(
            "Accept: nothing needs to be done. Watch: readable today, and looked at again with every new risk table. "
            "Migrate: a second form should be made beside the original, which always stays. Needs a person: no rule "
            "can decide, and somebody has to look. A format can stand in several lines of a table, because its files "
            "are not all known equally well."
        ),
        Figure(
            BarChart("Files by what is to be done", _bars(words)),
            Table(
                "Actions",
                ("Action", "Formats", "Files", "Size"),
                tuple((word, *_counts(tally)) for word, tally in words),
                total=("All files held", report.formats, report.files, Size(report.bytes)),
            ),
        ),
        Table("Why", ("Reason", "Action", "Formats", "Files", "Size"), why),
    )


def _risks(report: FormatReport) -> tuple[Text | Figure, ...]:
    words = [(_RISKS[tally.what], tally) for tally in report.by_risk]
    return (
        Text(
            "How likely it is that a format cannot be read one day, as the risk tables rate it. What is not rated has "
            "not been looked at by anybody whose table is in use here; that is no good news and no bad news."
        ),
        Figure(
            BarChart("Files by the risk of their format", _bars(words)),
            Table(
                "Risk of the formats held",
                ("Risk", "Formats", "Files", "Size"),
                tuple((word, *_counts(tally)) for word, tally in words),
                total=("All files held", report.formats, report.files, Size(report.bytes)),
            ),
        ),
    )


def _largest(report: FormatReport) -> tuple[Figure]:
    merged: dict[str | None, tuple[str, int, int]] = {}
    for line in report.lines:
        name, files, size = merged.get(line.puid, (line.name or "", 0, 0))
        merged[line.puid] = (name or line.name or "", files + line.files, size + line.bytes)
    order = sorted(merged.items(), key=lambda found: (-found[1][2], found[0] or ""))
    named = [(_puid(puid), name or _nameless(puid), files, Size(size)) for puid, (name, files, size) in order]
    rows: list[tuple[Cell, ...]] = [*named[:LARGEST]]
    if rest := named[LARGEST:]:
        files, size = sum(files for _, _, files, _ in rest), sum(size.octets for _, _, _, size in rest)
        rows.append(("others", plural(len(rest), "format"), files, Size(size)))
    return (
        Figure(
            BarChart("Size of the largest ones", tuple(Bar(name, size) for _, name, _, size in named[:LARGEST])),
            Table(
                "The formats that take the most room",
                ("PUID", "Format", "Files", "Size"),
                tuple(rows),
                total=("all", "", report.files, Size(report.bytes)),
            ),
        ),
    )


def _known(report: FormatReport) -> tuple[Text | Figure | Table, ...]:
    doubtful = {str(kind) for kind in Kind if kind.needs_a_person} | {str(Kind.UNKNOWN), str(Kind.SUGGESTED)}
    bars = tuple(Bar(t.what, t.files, Tone.OPEN if t.what in doubtful else Tone.PLAIN) for t in report.by_verdict)
    total: tuple[Cell, ...] = ("all", "", report.files, Size(report.bytes))
    return (
        Text(
            "Every file is shown to two identifiers that share no code, and to signatures of this archive's own. What "
            "they said together is the verdict; the basis is the best reason any of them had. The end of a name alone "
            "names no format."
        ),
        Figure(
            BarChart("Files by verdict", bars),
            Table(
                "Verdicts",
                ("Verdict", "What it means", "Files", "Size"),
                tuple((Code(t.what), _verdict(t.what), t.files, Size(t.bytes)) for t in report.by_verdict),
                total=total,
            ),
        ),
        Table(
            "Basis",
            ("Basis", "What it means", "Files", "Size"),
            tuple((Code(t.what), _BASES.get(t.what, ""), t.files, Size(t.bytes)) for t in report.by_basis),
            total=total,
        ),
    )


def _sizes(report: FormatReport) -> tuple[Figure]:
    counts = {digits: files for digits, (files, _) in report.by_digits.items()}
    bars = by_magnitude(counts)
    first = min(counts, default=1)
    rows = tuple(
        (bar.label, bar.value, Size(report.by_digits.get(first + number, (0, 0))[1])) for number, bar in enumerate(bars)
    )
    return (
        Figure(
            Histogram("Files by size, each column from its label up to the next", bars),
            Table("Sizes of files", ("From", "Files", "Size"), rows, total=("all", report.files, Size(report.bytes))),
        ),
    )


def _all(report: FormatReport) -> tuple[Table]:
    rows = tuple(
        (
            _puid(line.puid),
            line.name or _nameless(line.puid),
            _RISKS[line.risk],
            _ACTIONS[line.decision.action],
            told_in_words(line),
            line.files,
            Size(line.bytes),
        )
        for line in report.lines
    )
    return (
        Table(
            "The most urgent first, then the largest",
            ("PUID", "Format", "Risk", "Action", "How it is known", "Files", "Size"),
            rows,
            total=("all", "", "", "", "", report.files, Size(report.bytes)),
        ),
    )


def _rests(report: FormatReport) -> tuple[Facts]:
    counted = report.received
    received = (
        f"{counted.received:,} received: {report.files:,} are evidence in packages, which is what this page is about; "
        f"{report.elsewhere:,} are not ({counted.quarantined:,} quarantined, {counted.rejected:,} rejected, "
        f"{counted.pending:,} pending)"
    )
    return (
        Facts(
            (
                *((f"Risk table, {table.form}", _table(table)) for table in report.tables),
                ("Policy", f"version {report.policy} of the rules shipped with this program"),
                ("Files received", received),
            )
        ),
    )


def _table(table: TableInUse) -> str:
    since = "shipped with this program" if table.taken_at is None else f"taken in {day_and_time(table.taken_at)}"
    return f"{table.name}, of {table.date}, {plural(table.formats, 'format')}, {since}; SHA-256 {table.sha256}"


def _bars(words: Sequence[tuple[Marked, Tally]]) -> tuple[Bar, ...]:
    return tuple(Bar(word.text, tally.files, word.tone) for word, tally in words)


def _counts(tally: Tally) -> tuple[int, int, Size]:
    return tally.formats, tally.files, Size(tally.bytes)


def _sums(lines: list[FormatLine]) -> tuple[int, int, Size]:
    formats = len({line.puid for line in lines} - {None})
    return formats, sum(line.files for line in lines), Size(sum(line.bytes for line in lines))


def _verdict(word: str) -> str:
    if word == DECIDED:
        return "a person decided what it is"
    return SENTENCES[Kind(word)] if word in list(Kind) else ""


def _puid(puid: str | None) -> Cell:
    return "\N{EN DASH}" if puid is None else Code(puid)


def _nameless(puid: str | None) -> str:
    return "format unknown" if puid is None else "without a name here"
