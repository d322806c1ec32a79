"""Derives a table of format risks for ``profiles/data/formats`` from the published plans of the US National Archives.

``python docs/derive_risk.py NARA_PreservationActionPlan_FileFormats_20260320.csv`` writes
``risk-nara-2026-03-20.csv``; only facts are carried over: PUID, level, what is advised, and the plan's identifier. A
table that is there is never written again. A test says that the shipped one is what this derives.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from profiles.format_risk import spell_table
from profiles.risk_reading import Reading, Refused, day_in_name, read_table

TABLES = Path(__file__).parent.parent / "profiles" / "data" / "formats"


def derive(published: Path) -> tuple[date, Reading]:
    """The day of the published table, from its name, and what it says."""
    day = day_in_name(published.name)
    if day is None:
        raise SystemExit(f"{published.name}: the name must end in the day of publication, such as _20260320.csv")
    found = read_table(published.read_bytes(), name=published.name, day=day)
    if isinstance(found, Refused):
        raise SystemExit("\n".join(fault.message for fault in found.faults))
    return day, found


if __name__ == "__main__":
    day, reading = derive(Path(sys.argv[1]))
    for note in reading.notes:
        print(note.message)
    target = TABLES / f"risk-nara-{day}.csv"
    with open(target, "x", encoding="utf-8", newline="") as file:
        file.write(spell_table(reading.entries))
    print(f"{target} is written: {len(reading.entries)} formats; {reading.without_format} lines name none")
