"""What a page is made of. Texts are plain: no markup is ever read from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from archive.pages.plots import BarChart, Histogram
from archive.pages.words import Size, Tone


@dataclass(frozen=True, slots=True)
class Marked:
    """A word or two with a small shape before them that stands for their tone, seen without reading and colour."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Code:
    """An identifier or a word that programs use, spelled exactly so."""

    text: str


Cell = str | int | Size | Marked | Code
"""What stands in a table or beside a label. Numbers stand to the right, with thousands marked."""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph."""

    kind: ClassVar = "text"
    text: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """A few numbers to be seen first, each with what it counts."""

    kind: ClassVar = "numbers"
    items: tuple[tuple[Cell, str], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with what is to be said about them."""

    kind: ClassVar = "facts"
    items: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; the first cell of a row names it. ``total`` stands below, in the same columns."""

    kind: ClassVar = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None

    def __post_init__(self) -> None:
        rows = self.rows if self.total is None else (*self.rows, self.total)
        if any(len(row) != len(self.columns) for row in rows):
            raise ValueError(f"table '{self.caption}': a row has not as many cells as there are columns")

    def holds(self, column: int) -> str:
        """What a column holds, which decides on its place and width: ``number``, ``words``, or ``""`` for the rest."""
        rows = self.rows or (() if self.total is None else (self.total,))
        cells = [row[column] for row in rows]
        if cells and all(isinstance(cell, int | Size) for cell in cells):
            return "number"
        return "words" if cells and all(isinstance(cell, str) for cell in cells) else ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot, and beside it the table with the same numbers for who cannot or would not see the plot."""

    kind: ClassVar = "figure"
    plot: BarChart | Histogram
    table: Table


Element = Text | Numbers | Facts | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page under a heading of its own."""

    title: str
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``above`` is a short line over the title, ``lead`` what somebody who reads no further should know.

    ``colophon`` says at the foot what the page is, from when, and how it was made.
    """

    title: str
    above: str
    lead: str
    sections: tuple[Section, ...]
    colophon: tuple[str, ...]
    language: str = "en"
