"""A producer's table in CSV: any encoding, any separator, found out or as a person says."""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from archive.errors import UsageError
from archive.ingest.dialect import LONGEST_RECORD, Dialect, declared_delimiter, detect, records, said_delimiter
from archive.ingest.encoding import OPTION, Encoding, Witness, judge
from archive.ingest.record import Contents, Unit
from archive.model.names import shown
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_SAMPLE = 256 * 1024  # characters that tell the dialect
_MARK = "\ufeff"


def read_csv(
    path: Path, octets: IO[bytes], seen: Witness, *, encoding: str | None, delimiter: str | None, known: Collection[str]
) -> Contents:
    """The table ``octets``, called ``path``, which was ``seen`` to its end; ``known`` are headings that mean something.

    Raises UsageError for an encoding or separator that is none, and where the encoding is not clear.
    """
    separator = None if delimiter is None else separator_meant(delimiter)
    judged = judge(seen, declared=encoding)
    text = _Text(octets, judged)
    sample, cut = text.sample()
    dialect, before = _dialect(sample, cut=cut, delimiter=separator, known=known)
    found = records(islice(text.lines(), before, None), dialect, before=before)
    first = next(found, None)
    reading = {"encoding": judged.codec, "delimiter": dialect.delimiter, "quote": dialect.quote}
    return Contents(
        reading=reading | ({} if dialect.escape is None else {"escape": dialect.escape}),
        unit=Unit.LINE,
        heading=() if first is None else tuple(cell.strip() for cell in first.cells),
        records=found,
        findings=tuple(_of_reading(path, judged, dialect)),
        wrong_octets=judged.codec != "utf-8" or seen.bad > 0,
    )


def separator_meant(text: str) -> str:
    """The separator a person means; UsageError for what is none."""
    try:
        return declared_delimiter(text)
    except ValueError as error:
        raise UsageError(f"the separator {error}") from None


class _Text:
    """The table as text, from its beginning, as often as it is asked for."""

    def __init__(self, octets: IO[bytes], encoding: Encoding) -> None:
        self._octets = octets
        self._encoding = encoding

    def sample(self) -> tuple[str, bool]:
        """The beginning, and whether there is more."""
        text = self._open()
        sample = text.read(_SAMPLE + 1).removeprefix(_MARK)
        text.detach()
        return sample[:_SAMPLE], len(sample) > _SAMPLE

    def lines(self) -> Iterator[str]:
        """Every line as it ends in the file, and no more of it than a record may have."""
        text = self._open()
        mark = _MARK
        while line := text.readline(LONGEST_RECORD):
            yield line.removeprefix(mark)
            mark = ""
            while len(line) == LONGEST_RECORD and line[-1] not in "\r\n":
                line = text.readline(LONGEST_RECORD)
        text.detach()

    def _open(self) -> io.TextIOWrapper:
        self._octets.seek(0)
        return io.TextIOWrapper(self._octets, self._encoding.codec, self._encoding.errors, newline="")


def _dialect(sample: str, *, cut: bool, delimiter: str | None, known: Collection[str]) -> tuple[Dialect, int]:
    """The dialect, and how many lines stand before the headings."""
    folded = {heading.casefold() for heading in known}
    lines = io.StringIO(sample, newline="")
    said = said_delimiter(lines.readline())
    dialect = detect(
        sample if said is None else lines.read(),
        cut=cut,
        delimiter=delimiter or said,
        is_known=lambda text: text.casefold() in folded,
    )
    return dialect, 0 if said is None else 1


def _of_reading(path: Path, encoding: Encoding, dialect: Dialect) -> Iterator[Finding]:
    """What a person should know of how the table was read."""
    name = shown(os.fsencode(path.name))
    if encoding.guess is not None:
        message = f"read as {encoding.codec}, which is a guess: {encoding.guess}; if letters look wrong: {OPTION} NAME"
        yield Finding(FindingCode.ENCODING_GUESSED, Severity.WARNING, name, message)
    if encoding.doubt is not None:
        message = f"read as {encoding.codec}, as was said, though {encoding.doubt}"
        yield Finding(FindingCode.ENCODING_DOUBTFUL, Severity.WARNING, name, message)
    if dialect.escape is not None:
        message = "quotation marks inside its cells stand behind a backslash; read so, though CSV doubles them"
        yield Finding(FindingCode.ODD_QUOTES, Severity.INFO, name, message, "RFC 4180 §2")
