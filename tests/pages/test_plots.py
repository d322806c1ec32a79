"""Where the parts of plots lie, and that nothing is lost on the way into them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.pages.bins import by_day, by_magnitude
from archive.pages.plots import Bar, BarChart, Histogram, shortened
from archive.pages.words import Size

AMOUNTS = st.lists(st.integers(0, 10**15), max_size=80)


def bars(amounts: list[int]) -> tuple[Bar, ...]:
    return tuple(Bar(f"n{number}", amount) for number, amount in enumerate(amounts))


@given(AMOUNTS)
def test_bars_stay_within_their_chart_and_keep_their_order_of_length(amounts: list[int]) -> None:
    chart = BarChart("t", bars(amounts))
    placed = list(chart.placed())
    assert [one.bar.value for one in placed] == amounts
    for one in placed:
        assert 0 <= one.width <= 100 and 0 <= one.y < chart.height
        assert (one.width > 0) == (one.bar.value > 0)
    for one in placed:
        for other in placed:
            assert one.bar.value > other.bar.value or one.width <= other.width
    assert max((one.width for one in placed), default=100) == 100 or not any(amounts)


def test_one_in_a_million_is_seen_and_nothing_is_not() -> None:
    million, one, nothing = BarChart("t", bars([1_000_000, 1, 0])).placed()
    assert (million.width, nothing.width) == (100, 0)
    assert 0.2 < one.width < 1


@given(AMOUNTS)
def test_columns_stand_side_by_side_on_their_baseline(amounts: list[int]) -> None:
    plot = Histogram("t", bars(amounts))
    placed = list(plot.placed())
    end = plot.left
    for one in placed:
        assert one.x >= end - 0.01
        end = one.x + one.width
        assert abs(one.y + one.height - plot.baseline) < 0.2
        assert 0 <= one.y <= plot.baseline
        assert (one.height > 0) == (one.bar.value > 0)
    assert end <= 100
    assert sum(1 for one in placed if one.label) <= 9
    assert not placed or placed[0].label


@given(AMOUNTS)
def test_the_grid_begins_at_nothing_and_no_column_rises_above_it(amounts: list[int]) -> None:
    plot = Histogram("t", bars(amounts))
    lines = list(plot.grid())
    assert lines[0].label == "0" and lines[0].y == plot.baseline
    assert all(one.y >= lines[-1].y - 0.1 for one in plot.placed())


@pytest.mark.parametrize(
    ("value", "top", "half"),
    [(0, "2", "1"), (3, "4", "2"), (9, "10", "5"), (202, "300", "150"), (1_200, "2k", "1k"), (4_100_000, "5M", "2.5M")],
)
def test_the_grid_is_labelled_in_round_numbers(value: int, top: str, half: str) -> None:
    assert [line.label for line in Histogram("t", bars([value])).grid()] == ["0", half, top]


def test_a_plot_says_in_words_what_it_shows() -> None:
    chart = BarChart("t", (Bar("PDF", 1_200), Bar("MP4", Size(3_400_000_000))))
    assert chart.description == "PDF: 1,200; MP4: 3.4 GB"
    assert BarChart("t", ()).description == "nothing to show"


def test_nothing_is_shorter_than_nothing() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Bar("x", -1)


def test_a_long_label_is_cut_where_it_says_so() -> None:
    assert shortened("x" * 40) == "x" * 40
    assert shortened("x" * 41) == "x" * 39 + "…"


@given(st.dictionaries(st.integers(1, 19), st.integers(0, 10**9)))
def test_sizes_are_sorted_without_loss_or_gap(counts: dict[int, int]) -> None:
    found = by_magnitude(counts)
    assert sum(bar.value for bar in found) == sum(counts.values())
    assert len(found) == (max(counts) - min(counts) + 1 if counts else 0)
    assert len({bar.label for bar in found}) == len(found)


def test_sizes_are_labelled_by_where_they_begin() -> None:
    assert [bar.label for bar in by_magnitude({1: 1, 8: 1})] == [
        "0 B", "10 B", "100 B", "1 kB", "10 kB", "100 kB", "1 MB", "10 MB",
    ]  # fmt: skip


@given(st.dictionaries(st.dates(date(1, 1, 1), date(9999, 12, 31)), st.integers(0, 10**9), max_size=20))
def test_days_are_sorted_without_loss_or_gap(counts: dict[date, int]) -> None:
    found = by_day(counts)
    assert sum(bar.value for bar in found) == sum(counts.values())
    labels = [bar.label for bar in found]
    assert labels == sorted(labels, key=lambda label: [int(part) for part in label.split("-")])
    assert len(set(labels)) == len(labels)


def test_a_few_years_are_shown_by_month_and_many_by_year() -> None:
    months = by_day({date(2020, 11, 30): 1, date(2021, 2, 1): 2, date(2021, 2, 3): 3})
    assert [(bar.label, bar.value) for bar in months] == [
        ("2020-11", 1),
        ("2020-12", 0),
        ("2021-01", 0),
        ("2021-02", 5),
    ]
    assert [bar.label for bar in by_day({date(2018, 1, 1): 1, date(2021, 1, 1): 1})] == ["2018", "2019", "2020", "2021"]
    assert by_day({}) == by_magnitude({}) == ()
