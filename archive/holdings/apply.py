"""From records to rows: the catalogue is a fold over the custody log, and this is what takes it on.

The same function serves the first recording, the catching up after a crash, and the rebuilding of a lost catalogue,
so that all three end with the same rows. What becomes of each kind is told by its step (``folding``).

A record that contradicts what stands before it takes no effect, and neither does one that could not be read: a
``remark`` row says so, and the fold goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.rows import PaperRow, ProgramRow, RemarkRow
from archive.catalogue.writing import Contradiction
from archive.holdings import (
    apply_acts,
    apply_copies,
    apply_deliveries,
    apply_formats,
    apply_handover,
    apply_log,
    apply_quarantine,
    apply_rights,
)
from archive.holdings.docket import PAPERS
from archive.holdings.folding import STEPS
from archive.model.announced import spelled
from archive.model.record import Record, Unread
from archive.model.remarks import RemarkCode

PARTS = (
    apply_acts,
    apply_copies,
    apply_deliveries,
    apply_formats,
    apply_handover,
    apply_log,
    apply_quarantine,
    apply_rights,
)
"""The modules whose steps make up the fold."""

Numbered = tuple[int, Record | Unread]
"""A record, or what stands for one that could not be read, and its number in the log."""

_UNCLEAR = "it holds a value that its kind has no meaning for"
_LONGEST = 1000
"""Characters of what is quoted from a record, or from its reader, at most."""


def apply_at_once(catalogue: Catalogue, numbered: Sequence[Numbered]) -> list[RemarkRow]:
    """Take in records of which none contradicts what stands before it, as nearly always; otherwise like ``apply``.

    Raises Contradiction where one does: then the transaction is to be given up, and ``apply`` used in another.
    """
    try:
        with catalogue.judging():
            return list(_take(catalogue, numbered))
    except Contradiction:
        raise
    except ValueError as error:
        raise Contradiction(_UNCLEAR) from error


def apply(catalogue: Catalogue, numbered: Sequence[Numbered]) -> list[RemarkRow]:
    """Take records into the catalogue, in order, inside a transaction of the caller's.

    Answers a remark for each record that took no effect. How the records are divided into calls changes nothing.
    """
    if not numbered:
        return []
    try:
        with catalogue.savepoint():
            return list(_take(catalogue, numbered))
    except ValueError as error:
        if len(numbered) > 1:  # one of them or more cannot stand: the halves are tried, and theirs, until it is found
            half = len(numbered) // 2
            return apply(catalogue, numbered[:half]) + apply(catalogue, numbered[half:])
        ((n, record),) = numbered
        why = str(error) if isinstance(error, Contradiction) else _UNCLEAR
        remark = _remark(n, record, RemarkCode.CONTRADICTS, why)
        catalogue.insert([remark])
        return [remark]


def _take(catalogue: Catalogue, numbered: Sequence[Numbered]) -> Iterator[RemarkRow]:
    for kind, group in groupby(numbered, key=lambda pair: type(pair[1])):
        run = list(group)
        if issubclass(kind, Unread):
            remarks = [_remark(n, one, one.code, one.why) for n, one in run if isinstance(one, Unread)]
            catalogue.insert(remarks)
            catalogue.insert([_newer_program(n, one) for n, one in run if isinstance(one, Unread) and one.announces])
            yield from remarks
        else:
            if run[0][1].kind in PAPERS:
                catalogue.insert([PaperRow(leaf=n, number=n, kind=record.kind) for n, record in run])
            STEPS[kind](catalogue, run)


def _newer_program(n: int, one: Unread) -> ProgramRow:
    """A program whose record is of a later version: what it announces can be read all the same."""
    return ProgramRow(leaf=n, number=n, kinds=" ".join(spelled(one.announces or frozenset())), identity="")


def _remark(n: int, record: Record | Unread, code: str, why: str) -> RemarkRow:
    v = record.v if 0 <= record.v < 2**53 else 0  # a forged one may be any number
    kind, why = (text.encode("utf-8", "replace").decode()[:_LONGEST] for text in (record.kind, why))
    return RemarkRow(leaf=n, number=n, code=str(code), kind=kind, v=v, why=why, set_aside=None)
