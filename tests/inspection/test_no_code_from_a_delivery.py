"""Whoever stands in a delivered folder runs nothing that lies in it: not as a worker, not as a second opinion."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NAMES = ("multiprocessing", "json", "archive", "bagit", "signal", "pickle")
WORKERS = """
from pathlib import Path
from archive.inspection.local_identifier import LocalIdentifier
from archive.inspection.pool import SMALL_BATCH, examine_many
if __name__ == "__main__":
    tasks = [(Path({file!r}), "a")] * SMALL_BATCH
    assert len(list(examine_many(tasks, workers=2, makes=(LocalIdentifier,)))) == SMALL_BATCH
"""
OPINION = """
from pathlib import Path
from archive.bags import second_opinion
second_opinion.LARGE = 0
assert [f.code for f in second_opinion.second_opinion(Path({file!r}))], "a file is no bag"
"""


def test_modules_in_the_current_folder_are_not_imported(tmp_path: Path) -> None:
    here, marker = tmp_path / "delivery", tmp_path / "was run"
    here.mkdir()
    (tmp_path / "bag").mkdir()
    for name in NAMES:
        (here / f"{name}.py").write_text(f"open({str(marker)!r}, 'a').write({name!r})\nraise SystemExit(7)\n")
    for script, file in ((WORKERS, here / "json.py"), (OPINION, tmp_path / "bag")):
        program = tmp_path / "program.py"
        program.write_text(script.format(file=str(file)))
        done = subprocess.run([sys.executable, program], cwd=here, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert not marker.exists(), marker.read_text()
