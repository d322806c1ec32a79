"""What a crash leaves behind in the log's folder, and how it is put right.

The head decides. It is written after the lines it counts were synced, and a growing segment gets its final name only
after the head covers it whole. So what lies above the head was never acknowledged and is cut; what is missing below it
was lost by the disk or taken by a hand, and nothing is touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from archive import durable
from archive.custody.head import HEAD_NAME
from archive.custody.leaf import number_in
from archive.custody.lines import end_of_line, line_before
from archive.custody.segments import (
    PARTS,
    Segment,
    growing_name,
    parse_growing,
    parse_segment,
    pieces,
    segment_name,
)
from archive.errors import CustodyError


@dataclass(frozen=True, slots=True)
class Recovery:
    """Steps that make the folder hold exactly what the head acknowledges; every one may be done twice.

    ``ends`` says, by part, how many octets the growing segment then has.
    """

    cuts: list[tuple[Path, int]] = field(default_factory=list)
    removals: list[Path] = field(default_factory=list)
    renames: list[tuple[Path, Path]] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))

    @property
    def needed(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.cuts or self.removals or self.renames)


def survey(folder: Path, *, size: int, segment: int) -> Recovery:
    """What must be done so that ``folder`` holds ``size`` records. Changes nothing.

    Raises CustodyError where the files hold less than that, or something that can only have been acknowledged above.
    """
    recovery = Recovery()
    for part in PARTS:
        _survey_above(folder / part, recovery, size=size)
        for block in pieces(0, size, segment):
            _survey_block(folder / part, recovery, block=block, whole=block.count == segment)
    recovery.removals.extend(folder.glob(f".{HEAD_NAME}.*.tmp"))
    return recovery


def carry_out(recovery: Recovery) -> None:
    """Do the steps. The caller holds the log's lock."""
    for path, end in recovery.cuts:
        with open(path, "r+b") as file:
            file.truncate(end)
            durable.sync_file(file.fileno())
    for path in recovery.removals:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in recovery.removals}:
        durable.sync_folder(folder)
    for path, final in recovery.renames:
        durable.publish(path, final)


def strangers(folder: Path, *, size: int, segment: int) -> Iterator[Path]:
    """Entries of the two segment folders that no crash explains and no log of ``size`` records has."""
    known = {name for block in pieces(0, size, segment) for name in (growing_name(block.first), segment_name(block))}
    for part in PARTS:
        for path in sorted((folder / part).glob("*")):
            growing = parse_growing(path.name)
            if path.name not in known and (growing is None or growing < size):
                yield path


def _survey_above(folder: Path, recovery: Recovery, *, size: int) -> None:
    """Growing segments that start above the head go; a settled one there means that the head is not the last."""
    if not folder.is_dir():
        raise CustodyError(f"{folder} is missing", hint="restore the log from a location's copy. Nothing was changed")
    for path in sorted(folder.iterdir()):
        settled = parse_segment(path.name)
        if settled is not None and settled.end > size:
            raise CustodyError(
                f"{path} holds records up to {settled.end}, but the log's head acknowledges only {size}",
                hint="the head is older than the log; restore the log from a location's copy. Nothing was changed",
            )
        growing = parse_growing(path.name)
        if growing is not None and growing >= size:
            recovery.removals.append(path)


def _survey_block(folder: Path, recovery: Recovery, *, block: Segment, whole: bool) -> None:
    """One block up to the head: settled and complete, or growing and at least as long as the head says."""
    final = folder / segment_name(block)
    try:
        if not (whole and final.exists()):
            _survey_growing(folder, recovery, block=block, whole=whole)
            return
    except FileNotFoundError:
        if not (whole and final.exists()):  # unless another process settled it just now
            raise _less(final, block) from None
    line = line_before(final, os.stat(final).st_size)
    # A last line that shows no number is for verify() to tell; a torn or an earlier one means that the end is gone.
    if not line or number_in(line) not in (None, block.end - 1):
        raise _less(final, block)


def _survey_growing(folder: Path, recovery: Recovery, *, block: Segment, whole: bool) -> None:
    path = folder / growing_name(block.first)
    end = end_of_line(path, block.count)
    if end is None:
        raise _less(path, block)
    if os.stat(path).st_size > end:
        # A byte that rotted into an LF, or an LF into another byte, would make the count of lines lie.
        if number_in(line_before(path, end)) != block.end - 1:
            raise _less(path, block)
        recovery.cuts.append((path, end))
    if whole:
        recovery.renames.append((path, folder / segment_name(block)))
    else:
        recovery.ends[folder.name] = end


def _less(path: Path, block: Segment) -> CustodyError:
    return CustodyError(
        f"{path} does not hold the records {block.first} to {block.end - 1}, which were acknowledged",
        hint="keep the folder as it is and restore the log from a location's copy. Nothing was changed",
    )
