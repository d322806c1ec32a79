"""Which files belong together, by their names: every kind of side-car, and what is ambiguous."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ingest.grouping import (
    LONGER,
    Counts,
    Mark,
    SideCar,
    is_one_item,
    items,
    marks,
    order,
    runs,
    side_car,
    subjects,
)

HASH = "0a" * 32
OTHER = "1b" * 32


def grouped(*names: str) -> list[str]:
    """Groups of the names of one folder, each joined by blanks."""
    sorted_names = sorted((name.encode() for name in names), key=order)
    found = [item for run in runs(sorted_names) for item in items(run)]
    return sorted(b" ".join(item).decode() for item in found)


@pytest.mark.parametrize("ending", [*SideCar, *LONGER])
def test_every_kind_of_side_car_stays_with_its_file_however_it_is_named_after_it(ending: str) -> None:
    assert grouped("a.jpg", f"a.jpg{ending}", "b.jpg") == [f"a.jpg a.jpg{ending}", "b.jpg"]
    assert grouped("a.jpg", f"a{ending}", "b.jpg") == [" ".join(sorted(["a.jpg", f"a{ending}"])), "b.jpg"]
    assert grouped("README", f"README{ending}", "b") == [f"README README{ending}", "b"]
    assert grouped("a.jpg", f"a.jpg{ending.upper()}") == [f"a.jpg a.jpg{ending.upper()}"]


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        ("", ""),
        ("a.jpg", "a.jpg"),
        ("a.jpg b.jpg", "a.jpg | b.jpg"),
        ("a.jpg a.png", "a.jpg | a.png"),
        ("a.jpg b.jpg.ots", "a.jpg | b.jpg.ots"),
        ("a.jpg aa.json", "a.jpg | aa.json"),
        ("a.jpg a", "a | a.jpg"),
        # side-cars of side-cars
        ("a.jpg a.jpg.json a.jpg.json.asc a.jpg.json.asc.ots", "a.jpg a.jpg.json a.jpg.json.asc a.jpg.json.asc.ots"),
        ("a.mp4 a.info.json a.info.json.ots", "a.info.json a.info.json.ots a.mp4"),
        # dots in names
        ("2020.08.11.mp4 2020.08.11.json 2020.08.12.mp4", "2020.08.11.json 2020.08.11.mp4 | 2020.08.12.mp4"),
        ("a.b.jpg a.json", "a.b.jpg | a.json"),
        ("a.b.jpg a.b.json a.jpg", "a.b.jpg a.b.json | a.jpg"),
        (".hidden .hidden.ots .json", ".hidden .hidden.ots | .json"),
        # one side-car, several files it might be about: all of them are one item
        ("a.jpg a.mov a.json", "a.jpg a.json a.mov"),
        ("a.jpg a.mov a.jpg.json", "a.jpg a.jpg.json | a.mov"),
        ("a a.jpg a.json", "a a.json | a.jpg"),  # the whole name comes before the stem
        # side-cars without their file stay together by what they are named after
        ("a.ots a.json a.tsr b.ots", "a.json a.ots a.tsr | b.ots"),
        ("a.jpg.ots a.jpg.tsr", "a.jpg.ots a.jpg.tsr"),
        ("page.wacz page.json page.wacz.ots", "page.json page.wacz page.wacz.ots"),
        ("data.json", "data.json"),
        ("data.json data.json.sig", "data.json data.json.sig"),
        # capitals: the ending may be shouted, the name must be the same
        ("A.JPG a.json", "A.JPG | a.json"),
        # ProofMode: everything named after one digest
        (
            f"{HASH}.proof.csv {HASH}.proof.csv.asc {HASH}.proof.json {HASH}.proof.json.asc {HASH}.asc {HASH}.ots"
            f" {HASH}.gst {HASH}.nostr {HASH}.jpg {OTHER}.asc {OTHER}.proof.json",
            f"{HASH}.asc {HASH}.gst {HASH}.jpg {HASH}.nostr {HASH}.ots {HASH}.proof.csv {HASH}.proof.csv.asc"
            f" {HASH}.proof.json {HASH}.proof.json.asc | {OTHER}.asc {OTHER}.proof.json",
        ),
    ],
)
def test_the_rule_is_this(names: str, groups: str) -> None:
    given_names = names.split()
    expected = sorted(groups.split(" | ")) if groups else []
    assert grouped(*given_names) == expected
    random.Random(7).shuffle(given_names)
    assert grouped(*given_names) == expected


PART = st.sampled_from(["a", "b", "a.b", "a.jpg", "2020.08.11", "2020.08", "2020", ".x", "a 1", "a-b", "ы", HASH])
ENDING = st.sampled_from(
    ["", ".jpg", ".mp4", ".json", ".ots", ".tsr", ".asc", ".wacz", ".info.json", ".proof.json", "."]
)
NAMES = st.lists(st.tuples(PART, ENDING, ENDING, ENDING).map(lambda p: "".join(p).encode()), max_size=14, unique=True)


@given(NAMES, st.randoms(use_true_random=False))
def test_every_name_is_in_one_item_and_the_order_they_come_in_does_not_matter(
    names: list[bytes], chance: random.Random
) -> None:
    found = items(names)
    assert sorted(name for item in found for name in item) == sorted(names)
    assert found == sorted(found)
    assert all(list(item) == sorted(item) for item in found)
    shuffled = list(names)
    chance.shuffle(shuffled)
    assert items(shuffled) == found


@given(NAMES)
def test_a_folder_can_be_judged_run_by_run(names: list[bytes]) -> None:
    cut = list(runs(sorted(names, key=order)))
    assert [name for run in cut for name in run] == sorted(names, key=order)
    assert sorted(item for run in cut for item in items(run)) == items(names)


def test_dates_in_names_do_not_make_a_folder_one_run() -> None:
    names = [
        f"2020.08.{day:02}_{n:03}.jpg{ending}" for day in range(1, 31) for n in range(9) for ending in ("", ".ots")
    ]
    cut = list(runs(sorted((name.encode() for name in names), key=order)))
    assert {len(run) for run in cut} == {2}


@given(NAMES)
def test_a_side_car_is_never_away_from_the_file_whose_whole_name_it_bears(names: list[bytes]) -> None:
    item_of = {name: item for item in items(names) for name in item}
    for name in names:
        for kind in SideCar:
            if name + kind.encode() in item_of:
                assert item_of[name + kind.encode()] == item_of[name]


def counts(*names: str) -> Counts:
    found = [marks(name.encode()) for name in names]
    return Counts(len(names), {mark: sum(mark in told for told in found) for mark in Mark})


DIGITS = [f"{number:024x}" for number in range(9)]
PROOF = [f"{HASH}.proof.json", f"{HASH}.proof.csv", f"{HASH}.asc"]


@pytest.mark.parametrize(
    ("names", "one"),
    [
        ([f"{DIGITS[0]}.html", f"{DIGITS[1]}.mp4", f"{DIGITS[2]}.png"], True),
        ([f"{DIGITS[0]}.wacz", f"{DIGITS[1]}.mp4", f"{DIGITS[2]}"], True),
        ([f"{DIGITS[0]}.tsr", f"{DIGITS[1]}.crt", f"{DIGITS[2]}.txt"], True),
        ([f"{DIGITS[0]}.html"], False),
        ([f"{DIGITS[0]}.mp4", f"{DIGITS[1]}.mp4"], False),  # nothing says that it is a capture
        ([f"{DIGITS[0]}.html", f"{DIGITS[1]}.html", f"{DIGITS[2]}.mp4"], False),  # two captures in a heap
        ([f"{DIGITS[0]}.html", f"{DIGITS[1]}.mp4", "notes.txt"], False),
        ([f"{DIGITS[0][:-1]}.html", f"{DIGITS[1]}.mp4"], False),
        ([*PROOF, "photo.jpg"], True),
        ([*PROOF, "photo.jpg", "pubkey.asc"], True),
        ([*PROOF, f"{OTHER}.proof.json", "one.jpg", "two.jpg", "pubkey.asc", "HowToVerify.txt"], True),
        ([*PROOF, f"{OTHER}.proof.json", "one.jpg", "two.jpg"], False),
        ([*PROOF, "one.jpg", "two.jpg"], False),
        ([f"{HASH}.asc", "photo.jpg"], False),
        (["photo.jpg", "pubkey.asc"], False),
        ([], False),
    ],
)
def test_a_folder_is_one_item_where_two_programs_leave_their_mark(names: list[str], one: bool) -> None:
    assert is_one_item(counts(*names), at_most=100) == one
    assert not is_one_item(counts(*names), at_most=len(names) - 1)


@pytest.mark.parametrize(
    ("name", "item", "about"),
    [
        ("a.jpg.tsr", "a.jpg a.json a.jpg.tsr", "a.jpg"),
        ("a.tsr", "a.jpg a.mov a.json a.tsr a.tsq", "a.jpg a.mov"),
        ("a.json.ots", "a.jpg a.json a.json.ots", "a.json"),
        (
            f"{HASH}.asc",
            f"photo.jpg {HASH}.proof.json {HASH}.asc {HASH}.ots pubkey.asc",
            f"{HASH}.proof.json photo.jpg",
        ),
        (f"{DIGITS[3]}.tsr", f"{DIGITS[0]}.txt {DIGITS[1]}.crt {DIGITS[3]}.tsr", f"{DIGITS[0]}.txt"),
        ("a.tsr", "a.tsr a.ots", ""),
        ("a.tsr", "a.tsr", ""),
    ],
)
def test_a_signature_may_be_about_these(name: str, item: str, about: str) -> None:
    assert subjects(name.encode(), [part.encode() for part in item.split()]) == [
        part.encode() for part in about.split()
    ]


def test_a_name_that_is_all_ending_is_no_side_car() -> None:
    assert [side_car(name) for name in (b".ots", b".json", b"ots", b"")] == [None] * 4
    assert side_car(b"a.OTS") is SideCar.OPENTIMESTAMPS
