"""What was stated about the rights in each file of a lot, and what follows from it today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from archive.holdings.consents import register_for
from archive.ingest.companions import companions
from archive.ingest.journal import Expected
from archive.ingest.metadata import MetadataTable
from archive.ingest.receive import Received
from archive.ingest.workbench import Workbench
from archive.model.identifiers import FileId, ItemId
from archive.model.rights import decide
from archive.packages.content import StatedRights


def weigh(received: Received, *, metadata: MetadataTable | None, bench: Workbench) -> Mapping[FileId, StatedRights]:
    """The rights in those files of a lot about which something was stated; what is said of one holds for its item."""
    if metadata is None:
        return {}
    together = companions(received, bench.holdings.catalogue)
    stated = [
        (members, metadata.rows.statement(_names(members, together)))
        for members in _items([file.expected for file in received.files])
    ]
    stated = [(members, statement) for members, statement in stated if not statement.is_empty]
    register = register_for(bench.holdings.catalogue, (statement for _, statement in stated))
    today = bench.holdings.stamp.clock().date()
    rights: dict[FileId, StatedRights] = {}
    for members, statement in stated:
        decision = decide(statement, register=register, today=today)
        rights |= {member.file: StatedRights(statement, decision) for member in members}
    return rights


def _names(members: Sequence[Expected], together: Mapping[ItemId, tuple[bytes, ...]]) -> tuple[bytes, ...]:
    item = members[0].item
    return (members[0].name,) if item is None else together[item]


def _items(files: Sequence[Expected]) -> Iterator[list[Expected]]:
    alone = (file for file in files if file.item is None)
    together = sorted((file for file in files if file.item is not None), key=lambda file: file.item or "")
    yield from ([file] for file in alone)
    yield from (list(members) for _, members in groupby(together, key=lambda file: file.item))
