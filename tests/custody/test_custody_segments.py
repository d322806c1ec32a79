from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.custody.segments import (
    SEGMENT,
    Segment,
    cover,
    growing_name,
    parse_growing,
    parse_segment,
    pieces,
    segment_name,
    uncovered,
)

RUNS = st.builds(Segment, st.integers(0, 40), st.integers(1, 15))


@settings(deadline=None)
@given(st.integers(0, 2**40), st.integers(1, SEGMENT))
def test_names_come_back_as_the_segments_they_name(first: int, count: int):
    segment = Segment(first, min(count, SEGMENT - first % SEGMENT))
    assert parse_segment(segment_name(segment)) == segment
    assert parse_growing(segment_name(segment)) is None
    assert parse_growing(growing_name(first)) == first
    assert parse_segment(growing_name(first)) is None


def test_the_names_of_a_full_and_a_growing_segment():
    assert segment_name(Segment(65_536, 65_536)) == "00000000000000065536-65536.jsonl"
    assert growing_name(131_072) == "00000000000000131072-open.jsonl"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "00000000000000000000-0.jsonl",
        "00000000000000000000-01.jsonl",
        "00000000000000000000-65537.jsonl",
        "00000000000000065535-2.jsonl",
        "0-5.jsonl",
        "00000000000000000000-5.jsonl.tmp",
        ".00000000000000000000-5.jsonl",
        "00000000000000000000-5.jsonl\n",
        "0000000000000000000٣-5.jsonl",
    ],
)
def test_any_other_name_is_no_segments(name: str):
    assert parse_segment(name) is None
    assert parse_growing(name) is None


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.integers(1, 9))
def test_pieces_follow_each_other_and_stay_inside_blocks(first: int, end: int, segment: int):
    cut = list(pieces(first, end, segment))
    assert [n for piece in cut for n in range(piece.first, piece.end)] == list(range(first, end))
    assert all(piece.first // segment == (piece.end - 1) // segment for piece in cut)


@settings(deadline=None)
@given(RUNS, st.lists(RUNS))
def test_what_is_uncovered_is_what_no_segment_holds(wanted: Segment, held: list[Segment]):
    there = {n for segment in held for n in range(segment.first, segment.end)}
    missing = [n for run in uncovered(wanted, held) for n in range(run.first, run.end)]
    assert missing == [n for n in range(wanted.first, wanted.end) if n not in there]


@settings(deadline=None)
@given(st.lists(RUNS))
def test_a_cover_reads_every_record_that_is_held_once_and_in_order(held: list[Segment]):
    there = sorted({n for segment in held for n in range(segment.first, segment.end)})
    runs = list(cover(held))
    assert [n for _, run in runs for n in range(run.first, run.end)] == there
    assert all(segment in held and segment.holds(run) for segment, run in runs)


def test_a_cover_prefers_the_segment_that_reaches_furthest():
    short, merged = [Segment(0, 3), Segment(3, 1)], Segment(0, 4)
    assert list(cover([*short, merged, Segment(4, 2)])) == [(merged, merged), (Segment(4, 2), Segment(4, 2))]
