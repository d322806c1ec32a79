"""A million receipts taken into the catalogue: as ingest records them (log and catalogue), and as a rebuild reads them.

``python benchmarks/catalogue.py``. Told by tenths, because indexes of random keys cost more the larger they are.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from custody_content import BATCH

HERE = Path(__file__).resolve().parent


def measure(title: str, *arguments: str) -> None:
    """Let one process do it, and print what a record took in each tenth."""
    command = [sys.executable, str(HERE / "catalogue_ours.py"), *arguments]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    spent = told["spent"]
    size, clock, processor = spent[-1]
    print(f"{title}\n\n{'records':>12}  {'clock':>8}  {'processor':>10}   (microseconds for one)")
    before = spent[0]
    for at in spent[1:]:
        if at[0] - before[0] >= size // 10:
            each = [(at[i] - before[i]) / (at[0] - before[0]) * 1_000_000 for i in (1, 2)]
            print(f"{at[0]:12,}  {each[0]:8.1f}  {each[1]:10.1f}")
            before = at
    print(
        f"all: {size / clock:,.0f} a second by the clock; {processor / size * 1_000_000:.1f} s of the processor for a "
        f"million; peak memory {told['memory'] / 1024:.0f} MiB\n",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--receipts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where log and catalogues are written: a real disk, not memory")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as ground:
        count = arguments.receipts
        measure(f"recorded in log and catalogue, {BATCH:,} at a time", "record", str(count), ground)
        measure("catalogue rebuilt from the log", "rebuild", ground)


if __name__ == "__main__":
    main()
