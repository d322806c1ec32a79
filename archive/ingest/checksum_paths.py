"""Which delivered file a path in a checksum file means: from which folder it counts, and how else it may be spelled."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from archive.ingest.encoding import SINGLE_OCTET

_DEEPEST = 12
"""Folders at most that all paths of a list have before them and the delivery does not: ``/media/usb/delivery/…``."""


@dataclass(frozen=True, slots=True)
class Placement:
    """From where the paths of a list count: without their first ``strip`` parts, in ``folder`` (ends in ``/``)."""

    folder: bytes
    strip: int

    def of(self, path: bytes) -> bytes | None:
        """The path in the delivery that a path of the list means; None where it leads out of it."""
        parts = (path if self.strip == 0 else plain(path)).split(b"/")
        return without_dots(self.folder + b"/".join(parts[self.strip :] or parts[-1:]))


def place(sample: Sequence[bytes], folders: Sequence[bytes], *, is_there: Callable[[bytes], bool]) -> Placement:
    """From where the paths of a list count, told from some of them: so that most of the files are there.

    ``folders`` are those the list may count from, the likeliest first.
    """
    paths = [plain(path) for path in sample]
    shared = _shared([path.split(b"/")[:-1] for path in paths])
    best, most = Placement(folders[0], 0), 0
    for strip in range(min(shared, _DEEPEST) + 1):
        for folder in folders:
            candidate = Placement(folder, strip)
            found = [candidate.of(path) for path in paths]
            hits = sum(1 for path in found if path is not None and is_there(path))
            if hits > most:
                best, most = candidate, hits
            if hits == len(paths):
                return best
    return best


def _shared(folders: Sequence[list[bytes]]) -> int:
    """How many parts all of these folders have before them alike."""
    if not folders:
        return 0
    first, last = min(folders), max(folders)
    return next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))


def plain(path: bytes) -> bytes:
    """A path without ``./`` before it, and with the strokes of Windows turned where it has no others."""
    turned = path.replace(b"\\", b"/") if b"\\" in path and b"/" not in path else path
    while turned.startswith(b"./"):
        turned = turned[2:].lstrip(b"/")
    return turned


def without_dots(path: bytes) -> bytes | None:
    """A path without empty parts, ``.`` and ``..``; None where it leads above its beginning or is nothing."""
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            if not parts:
                return None
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts) or None


def alike(path: bytes) -> bytes:
    """Equal for two spellings of one path: strokes, blanks around it, and normalisation (NFC) make no difference."""
    path = plain(path).strip()
    try:
        return unicodedata.normalize("NFC", path.decode("utf-8")).encode("utf-8")
    except UnicodeDecodeError:
        return path


def guesses(path: bytes) -> Iterator[bytes]:
    """What a delivered name may be in a list in another encoding than its own."""
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        for codec in SINGLE_OCTET:
            try:
                yield alike(path.decode(codec).encode("utf-8"))
            except UnicodeDecodeError:
                continue
        return
    for codec in SINGLE_OCTET:
        try:
            yield alike(text.encode(codec))
        except UnicodeEncodeError:
            continue


def is_plain_file(root: bytes, path: bytes) -> bool:
    """Whether a regular file lies at ``path`` below ``root``, with no link on the way; anything else is no."""
    import stat

    full = root
    parts = path.split(b"/")
    try:
        for number, part in enumerate(parts, 1):
            full = os.path.join(full, part)
            mode = os.lstat(full).st_mode
            if number < len(parts) and not stat.S_ISDIR(mode):
                return False
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode)
