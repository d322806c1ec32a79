from __future__ import annotations

import pytest

from archive.inspection import retelling
from archive.inspection.identification import Identification
from archive.inspection.retelling import Listener, Teller


def said(warning: str) -> Identification:
    return Identification((), "tool", "1", "none", warning)


def test_what_was_said_before_is_not_sent_again() -> None:
    teller, listener = Teller(), Listener()
    first, second = (said("a"), said("b")), (said("b"), said("a"))
    retold = teller.tell([first, second, first])
    assert retold.unheard == [said("a"), said("b")]
    assert listener.hear(retold) == [first, second, first]
    again = teller.tell([(said("c"), said("a"))])
    assert again.unheard == [said("c")]
    assert listener.hear(again) == [(said("c"), said("a"))]
    assert teller.tell([first]).unheard == []


def test_equal_answers_are_one_object_here() -> None:
    teller, listener = Teller(), Listener()
    (((one,), (other,))) = listener.hear(teller.tell([(said("a"),), (said("a"),)]))
    assert one is other


def test_no_files_are_no_answers_and_no_witnesses_an_empty_one() -> None:
    teller, listener = Teller(), Listener()
    assert listener.hear(teller.tell([])) == []
    assert listener.hear(teller.tell([(), ()])) == [(), ()]


def test_both_ends_forget_before_there_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings that quote each file differently would fill the memory of a run over millions."""
    monkeypatch.setattr(retelling, "MOST_REMEMBERED", 10)
    teller, listener = Teller(), Listener()
    for number in range(100):
        answers = [(said(f"{number}.{place}"), said("always")) for place in range(3)]
        assert listener.hear(teller.tell(answers)) == answers
        assert len(listener._heard) == len(teller._places) < 10 + 6
