"""Questions to the catalogue about items, what was stated about rights, and what people consented to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from archive.catalogue.schema import consent, file, file_rights, item_file
from archive.model.identifiers import AccessionId, FileId, ItemId

_AT_ONCE = 500  # SQLite allows 999 parameters in old builds


def files_of_item(item: ItemId) -> Select[Any]:
    """Receipts of the files of one item that are held."""
    within = select(file).join(item_file, item_file.c.file == file.c.id)
    return within.where(item_file.c.item == item, file.c.deaccessioned_at.is_(None)).order_by(file.c.name)


def names_in_items(items: Sequence[ItemId]) -> Iterator[Select[Any]]:
    """These items with the names of their files that are held, in as many questions as it takes."""
    named = select(item_file.c.item, file.c.name).join(file, item_file.c.file == file.c.id)
    held = named.where(file.c.deaccessioned_at.is_(None)).order_by(file.c.name)
    for start in range(0, len(items), _AT_ONCE):
        yield held.where(item_file.c.item.in_(items[start : start + _AT_ONCE]))


def items_by_name(accession: AccessionId) -> Select[Any]:
    """Names and items of the files of one accession that belong to an item."""
    named = select(file.c.name, item_file.c.item).join(item_file, item_file.c.file == file.c.id)
    return named.where(file.c.accession == accession)


def of_files(files: Sequence[FileId]) -> Iterator[Select[Any]]:
    """What was stated about the rights in these files, in as many questions as it takes."""
    for start in range(0, len(files), _AT_ONCE):
        yield select(file_rights).where(file_rights.c.file.in_(files[start : start + _AT_ONCE]))


def resting_on(ref: str, person: str | None) -> Select[Any]:
    """Receipts of held files whose statement names a consent, or its person and no consent at all, by package."""
    named = func.instr(file_rights.c.consents, f" {ref} ") > 0
    if person is not None:
        by_person = func.instr(file_rights.c.persons, f" {person} ") > 0
        named = or_(named, and_(file_rights.c.consents == "", by_person))
    held = select(file).join(file_rights, file_rights.c.file == file.c.id).where(file.c.deaccessioned_at.is_(None))
    held = held.where(file.c.aip.is_not(None))  # a reference rests on what the file rests on whose bytes it shares
    return held.where(named).order_by(file.c.aip, file.c.id)


def consents(before: str | None) -> Select[Any]:
    """All consents, or those that end on or before a day."""
    every = select(consent).order_by(consent.c.ref)
    return every if before is None else every.where(consent.c.expires <= before)


def consents_of(refs: Sequence[str], persons: Sequence[str]) -> Iterator[Select[Any]]:
    """The consents of these references or persons, in as many questions as it takes."""
    for column, wanted in ((consent.c.ref, refs), (consent.c.person, persons)):
        for start in range(0, len(wanted), _AT_ONCE):
            yield select(consent).where(column.in_(wanted[start : start + _AT_ONCE]))
