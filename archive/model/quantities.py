"""Numbers as people read them."""

from __future__ import annotations


def plural(count: int, word: str) -> str:
    """``1 file``, ``2 files``, with thousands marked."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def octets(size: int) -> str:
    """A size in decimal units."""
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return plural(size, "byte") if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"
