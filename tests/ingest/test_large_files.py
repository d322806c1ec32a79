"""A large file is digested by a thread beside its reading: the same digests, and failures that are told."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ingest_support import Place, assert_lists_are_right, write

from archive.ingest import digesting as module
from archive.ingest.digesting import LARGE, digesting
from archive.model.digests import Digester

PIECES = [memoryview(bytes([number]) * 70_000) for number in range(100)]


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
        take(memoryview(b"x"))
        raise OSError("broken")
    assert digester.size == 1


def test_a_digester_that_fails_stops_nobody_and_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(Digester):
        def parts(self) -> tuple[Callable[[bytes | memoryview], object], ...]:
            def fail(_data: bytes | memoryview) -> None:
                raise MemoryError("no room")

            return (*super().parts(), fail)

    monkeypatch.setattr(module, "_AHEAD", 1)
    with pytest.raises(MemoryError), digesting(Failing(("sha256",)), size=LARGE) as take:
        for piece in PIECES:
            take(piece)


def test_a_piece_is_filled_anew_only_when_every_digest_is_done_with_it(place: Place, tmp_path: Path) -> None:
    """The memory of pieces is used again: a slow digest must not see the octets of a later piece."""
    octets = b"".join(hashlib.sha512(b"%d" % number).digest() * (1 << 14) for number in range(40))  # 40 MiB
    folder = write(tmp_path / "d", {"large": octets + b"!", "small": b"s"})
    slow, update = iter((0.05, 0.0) * 20), Digester.parts

    def parts(self: Digester) -> tuple[Callable[[bytes | memoryview], object], ...]:
        first, *others = update(self)

        def late(piece: bytes | memoryview) -> object:
            time.sleep(next(slow, 0.0))
            return first(piece)

        return (late, *others)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Digester, "parts", parts)
        assert place.ingest(folder).json["accepted"] == 2
    (stored,) = (place.home / "store").rglob("data/**/large")
    assert_lists_are_right(next(folder for folder in stored.parents if (folder / "bagit.txt").exists()))
    assert stored.read_bytes() == octets + b"!"
