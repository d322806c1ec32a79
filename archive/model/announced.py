"""Which kinds and versions of record may stand at a place in the log: those its program announced (DESIGN §7.8)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archive.model.log_records import ProgramRecord
from archive.model.record import Record, Unread
from archive.model.record_versions import KINDS_OF_0_1
from archive.model.remarks import RemarkCode


@dataclass(frozen=True, slots=True)
class Announced:
    """What may stand at the next place of a log; ``Announced()`` is for its beginning."""

    kinds: frozenset[tuple[str, int]] = KINDS_OF_0_1

    def judged(self, item: Record | Unread) -> Record | Unread:
        """The item as it is to be taken: one that was not announced has no effect.

        A kind or version that is unknown here and was announced is a newer program's; what is malformed stays that.
        """
        known = (item.kind, item.v)
        if item.kind == ProgramRecord.kind or known in self.kinds:
            return item
        if isinstance(item, Unread) and item.code != RemarkCode.NEWER:
            return item
        why = f"no program that wrote this log announced records of kind {item.kind}, version {item.v}"
        return Unread(item.kind, item.v, RemarkCode.UNANNOUNCED, why)

    def after(self, item: Record | Unread) -> Announced:
        """What may stand behind ``item``: a ``program`` record of any version changes it."""
        if isinstance(item, ProgramRecord):
            return Announced(frozenset(map(announced_by, item.kinds)))
        if isinstance(item, Unread) and item.announces is not None:
            return replace(self, kinds=item.announces)
        return self


def announced_in(words: str) -> Announced:
    """What a program announced, from its words joined by blanks."""
    return Announced(frozenset(map(announced_by, words.split())))


def announced_by(word: str) -> tuple[str, int]:
    """Kind and version in a word of ``ProgramRecord.kinds``, such as ``seal/2``."""
    kind, _, version = word.rpartition("/")
    return kind, int(version)


def spelled(kinds: frozenset[tuple[str, int]]) -> tuple[str, ...]:
    """Kinds and versions as they stand in a ``program`` record, in order."""
    return tuple(f"{kind}/{version}" for kind, version in sorted(kinds))
