"""What both libraries are given to write: one object, three events and one agent link for each file. Plain facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOMENT = "2026-11-22T02:00:00Z"
PACKAGE = "0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11"
AGENT = "evidence-archive"
EVENT_TYPES = ("ingestion", "message digest calculation", "format identification")
"""The three events of each file; the first is linked to the agent."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file as both describe it."""

    uuid: str
    path: str
    size: int
    sha256: str
    events: tuple[str, str, str]


def facts(count: int) -> Iterator[FileFacts]:
    """The same files each time."""
    for number in range(count):
        yield FileFacts(
            uuid=_uuid(number, 0),
            path=f"objects/{number // 500:04d}/снимок {number:06d}.jpg",
            size=1_000 + number,
            sha256=f"{number:064x}",
            events=(_uuid(number, 1), _uuid(number, 2), _uuid(number, 3)),
        )


def _uuid(number: int, kind: int) -> str:
    # Made without arithmetic: what is measured is the writing, and one contender asks for the facts more often.
    return f"{number:08x}-0000-4000-8000-{kind:012x}"


def peak_memory() -> int:
    """The most memory this process ever had, in KiB (Linux). Unlike getrusage it knows nothing of the parent."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise OSError("/proc/self/status has no VmHWM")
