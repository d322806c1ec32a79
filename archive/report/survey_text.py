"""A survey in lines for a terminal: short, the important first, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from archive.ingest.candidates import HINTS
from archive.ingest.facts import Dates, Placed, Share, Survey
from archive.ingest.noticed import MEANINGS, Count, Noticed
from archive.ingest.told import kindred
from archive.model.quantities import octets, plural
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
    headline,
    next_steps,
    noticed,
    remarks,
)
from profiles.finding import Finding, Severity

_EXAMPLES = 3
_SHARES = 6
_MARKS = {Severity.ERROR: "!!", Severity.WARNING: " !", Severity.INFO: "  "}


def survey_lines(survey: Survey, said: Said) -> Iterator[str]:
    """The lines."""
    yield f"{brief(said.delivery)}: {headline(survey)}"
    yield from _noticed(survey, Severity.ERROR, "Needs a person first")
    yield from _fits(survey)
    yield from _noticed(survey, Severity.WARNING, "Know before you ingest")
    yield from _noticed(survey, Severity.INFO, "Also there, and nothing to worry about")
    yield from _spread(survey)
    yield ""
    yield "Next"
    yield from (f"  {step}" for step in next_steps(survey, said))


def _noticed(survey: Survey, severity: Severity, title: str) -> Iterator[str]:
    found = list(noticed(survey, severity))
    if not found:
        return
    yield ""
    yield title
    for what, count in found:
        meaning = MEANINGS[what]
        yield f"{_MARKS[severity]} {meaning.title}: {count.count:,}{_size(what, count)}"
        if severity is not Severity.INFO:
            yield f"      {meaning.sentence}"
        if what is Noticed.NAME_NOT_UTF8 and survey.guess is not None:
            yield f"      Their encoding: {guessed(survey.guess)}."
            for name, readings in survey.guess.examples:
                yield f"      {brief(name)}  reads  {'; '.join(f'{text} ({codec})' for codec, text in readings) or '?'}"
        else:
            yield from _examples(count)


def _size(what: Noticed, count: Count) -> str:
    if what is Noticed.HARD_LINK:
        return f" ({octets(count.bytes)}, counted once)"
    return f" ({octets(count.bytes)})" if count.bytes else ""


def _examples(count: Count) -> Iterator[str]:
    for example in count.examples[:_EXAMPLES]:
        yield f"      {brief(example.path)}" + (f"  ({brief(example.note)})" if example.note else "")
    if count.count > _EXAMPLES:
        yield f"      … and {count.count - _EXAMPLES:,} more"


def _fits(survey: Survey) -> Iterator[str]:
    """The bag, the table, the digests, the room: what the ingest would meet."""
    rows = []
    if survey.bag is not None:
        rows.append(("bag", about_bag(survey.bag)))
    if survey.table is not None:
        rows.append(("table", about_table(survey.table)))
    if about := about_digests(survey.digests):
        rows.append(("digests", about))
    if survey.files:
        rows.append(("packages", about_packages(survey)))
    rows += [("room", about_room(room)) for room in survey.room]
    if rows or remarks(survey):
        yield ""
        yield "What an ingest would meet"
    yield from (f"  {label:<9} {text}" for label, text in rows)
    yield from _findings(remarks(survey))


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    order = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((order.index(finding.severity), finding.code), []).append(finding)
    for (_, code), group in sorted(groups.items()):
        some = kindred(group)
        yield f"{_MARKS[group[0].severity]} {code}: {some.count:,}"
        for finding in some.told[:_EXAMPLES]:
            yield f"      {brief(finding.subject)}: {finding.message}"
        if some.count > _EXAMPLES:
            where = f"--json names {len(some.told):,}, and {some.elsewhere}" if some.elsewhere else "--json names them"
            yield f"      … and {some.count - len(some.told[:_EXAMPLES]):,} more; {where}"


def _spread(survey: Survey) -> Iterator[str]:
    if not survey.files:
        return
    shape = survey.shape
    yield ""
    yield "What it is made of"
    names = "; ".join(f"{survey.names[kind]:,} {word}" for kind, word in KINDS.items() if survey.names.get(kind))
    yield f"  names     {names}"
    yield f"  endings   {_shares(shape.by_extension)}"
    if survey.quick:
        yield "  contents  not looked at (--quick)"
    else:
        yield f"  contents  {_shares(shape.by_beginning)}"
    yield f"  dates     {_dates(shape.dates)}"
    yield f"  largest   {_placed(shape.largest)}"
    yield f"  deepest   {_placed(shape.deepest[:1], word='parts')}"
    yield f"  longest   {_placed(shape.longest[:1], word='characters')}"
    for candidate in survey.candidates[:_EXAMPLES]:
        yield f"  {candidate.role:<9} {brief(candidate.path)}: {HINTS[candidate.role]}"
    if (more := len(survey.candidates) - _EXAMPLES + survey.candidates_more) > 0:
        yield f"            … and {plural(more, 'more table or list')}"


def _shares(shares: Sequence[Share]) -> str:
    said = ", ".join(f"{share.what} {share.files:,} ({octets(share.bytes)})" for share in shares[:_SHARES])
    rest = sum(share.files for share in shares[_SHARES:])
    return f"{said}, others {rest:,}" if rest else said


def _dates(dates: Dates) -> str:
    outside = [(dates.early, "before 1990"), (dates.future, "in the future")]
    also = "".join(f"; {files:,} {when}" for files, when in outside if files)
    if dates.first is None or dates.last is None:
        return f"none between 1990 and now{also}"
    years = Counter[int]()
    for (year, _), files in dates.by_month.items():
        years[year] += files
    most, files = max(years.items(), key=lambda pair: (pair[1], -pair[0]))
    if dates.first == dates.last:
        return f"{'the others' if also else 'all'} in {dates.first[0]}-{dates.first[1]:02d}{also}"
    span = f"{dates.first[0]}-{dates.first[1]:02d} to {dates.last[0]}-{dates.last[1]:02d}"
    return f"{span}, most in {most} ({plural(files, 'file')}){also}"


def _placed(placed: Sequence[Placed], *, word: str | None = None) -> str:
    said = (f"{brief(one.path)} ({octets(one.number) if word is None else f'{one.number:,} {word}'})" for one in placed)
    return "\n            ".join(list(said)[:_EXAMPLES])
