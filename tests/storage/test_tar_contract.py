"""Tar files keep the contract of a location, on a disk and in memory; what they alone can show is in test_tar_form."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from location_contract import LocationContract, Make

from archive.storage.forms import open_location
from archive.storage.memory import MemoryBackend
from archive.storage.tar_location import TarLocation


class TestTarLocation(LocationContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Make:
        return lambda name="second", archive="archive-1", place="a": open_location(
            name, form="tar", folder=tmp_path / place, archive=archive
        )


class TestTarLocationInMemory(LocationContract):
    @pytest.fixture
    def make(self) -> Make:
        media = defaultdict[str, MemoryBackend](MemoryBackend)
        return lambda name="second", archive="archive-1", place="a": TarLocation(name, media[place], archive)
