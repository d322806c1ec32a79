"""A location in memory keeps the contract of a location."""

from __future__ import annotations

from collections import defaultdict

import pytest
from location_contract import LocationContract, Make

from archive.storage.memory import MemoryBackend, MemoryLocation


class TestMemoryLocation(LocationContract):
    @pytest.fixture
    def make(self) -> Make:
        media = defaultdict[str, MemoryBackend](MemoryBackend)

        def made(name: str = "second", archive: str = "archive-1", place: str = "a") -> MemoryLocation:
            return MemoryLocation(name, media[place], archive)

        return made
