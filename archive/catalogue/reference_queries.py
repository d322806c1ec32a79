"""Questions to the catalogue about files whose bytes are stored under another receipt of the same accession."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select

from archive.catalogue.schema import file, package, replica
from archive.model.identifiers import AccessionId, FileId, GroupId
from archive.model.packages import Outcome, ReplicaState

_AT_ONCE = 500  # SQLite allows 999 parameters in old builds
_STORED = [str(Outcome.ACCEPTED), str(Outcome.DUPLICATE)]


def stored(accession: AccessionId, group: GroupId | None, sha256: Sequence[str]) -> Iterator[Select[Any]]:
    """Receipts of the files with these digests that lie in packages of this accession and group, with a good copy."""
    good = exists().where(replica.c.package == package.c.id, replica.c.state == str(ReplicaState.OK))
    for start in range(0, len(sha256), _AT_ONCE):
        yield (
            select(file)
            .join(package, package.c.id == file.c.aip)
            .where(
                file.c.sha256.in_(sha256[start : start + _AT_ONCE]),
                file.c.accession == accession,
                file.c.outcome.in_(_STORED),
                file.c.deaccessioned_at.is_(None),
                package.c.group_id.is_(None) if group is None else package.c.group_id == group,
                good,
            )
            .order_by(file.c.leaf)
        )


def to_files(files: Sequence[FileId]) -> Iterator[Select[Any]]:
    """Receipts, not deaccessioned, whose bytes are those of these files."""
    for start in range(0, len(files), _AT_ONCE):
        among = file.c.same_as.in_(files[start : start + _AT_ONCE])
        yield select(file).where(among, file.c.deaccessioned_at.is_(None)).order_by(file.c.leaf)


def count(accession: AccessionId) -> Select[Any]:
    """How many files of an accession have their bytes under another receipt."""
    return select(func.count()).where(file.c.accession == accession, file.c.same_as.is_not(None))


def broken() -> Select[Any]:
    """Receipts, not deaccessioned, whose bytes are said to lie where they do not."""
    holder = file.alias("holder")
    right = and_(
        holder.c.aip.is_not(None),
        holder.c.deaccessioned_at.is_(None),
        holder.c.accession == file.c.accession,
        holder.c.sha256 == file.c.sha256,
        holder.c.blake3 == file.c.blake3,
        holder.c.size == file.c.size,
    )
    told = select(file).outerjoin(holder, holder.c.id == file.c.same_as)
    wrong = or_(holder.c.id.is_(None), ~right)
    return told.where(file.c.same_as.is_not(None), file.c.deaccessioned_at.is_(None), wrong).order_by(file.c.leaf)
