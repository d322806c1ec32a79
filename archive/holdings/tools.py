"""How the tools of an identification are spelled where two identifications are compared by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from archive import canonical
from archive.model.formats import Tool


def spelled(tools: Sequence[Tool]) -> str:
    """``tools`` in canonical JSON: equal for the same programs, versions and signatures, asked in the same order."""
    return canonical.encode([asdict(tool) for tool in tools]).decode()
