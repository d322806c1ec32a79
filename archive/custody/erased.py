"""Which private lines the log says were erased."""

from __future__ import annotations

from collections.abc import Iterable

from archive.model.log_records import ErasureRecord


def erased_lines(records: Iterable[ErasureRecord]) -> dict[int, frozenset[int]]:
    """The places of the lines that these records name, by the number of the record they belong to."""
    found: dict[int, set[int]] = {}
    for record in records:
        for line in record.lines:
            found.setdefault(line.n, set()).add(line.i)
    return {n: frozenset(places) for n, places in found.items()}
