"""Asking over HTTP: nothing is told but the request, and nothing that comes back can hurt or hold us up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from local_server import Answer, Asked, LocalServer, dripping, nobody, serving

from archive.config import check_address
from archive.custody.authority import LARGEST_ANSWER, NoAnswer, ask, fetch

REQUEST = b"\x30\x03\x02\x01\x01"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with serving(lambda asked: Answer(b"answer")) as server:
        yield server


def test_the_request_and_what_http_needs_is_all_that_is_sent(server: LocalServer) -> None:
    assert ask(server.url, REQUEST) == b"answer"
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/tsr", REQUEST)
    said = {name.lower(): value for name, value in asked.headers.items()}
    assert said.pop("host").startswith("127.0.0.1:")
    assert said == {
        "content-type": "application/timestamp-query",
        "accept": "application/timestamp-reply",
        "content-length": str(len(REQUEST)),
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_a_list_is_fetched_with_even_less(server: LocalServer) -> None:
    assert fetch(server.url) == b"answer"
    (asked,) = server.asked
    assert (asked.method, asked.body) == ("GET", b"")
    assert {name.lower() for name in asked.headers} == {"host", "accept-encoding", "connection"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: LocalServer, status: int) -> None:
    target = "file:///etc/passwd" if status == 302 else server.url.replace("/tsr", "/elsewhere")
    server.answer = lambda asked: Answer(b"", status, {"Location": target})
    with pytest.raises(NoAnswer, match="not followed"):
        ask(server.url, REQUEST)
    assert [asked.path for asked in server.asked] == ["/tsr"]


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_an_error_is_no_answer(server: LocalServer, status: int) -> None:
    server.answer = lambda asked: Answer(b"<html>", status)
    with pytest.raises(NoAnswer, match=str(status)):
        ask(server.url, REQUEST)


def test_an_answer_that_is_too_long_is_not_read(server: LocalServer) -> None:
    server.answer = lambda asked: Answer(bytes(LARGEST_ANSWER))
    assert len(ask(server.url, REQUEST)) == LARGEST_ANSWER
    server.answer = lambda asked: Answer(bytes(LARGEST_ANSWER + 1))
    with pytest.raises(NoAnswer, match="longer than"):
        ask(server.url, REQUEST)


def test_an_answer_cut_short_is_no_answer(server: LocalServer) -> None:
    server.answer = lambda asked: Answer(b"ans", headers={"Content-Length": "3000"})
    with pytest.raises(NoAnswer, match="2,997 octets too early"):
        ask(server.url, REQUEST)


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="refused"):
        ask(nobody(), REQUEST)


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
def test_drop_by_drop_is_no_answer_within_the_time(first: bytes, drop: bytes) -> None:
    """Each drop begins a socket's timeout anew; the exchange as a whole has an end all the same."""
    with dripping(first, drop) as url, pytest.raises(NoAnswer, match="within"):
        ask(url, REQUEST, seconds=1)


def test_what_does_not_speak_http_is_no_answer() -> None:
    with dripping(b"220 mail.example.org ESMTP\r\n", b"") as url, pytest.raises(NoAnswer):
        ask(url, REQUEST, seconds=5)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/tsr",
        "data:,x",
        "https://",
        "https:///tsr",
        "https://example.org/a b",
        "https://example.org/a\nb",
        "https://user:secret@example.org/",
        "https://example.org:70000/",
        "https://[::1",
        "https://пример.org/",
        "",
        "tsa.example.org",
    ],
)
def test_other_addresses_are_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(ValueError):
        check_address(url)
    with pytest.raises(NoAnswer):
        ask(url, REQUEST, seconds=1)


def test_right_addresses() -> None:
    for url in ("http://tsa.example.org", "https://tsa.example.org:8443/tsr?x=1", "HTTPS://tsa.example.org/"):
        check_address(url)


def test_a_request_is_answered_by_its_own_server_only(server: LocalServer) -> None:
    paths: list[str] = []

    def answer(asked: Asked) -> Answer:
        paths.append(asked.path)
        return Answer(asked.body)

    server.answer = answer
    assert ask(server.url, b"one") == b"one"
    assert ask(server.url, b"two") == b"two"
    assert paths == ["/tsr", "/tsr"]
