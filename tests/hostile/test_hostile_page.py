"""The table in the documentation has the cases that are tested, no others, and says of each what is tested."""

from __future__ import annotations

import re
from pathlib import Path

from hostile_cases import CASES
from hostile_page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "hostile-deliveries.md"


def test_the_page_is_what_the_cases_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python docs/generate_hostile.py"


def test_every_row_of_the_page_is_a_case_with_its_outcome_findings_and_exit_code() -> None:
    rows = re.findall(
        r"^\| `([a-z0-9-]+)` \| .* \| ([^|]*) \| ([^|]*) \| (\d+) \| [^|]* \|$", PAGE.read_text("utf-8"), re.M
    )
    assert [row[0] for row in rows] == [case.id for case in CASES]
    for (_, outcome, codes, exit), case in zip(rows, CASES, strict=True):
        assert outcome.startswith(case.state)
        assert sum(map(int, re.findall(r"\d+", outcome))) == len(case.files)
        assert set(re.findall(r"`([^`]+)`", codes)) == case.codes
        assert int(exit) == case.exit


def test_there_are_many_kinds_and_no_two_are_one() -> None:
    assert len(CASES) >= 60
    assert len({case.id for case in CASES}) == len({case.delivered for case in CASES}) == len(CASES)
