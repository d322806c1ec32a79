"""Writes ``docs/reference/hostile-deliveries.md`` from the cases of ``tests/hostile``, which the tests run.

``python docs/generate_hostile.py`` writes it; a test says when that was forgotten.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference" / "hostile-deliveries.md"

if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests" / "hostile"), str(ROOT / "tests" / "ingest"), str(ROOT)]
    from hostile_page import page

    REFERENCE.write_text(page(), encoding="utf-8")
    print(f"{REFERENCE} is written")
