"""Plain folders keep the contract of a location; what they alone can show is in test_directory_location."""

from __future__ import annotations

from pathlib import Path

import pytest
from location_contract import LocationContract, Make

from archive.storage.directory import DirectoryLocation


class TestDirectoryLocation(LocationContract):
    @pytest.fixture
    def make(self, tmp_path: Path) -> Make:
        def made(name: str = "second", archive: str = "archive-1", place: str = "a") -> DirectoryLocation:
            return DirectoryLocation(name, tmp_path / place, archive)

        return made
