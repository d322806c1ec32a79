"""The register of the fold: for each kind of record one step, which says what becomes of it in the catalogue.

A step stands in the ``apply_*`` module of its subject::

    @folds(AgentRecord)
    def _agent(catalogue: Catalogue, n: int, record: AgentRecord) -> None:
        catalogue.insert([AgentRow(leaf=n, code=record.code, role=record.role)])

It judges a record by what stands in the catalogue, which is what came before it, and by nothing else: so the first
recording, the catching up after a crash and the rebuilding of a lost catalogue end with the same rows. Where the record
cannot stand beside what is there, it raises Contradiction, or writes a row that the tables have no place for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.writing import Contradiction
from archive.model.record import Record

K = TypeVar("K", bound=Record)
T = TypeVar("T")

Step = Callable[[Catalogue, int, K], None]
Run = Callable[[Catalogue, Sequence[tuple[int, K]]], None]

STEPS: dict[type[Record], Run[Any]] = {}
"""What takes in records of each kind that follow one another; filled when the modules of the steps are imported."""


def folds(kind: type[K]) -> Callable[[Step[K]], Step[K]]:
    """Decorator: this function takes in a record of this kind, with its number."""

    def register(step: Step[K]) -> Step[K]:
        def run(catalogue: Catalogue, numbered: Sequence[tuple[int, K]]) -> None:
            for n, record in numbered:
                step(catalogue, n, record)

        folds_runs(kind)(run)
        return step

    return register


def folds_runs(kind: type[K]) -> Callable[[Run[K]], Run[K]]:
    """Decorator: this function takes in records of this kind that follow one another; for those there are many of."""

    def register(run: Run[K]) -> Run[K]:
        if kind in STEPS:
            raise ValueError(f"records of kind {kind.kind} have a step already")
        STEPS[kind] = run
        return run

    return register


def recorded(found: T | None, what: str) -> T:
    """``found``; Contradiction where there is nothing, because the record speaks of ``what`` that never was."""
    if found is None:
        raise Contradiction(f"it speaks of {what} that was never recorded")
    return found
