"""What a daemon says once it does not say again at every look."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive.cli.schedule import AGAIN, News
from archive.duties import Done


def test_the_same_words_of_a_duty_are_news_again_after_an_hour() -> None:
    news, now = News(), datetime(2026, 11, 22, tzinfo=UTC)
    away = Done("rescan", "nobody there", needs_person=True)
    assert news.is_new(away, now=now)
    assert not news.is_new(away, now=now + timedelta(minutes=1))
    assert news.is_new(replace(away, duty="wait"), now=now + timedelta(minutes=1)), "another duty"
    assert news.is_new(replace(away, sentence="2 packages"), now=now + timedelta(minutes=2))
    assert news.is_new(away, now=now + timedelta(minutes=3)), "something else was said between"
    assert not news.is_new(away, now=now + timedelta(minutes=2) + AGAIN)
    assert news.is_new(away, now=now + timedelta(minutes=3) + AGAIN)
