"""``python tests/recovery/kill_at_random.py DELIVERY [MOMENTS]``: ingest killed (SIGKILL) at random moments.

Each time the same command is given again until it ends by itself; then what is held must equal an undisturbed run.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from recovery_support import holdings, kinds, leftovers, tree


def ingest(home: Path, delivery: Path) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "archive", "--archive", str(home), "ingest", str(delivery), "--producer", "p"]
    table = delivery.parent / "metadata.csv"
    words += ["--metadata", str(table)] if table.exists() else []
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def new_home(base: Path) -> Path:
    words = [sys.executable, "-m", "archive", "init", str(base / "home"), f"--location=second={base / 'second'}"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return base / "home"


def finish(home: Path, delivery: Path) -> None:
    process = ingest(home, delivery)
    _, errors = process.communicate()
    if process.returncode not in (0, 3):
        raise SystemExit(f"ended with {process.returncode}: {errors.decode()}")


def main(delivery: Path, moments: int, *, seed: int = 2026) -> int:
    chance = random.Random(seed)
    before = tree(delivery)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "undisturbed").mkdir()
        undisturbed = new_home(base / "undisturbed")
        started = time.monotonic()
        finish(undisturbed, delivery)
        length = time.monotonic() - started
        expected, expected_kinds = holdings(undisturbed), kinds(undisturbed)
        killed = 0
        number = 0
        while killed < moments:
            (base / str(number)).mkdir()
            home = new_home(base / str(number))
            while killed < moments and chance.random() < 0.8:
                process = ingest(home, delivery)
                try:
                    process.communicate(timeout=chance.uniform(0, length))
                    break
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.communicate()
                    killed += 1
            finish(home, delivery)
            if holdings(home) != expected or kinds(home) != expected_kinds or leftovers(home):
                raise SystemExit(f"archive {number} differs from the undisturbed run")
            number += 1
    if tree(delivery) != before:
        raise SystemExit("the delivered folder was changed")
    print(f"killed {killed} times in {number} archives: each ended as the undisturbed run did")
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else 40))
