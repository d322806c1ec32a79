"""``kill -9`` at five random moments of a real ingest; ``kill_at_random.py`` does it as often as you like."""

from __future__ import annotations

from pathlib import Path

import kill_at_random


def test_ingest_killed_at_random_moments_ends_as_an_undisturbed_one(shared: Path) -> None:
    assert kill_at_random.main(shared / "corpora/delivery/партия-2026-04", 5) == 0
