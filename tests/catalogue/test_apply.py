"""What becomes of a record in the catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from archive.catalogue.opening import create
from archive.holdings.apply import apply
from archive.model.records import LocationRecord

COMMON = {"time": datetime(2026, 1, 1, tzinfo=UTC), "actor": "a", "machine": "m", "version": "0"}


def test_what_is_said_of_a_location_may_be_in_any_script(tmp_path: Path) -> None:
    catalogue = create(tmp_path / "catalogue.db")
    attributes = {"custodian": "Вясна", "country": "Österreich"}
    with catalogue.transaction():
        apply(
            catalogue, [(0, LocationRecord(**COMMON, name="кухня", uri="u", form="directory", attributes=attributes))]
        )
    (location,) = catalogue.locations()
    assert location.attributes == '{"country":"Österreich","custodian":"Вясна"}'
