"""A large file is digested by a thread beside its reading: the same digests, and failures that are told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from archive.ingest import digesting as module
from archive.ingest.digesting import LARGE, digesting
from archive.model.digests import Digester

PIECES = [bytes([number]) * 70_000 for number in range(100)]


@pytest.mark.parametrize("size", [0, LARGE])
def test_digests_are_those_of_all_pieces_in_their_order(size: int) -> None:
    digester = Digester(("sha256", "blake3"))
    with digesting(digester, size=size) as take:
        for piece in PIECES:
            take(piece)
    assert digester.digests()["sha256"] == hashlib.sha256(b"".join(PIECES)).hexdigest()
    assert digester.size == 7_000_000


def test_a_reading_that_breaks_off_is_told_and_leaves_no_thread_behind() -> None:
    digester = Digester(("sha256",))
    with pytest.raises(OSError, match="broken"), digesting(digester, size=LARGE) as take:
        take(b"x")
        raise OSError("broken")
    assert digester.size == 1


def test_a_digester_that_fails_stops_nobody_and_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Digester):
        def parts(self) -> tuple[Callable[[bytes], object], ...]:
            def fail(_data: bytes) -> None:
                raise MemoryError("no room")

            return (*super().parts(), fail)

    monkeypatch.setattr(module, "_AHEAD", 1)
    with pytest.raises(MemoryError), digesting(Failing(("sha256",)), size=LARGE) as take:
        for piece in PIECES:
            take(piece)
