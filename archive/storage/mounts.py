"""How the medium under a folder is mounted, from the kernel's table of mounts."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")
_OCTAL = re.compile(rb"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system: where, which device, of what kind, and whether it can be written to."""

    place: bytes
    device: bytes
    kind: bytes
    writable: bool


def mount_under(folder: Path, *, table: Path = TABLE) -> Mount | None:
    """The mount that ``folder`` (absolute, without links) lies on; None where the system keeps no such table.

    proc_pid_mountinfo(5): later mounts hide earlier ones; a mount can be read-only by its own options or as a whole.
    """
    wanted, best = os.fsencode(folder), None
    try:
        lines = table.read_bytes().splitlines()
    except OSError:
        return None
    for line in lines:
        before, _, behind = line.partition(b" - ")
        fields, rest = before.split(b" "), behind.split(b" ")
        if len(fields) < 6 or len(rest) < 3:
            continue
        place = _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), fields[4])
        if wanted == place or wanted.startswith(place.rstrip(b"/") + b"/"):
            writable = b"ro" not in fields[5].split(b",") and b"ro" not in rest[2].split(b",")
            if best is None or len(place) >= len(best.place):
                best = Mount(place, _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), rest[1]), rest[0], writable)
    return best
