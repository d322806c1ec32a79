"""``archive`` and ``python -m archive``."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    from archive.cli import run

    code = run(sys.argv[1:])
    gc.freeze()  # memory is given back with the process; to look through it for garbage first is time for nothing
    sys.exit(code)


if __name__ == "__main__":
    main()
