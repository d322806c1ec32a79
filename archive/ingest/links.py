"""Where symbolic links lead, told from their words alone: nothing outside the delivery is looked at."""

from __future__ import annotations

import os
from enum import Enum, auto

_MOST_STEPS = 40  # after so many links a system gives up, too


class Leads(Enum):
    """Where a link leads."""

    INSIDE = auto()
    OUTSIDE = auto()
    NOWHERE = auto()
    CIRCLE = auto()


def where_it_leads(root: bytes, path: bytes, target: bytes) -> Leads:
    """Where the link ``path`` (below the absolute ``root``) to ``target`` leads.

    Links on the way are followed as long as they stay below ``root``. A link to a folder it stands in leads in a
    circle for whoever follows links.
    """
    place = path.rpartition(b"/")[0].split(b"/") if b"/" in path else []
    pending = _steps(root, target)
    if pending is None:
        return Leads.OUTSIDE
    if target.startswith(b"/"):
        place = []
    steps = 0
    while pending:
        part = pending.pop(0)
        if part in (b"", b"."):
            continue
        if part == b"..":
            if not place:
                return Leads.OUTSIDE
            place.pop()
            continue
        here = b"/".join((*place, part))
        try:
            found = os.readlink(os.path.join(root, here))
        except FileNotFoundError:
            return Leads.NOWHERE
        except OSError:  # no link: EINVAL; or something on the way is no folder
            if not os.path.lexists(os.path.join(root, here)):
                return Leads.NOWHERE
            place.append(part)
            continue
        steps += 1
        more = _steps(root, found)
        if steps > _MOST_STEPS:
            return Leads.CIRCLE
        if more is None:
            return Leads.OUTSIDE
        if found.startswith(b"/"):
            place = []
        pending = more + pending
    reached = b"/".join(place)
    return Leads.CIRCLE if not reached or path.startswith(reached + b"/") else Leads.INSIDE


def _steps(root: bytes, target: bytes) -> list[bytes] | None:
    """The parts to go; None where an absolute target lies outside."""
    if not target.startswith(b"/"):
        return target.split(b"/")
    if target == root or target.startswith(root.rstrip(b"/") + b"/"):
        return target[len(root.rstrip(b"/")) :].split(b"/")
    return None
