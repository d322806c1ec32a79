"""Asking a time-stamping authority over HTTP (RFC 3161 §3.4), and fetching its revocation lists.

What is sent is the request, which holds a digest and a random number, and the few headers that HTTP needs: no name of
a program, no cookie, no address to come back to. What is received is bounded in size and in time. A redirect is not
followed: the address in ``archive.toml`` is the one that a person chose.
"""

from __future__ import annotations

import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import TypeVar

from archive.config import check_address

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
"""Media types of requests and answers (RFC 3161 §3.4)."""

LARGEST_ANSWER = 1 << 20
"""Octets of the longest answer that is read; real ones have 3 to 10 thousand."""
LARGEST_LIST = 16 << 20
"""Octets of the longest revocation list that is read."""
SECONDS = 20.0
"""How long one exchange may take as a whole, the finding of the address included."""

T = TypeVar("T")


class NoAnswer(Exception):
    """No answer could be had; the reason in words. It may be otherwise later."""


def ask(url: str, request: bytes, *, seconds: float = SECONDS) -> bytes:
    """What the authority at ``url`` answers to a request, unjudged; raises NoAnswer."""
    headers = {"Content-Type": QUERY, "Accept": REPLY}
    return _exchange(url, request, headers, largest=LARGEST_ANSWER, seconds=seconds)


def fetch(url: str, *, seconds: float = SECONDS) -> bytes:
    """What lies at ``url``, unjudged; raises NoAnswer."""
    return _exchange(url, None, {}, largest=LARGEST_LIST, seconds=seconds)


def _exchange(url: str, body: bytes | None, headers: dict[str, str], *, largest: int, seconds: float) -> bytes:
    try:
        check_address(url)
        request = urllib.request.Request(url, data=body, headers=headers)
        return _within(seconds, lambda: _read(request, largest=largest, seconds=seconds))
    except urllib.error.HTTPError as error:
        with error:
            moved = error.headers.get("Location") if 300 <= error.code < 400 else None
        to = f": it points to {moved}, which is not followed" if moved else ""
        raise NoAnswer(f"the answer is HTTP status {error.code} {error.reason}{to}") from None
    except urllib.error.URLError as error:
        raise NoAnswer(str(getattr(error.reason, "strerror", None) or error.reason)) from None
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(str(error) or type(error).__name__) from None


def _read(request: urllib.request.Request, *, largest: int, seconds: float) -> bytes:
    with _opener().open(request, timeout=seconds) as response:
        data: bytes = response.read(largest + 1)
        missing = response.length  # of what the header promised; reading at most so much does not complain
    if len(data) > largest:
        raise NoAnswer(f"the answer is longer than {largest:,} octets")
    if missing:
        raise NoAnswer(f"the answer ended {missing:,} octets too early")
    return data


def _opener() -> urllib.request.OpenerDirector:
    """Speaks HTTP and HTTPS, through a proxy where the environment names one; no files, no FTP, no redirects."""
    opener = urllib.request.OpenerDirector()
    opener.addheaders = []  # not even the name of this program
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _within(seconds: float, do: Callable[[], T]) -> T:
    """What ``do`` answers, if it does so in time.

    In a thread of its own: a timeout of a socket begins anew with every octet that arrives, and finding an address
    has none at all.
    """
    answers: queue.SimpleQueue[T | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(do())
        except BaseException as error:
            answers.put(error)

    threading.Thread(target=work, daemon=True, name="asking an authority").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise NoAnswer(f"no whole answer within {seconds:g} seconds") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer
