"""The code words of rights: each means one thing, together the strictest, and what is unknown is known to be."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model.terms import EVERYBODY, WORDS, Condition, Recipient, Terms, read_term, read_terms

PLAIN_WORDS = [word for word in WORDS if "YYYY" not in word] + ["embargo-2030", "embargo-2031-06", "embargo-2029-02-28"]
SOME_WORDS = st.lists(st.sampled_from([*PLAIN_WORDS, "unheard-of"]), max_size=6)


@pytest.mark.parametrize("word", PLAIN_WORDS)
def test_every_word_that_is_told_to_people_is_known_whatever_its_capitals(word: str) -> None:
    assert not read_term(word).unknown
    assert read_term(word.upper()) == read_term(word)


NO_WORDS = [
    *("?", "Ivanova", "nobody", "no-", "no-one", "no-no-public", "no-all", "можно", "court/un", "public."),
    *("embargo-", "embargo-20300", "embargo-2030-13", "embargo-2030-02-30", "embargo-0000", "embargo-٢٠٣٠"),
]


@pytest.mark.parametrize("word", ["", *NO_WORDS])
def test_any_other_word_is_unknown(word: str) -> None:
    assert read_term(word).unknown


@pytest.mark.parametrize(
    ("word", "day"),
    [
        ("embargo-2030", date(2030, 1, 1)),
        ("embargo-2030-06", date(2030, 6, 1)),
        ("embargo-2030-06-30", date(2030, 6, 30)),
        ("embargo-2028-02-29", date(2028, 2, 29)),
    ],
)
def test_an_embargo_ends_with_the_day_before_the_one_it_names(word: str, day: date) -> None:
    assert read_term(word).not_before == day


def test_recipients_named_in_one_place_may_all_receive_and_every_limit_holds() -> None:
    terms = read_terms(["court", "un", "public", "no-public", "embargo-2030", "embargo-2028", "ask-again"])
    assert terms.recipients == {Recipient.COURT, Recipient.UN}
    assert terms.not_before == date(2030, 1, 1)
    assert terms.conditions == {Condition.ASK_AGAIN}


def test_all_is_everybody_and_no_word_is_nobody_in_particular() -> None:
    assert read_terms(["all"]).recipients == EVERYBODY
    assert read_terms([]).granted is None
    assert read_terms([]).recipients == frozenset()
    assert read_terms(["no-public"]).granted is None
    assert read_terms(["none"]) == Terms()


@given(SOME_WORDS, SOME_WORDS)
def test_two_terms_together_are_never_laxer_than_either(one: list[str], other: list[str]) -> None:
    first, second = read_terms(one), read_terms(other)
    both = first & second
    assert both == second & first
    for alone in (first, second):
        if alone.granted is not None:
            assert both.recipients <= alone.recipients
        assert alone.denied <= both.denied
        assert alone.conditions <= both.conditions
        assert not alone.embargo or both.embargo
        assert not alone.unknown or both.unknown
        assert alone.not_before is None or (both.not_before is not None and alone.not_before <= both.not_before)


@given(SOME_WORDS)
def test_the_order_of_words_and_their_repetition_do_not_matter(words: list[str]) -> None:
    assert read_terms(reversed(words)) == read_terms(words) == read_terms(words * 2)
