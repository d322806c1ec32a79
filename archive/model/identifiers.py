"""Identifiers: bare lower-case UUIDv4, assigned when a thing is received (DESIGN §7.2)."""

from __future__ import annotations

import re
import uuid
from typing import NewType

AccessionId = NewType("AccessionId", str)
FileId = NewType("FileId", str)
GroupId = NewType("GroupId", str)
ItemId = NewType("ItemId", str)
PackageId = NewType("PackageId", str)
IncidentId = NewType("IncidentId", str)

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_identifier() -> str:
    """A fresh random identifier; never derived from a name, which could be guessed."""
    return str(uuid.uuid4())


def is_identifier(text: str) -> bool:
    """Whether ``text`` is spelled as our identifiers are."""
    return _UUID4.fullmatch(text) is not None
