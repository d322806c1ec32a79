"""Memory keeps the contract of a storage backend."""

from __future__ import annotations

import pytest
from backend_contract import BackendContract

from archive.storage.memory import MemoryBackend


class TestMemoryBackend(BackendContract):
    @pytest.fixture
    def backend(self) -> MemoryBackend:
        return MemoryBackend("test")


def test_a_store_that_is_absent_is_offline_and_raises_oserror() -> None:
    backend = MemoryBackend()
    backend.put("k", b"x")
    backend.absent = "unplugged"
    assert backend.offline() == "unplugged"
    for use in (lambda: backend.read("k"), lambda: backend.put("l", b""), lambda: list(backend.entries())):
        with pytest.raises(OSError, match="unplugged"):
            use()
