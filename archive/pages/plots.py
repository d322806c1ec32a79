"""Bar charts and histograms: what they show, and where each part lies. Pure; ``rendering`` draws them.

Widths and distances from the left are percentages of the plot's width, so that it fits a telephone and a sheet of
paper; heights and distances from the top are pixels, so that letters keep their size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from archive.model.quantities import octets
from archive.pages.words import Size, Tone

_ROW = 38
_COLUMNS_HEIGHT = 150
_ABOVE, _BELOW = 20, 24
_LEFT = 9.0
_LONGEST_LABEL = 40
_MOST_LABELS = 9
_MOST_VALUES = 13
_FAINTEST = 0.4
"""The least width of a bar that is not nothing, in per cent: one file of a million is seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One thing and how much of it there is, at least 0."""

    label: str
    amount: int | Size
    tone: Tone = Tone.PLAIN

    def __post_init__(self) -> None:
        if self.value < 0:
            raise ValueError(f"bar '{self.label}' is shorter than nothing")

    @property
    def value(self) -> int:
        """How long the bar is."""
        return self.amount.octets if isinstance(self.amount, Size) else self.amount

    @property
    def said(self) -> str:
        """The amount for a reader."""
        return octets(self.amount.octets) if isinstance(self.amount, Size) else f"{self.amount:,}"


@dataclass(frozen=True, slots=True)
class PlacedBar:
    """A bar of a chart: its row begins at ``y`` pixels, it is ``width`` per cent long."""

    bar: Bar
    label: str
    y: int
    width: float


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars, one below the other, in the order given."""

    kind: ClassVar = "bars"
    title: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        """Pixels."""
        return max(1, len(self.bars)) * _ROW

    @property
    def description(self) -> str:
        """The chart in words."""
        return _in_words(self.bars)

    def placed(self) -> Iterator[PlacedBar]:
        """Where each bar lies; the longest has the whole width."""
        longest = max((bar.value for bar in self.bars), default=0) or 1
        for number, bar in enumerate(self.bars):
            width = max(_FAINTEST, 100 * bar.value / longest) if bar.value else 0.0
            yield PlacedBar(bar, shortened(bar.label), number * _ROW, round(width, 3))


@dataclass(frozen=True, slots=True)
class PlacedColumn:
    """A column of a histogram: per cent from the left, pixels from the top.

    ``label`` and ``value`` are empty where there is no room to write them.
    """

    bar: Bar
    label: str
    value: str
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class GridLine:
    """A line across a histogram, at ``y`` pixels, and the number it stands for."""

    label: str
    y: float


@dataclass(frozen=True, slots=True)
class Histogram:
    """Columns that stand side by side, in the order given: how many there are of each size, or of each year."""

    kind: ClassVar = "columns"
    title: str
    bars: tuple[Bar, ...]
    left: ClassVar = _LEFT
    height: ClassVar = _ABOVE + _COLUMNS_HEIGHT + _BELOW

    @property
    def description(self) -> str:
        """The histogram in words."""
        return _in_words(self.bars)

    @property
    def baseline(self) -> int:
        """Where the columns stand, in pixels from the top."""
        return _ABOVE + _COLUMNS_HEIGHT

    def placed(self) -> Iterator[PlacedColumn]:
        """Where each column stands."""
        top = _round_up(max((bar.value for bar in self.bars), default=0))
        room = (100 - _LEFT) / max(1, len(self.bars))
        every = -(-len(self.bars) // _MOST_LABELS)
        for number, bar in enumerate(self.bars):
            height = max(1.0, _COLUMNS_HEIGHT * bar.value / top) if bar.value else 0.0
            yield PlacedColumn(
                bar=bar,
                label=bar.label if number % every == 0 else "",
                value=_short(bar.value) if bar.value and len(self.bars) <= _MOST_VALUES else "",
                x=round(_LEFT + number * room + room * 0.09, 3),
                width=round(room * 0.82, 3),
                y=round(self.baseline - height, 1),
                height=round(height, 1),
            )

    def grid(self) -> Iterator[GridLine]:
        """Lines at nothing, at half and at the top."""
        top = _round_up(max((bar.value for bar in self.bars), default=0))
        for value in dict.fromkeys((0, top // 2, top)):
            yield GridLine(_short(value), round(self.baseline - _COLUMNS_HEIGHT * value / top, 1))


def shortened(label: str) -> str:
    """A label that fits its plot; the table beside it has it whole."""
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1].rstrip() + "…"


def _in_words(bars: tuple[Bar, ...]) -> str:
    return "; ".join(f"{bar.label}: {bar.said}" for bar in bars) or "nothing to show"


def _round_up(value: int) -> int:
    """The next number of one digit and zeros that has a whole half; at least 2."""
    power = 1
    while 8 * power < value:
        power *= 10
    steps = (1, 2, 3, 4, 5, 6, 8) if power > 1 else (2, 4, 6, 8)
    return next(step * power for step in steps if step * power >= value)


def _short(value: int) -> str:
    """A count in a few letters: ``950``, ``1.2k``, ``3M``."""
    amount = float(value)
    for unit in ("", "k", "M", "G"):
        if amount < 999.5 or unit == "G":
            text = f"{amount:.1f}" if unit and amount < 9.95 else f"{amount:,.0f}"
            return text.removesuffix(".0") + unit
        amount /= 1000
    raise AssertionError("the last unit takes everything")
