"""Questions to the catalogue about formats: what each file is, and how much is held of which.

A file has one row told by the machines, and one more once a person decided; the person's goes before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Text, and_, case, cast, exists, func, or_, select

from archive.catalogue.schema import file, file_format, identification
from archive.model.formats import Kind, ToldBy
from archive.model.identifiers import FileId, PackageId
from archive.model.packages import Outcome

_HELD = (str(Outcome.ACCEPTED), str(Outcome.DUPLICATE))
_STILL = exists().where(file.c.id == file_format.c.file, file.c.deaccessioned_at.is_(None))
"""That the file a row is about was not deaccessioned."""


def of_package(package: PackageId) -> Select[Any]:
    """All rows about the files of a package."""
    return (
        select(file_format).where(file_format.c.package == package).order_by(file_format.c.file, file_format.c.told_by)
    )


def of_file(identifier: FileId) -> Select[Any]:
    """The rows about one file, the machines' first."""
    return select(file_format).where(file_format.c.file == identifier).order_by(file_format.c.told_by)


def decisions() -> Select[Any]:
    """Every person's row."""
    return select(file_format).where(file_format.c.told_by == str(ToldBy.PERSON), _STILL).order_by(file_format.c.file)


def to_look_at() -> Select[Any]:
    """The machines' rows that may wait for a person: doubtful verdicts, and files somebody decided on."""
    doubtful = [str(kind) for kind in Kind if kind.needs_a_person]
    person = file_format.alias("person")
    decided = exists().where(person.c.file == file_format.c.file, person.c.told_by == str(ToldBy.PERSON))
    machines = select(file_format).where(file_format.c.told_by == str(ToldBy.MACHINES))
    waiting = machines.where(or_(file_format.c.verdict.in_(doubtful), decided), _STILL)
    return waiting.order_by(file_format.c.leaf, file_format.c.file)


def changed(tools: str, package: PackageId | None) -> Select[Any]:
    """The machines' rows whose answer changed in the last identification, where that was made with ``tools``."""
    told = file_format.join(identification, identification.c.package == file_format.c.package)
    rows = (
        select(file_format)
        .select_from(told)
        .where(
            identification.c.tools == tools,
            file_format.c.told_by == str(ToldBy.MACHINES),
            file_format.c.since == identification.c.leaf,
            file_format.c.former_verdict.is_not(None),
            _STILL,
        )
    )
    if package is not None:
        rows = rows.where(file_format.c.package == package)
    return rows.order_by(file_format.c.leaf, file_format.c.file)


def name(puid: str) -> Select[Any]:
    """A name the format is called by."""
    return select(func.max(file_format.c.name)).where(file_format.c.puid == puid)


def holdings() -> Select[Any]:
    """Format, a name of it, verdict, basis, number of files and their octets, of all files held."""
    machines, person = file_format.alias("machines"), file_format.alias("person")
    decided = person.c.file.is_not(None)
    puid = case((decided, person.c.puid), else_=machines.c.puid)
    name = case((decided, person.c.name), else_=machines.c.name)
    verdict = case((decided, person.c.verdict), else_=func.coalesce(machines.c.verdict, str(Kind.NOT_EXAMINED)))
    basis = case((decided, person.c.basis), else_=machines.c.basis)
    told = file.outerjoin(machines, and_(machines.c.file == file.c.id, machines.c.told_by == str(ToldBy.MACHINES)))
    both = told.outerjoin(person, and_(person.c.file == file.c.id, person.c.told_by == str(ToldBy.PERSON)))
    return (
        select(puid, func.max(name), verdict, basis, func.count(), func.sum(file.c.size))
        .select_from(both)
        .where(file.c.outcome.in_(_HELD), file.c.aip.is_not(None), file.c.deaccessioned_at.is_(None))
        .group_by(puid, verdict, basis)
    )


def holdings_by_digits() -> Select[Any]:
    """Digits of the size, number of files and their octets, of all files held."""
    digits = func.length(cast(file.c.size, Text))
    held = file.c.outcome.in_(_HELD), file.c.aip.is_not(None), file.c.deaccessioned_at.is_(None)
    return select(digits, func.count(), func.sum(file.c.size)).where(*held).group_by(digits).order_by(digits)
