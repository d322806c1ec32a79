"""Surveys of small trees: looked at with everything that is injected, and through the command line."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.config import PackagePolicy
from archive.ingest.facts import Survey
from archive.ingest.looking import Manner, survey
from archive.ingest.noticed import Noticed
from archive.ingest.survey import look

NOW = datetime.now(UTC)
"""The machine's clock, because what a test does not date is dated by it: folders, links."""
NORMAL = datetime(2020, 8, 10, tzinfo=UTC).timestamp()


def put(root: Path, name: bytes | str, data: bytes = b"x", *, time: float = NORMAL) -> Path:
    """A file with all folders above it."""
    path = root / (os.fsdecode(name) if isinstance(name, bytes) else name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time, time))
    return path


def surveyed(root: Path, **manner: Any) -> Survey:
    """What a survey of ``root`` finds."""
    delivery = look(root, producer="p", metadata=None, ours=(), scratch=None, today=NOW.date())
    return survey(delivery, Manner(**{"policy": PackagePolicy(), "now": NOW, **manner}))


def where(found: Survey, what: Noticed) -> list[bytes]:
    """The paths that something was noticed about."""
    return [example.path for example in found.noticed[what].examples] if what in found.noticed else []
