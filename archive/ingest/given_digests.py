"""Digests that the producer gave: counted, put to an archive, and held against the files where that is wanted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO

from archive.ingest.facts import DigestFacts
from archive.ingest.noticed import Noticed, Notices
from archive.ingest.survey import Delivery
from archive.model.digests import ALGORITHMS, digest_stream
from archive.storage.walking import Walked

Held = Callable[[Iterable[str]], set[str]]
"""Which of these SHA-256 digests belong to bytes that an archive holds already."""

Opener = Callable[[bytes], BinaryIO]
"""Opens one file for reading by its whole path."""

_BATCH = 500


@contextlib.contextmanager
def reading(walked: Walked, notices: Notices) -> Iterator[None]:
    """Around reading one file: what goes wrong is noticed."""
    try:
        yield
    except FileNotFoundError:
        notices.add(Noticed.VANISHED, walked.path)
    except OSError as error:
        notices.add(Noticed.UNREADABLE_FILE, walked.path, error.strerror or str(error), size=walked.size)


class GivenDigests:
    """Takes every file of a delivery."""

    def __init__(self, delivery: Delivery, notices: Notices, *, held: Held | None, opener: Opener | None) -> None:
        """``held`` asks an archive, ``opener`` reads the files; where one is None, that is not done."""
        self._delivery, self._notices, self._ask_archive, self._opener = delivery, notices, held, opener
        self._files = self._with_sha256 = self._held = self._held_bytes = self._checked = self._different = 0
        self._waiting: list[tuple[str, int]] = []

    def take(self, name: bytes, walked: Walked) -> None:
        """Take one file that could be read so far."""
        given: dict[str, set[str]] = {}
        for algorithm, digest, _ in self._delivery.producer_digests(name):
            given.setdefault(algorithm, set()).add(digest)
        self._files += bool(given)
        if sha256 := given.get("sha256"):
            self._with_sha256 += 1
            self._waiting.append((min(sha256), walked.size))
            if len(self._waiting) >= _BATCH:
                self._ask()
        if self._opener is not None and given:
            self._read(self._opener, name, walked, given)

    def facts(self) -> DigestFacts:
        """Everything taken so far."""
        self._ask()
        held = None if self._ask_archive is None else self._held
        checked = None if self._opener is None else self._checked
        return DigestFacts(self._files, self._with_sha256, held, self._held_bytes, checked, self._different)

    def _ask(self) -> None:
        if self._ask_archive is not None and self._waiting:
            found = self._ask_archive(digest for digest, _ in self._waiting)
            sizes = [size for digest, size in self._waiting if digest in found]
            self._held += len(sizes)
            self._held_bytes += sum(sizes)
        self._waiting = []

    def _read(self, opener: Opener, name: bytes, walked: Walked, given: Mapping[str, set[str]]) -> None:
        known = [algorithm for algorithm in given if algorithm in ALGORITHMS]
        with reading(walked, self._notices):
            with contextlib.closing(opener(self._delivery.locate(name))) as file:
                _, found = digest_stream(file, known)
            self._checked += 1
            if wrong := [algorithm for algorithm in known if given[algorithm] != {found[algorithm]}]:
                self._different += 1
                self._notices.add(Noticed.DIGEST_DIFFERS, walked.path, ", ".join(wrong), size=walked.size)
