"""Commands as a person gives them, and where the packages of these tests lie."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from archive.cli import run


def said(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command run in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
    out.flush(), err.flush()
    return code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode()


@dataclass(frozen=True)
class Packages:
    """An archive, and the data folders of its one AIP and its one accession package."""

    home: Path
    aip: Path
    accession: Path
