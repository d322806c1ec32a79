"""An identifier with unproven signatures, tried in a process of its own: what a file does there harms nobody here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from archive.errors import ArchiveError
from archive.inspection.identification import FormatIdentifier, describe
from archive.inspection.signature_file import SignaturesError
from archive.inspection.spawning import no_modules_from_here
from archive.model.formats import Tool

PATIENCE = 120.0
"""Seconds an identifier may take to load its signatures and to look at the samples; a second is usual."""

SAMPLES = (
    ("sample.gif", b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"),
    ("sample.pdf", b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"),
    ("sample.rtf", b"{\\rtf1\\ansi\\ansicpg1252\\deff0 {\\fonttbl }a}"),
)
"""Files that PRONOM has told by their bytes for twenty years: signatures that do not know each of them are none."""


_REFUSED = "is it the right file, and whole? nothing was changed"


def try_out(make: Callable[[], FormatIdentifier], *, patience: float = PATIENCE) -> Tool:
    """Who the identifier that ``make`` builds is, once it has shown that it can tell well-known files.

    Raises SignaturesError when it cannot be built, dies over its signatures, takes longer than ``patience`` seconds,
    or does not know what everybody knows.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_try, args=(theirs, make), daemon=True)
    with no_modules_from_here():
        process.start()
    theirs.close()
    try:
        if not ours.poll(patience):
            raise _refused(f"loading it took more than {patience:g} seconds")
        said = ours.recv()
    except EOFError:
        process.join(timeout=1)
        raise _refused(f"the process that loaded it died (exit code {process.exitcode})") from None
    finally:
        ours.close()
        process.kill()
        process.join()
    if isinstance(said, SignaturesError):
        raise SignaturesError(said.what, hint=_REFUSED)
    if isinstance(said, ArchiveError):
        raise said
    tool, told = said
    if told < len(SAMPLES):
        raise _refused(f"with it, {tool.tool} tells {told} of {len(SAMPLES)} well-known files by their bytes")
    assert isinstance(tool, Tool)
    return tool


def _refused(why: str) -> SignaturesError:
    return SignaturesError(f"the signature file is refused: {why}", hint=_REFUSED)


def _try(connection: Connection, make: Callable[[], FormatIdentifier]) -> None:
    with suppress(BrokenPipeError):
        try:
            connection.send(_introduction(make()))
        except ArchiveError as error:
            connection.send(error)
        except Exception as error:  # whatever a file from the world makes a library raise is a reason to refuse it
            connection.send(_refused(describe(error)))


def _introduction(identifier: FormatIdentifier) -> tuple[Tool, int]:
    """Who it is, and how many samples it tells by their bytes."""
    told = 0
    with tempfile.TemporaryDirectory(prefix="signatures-") as folder:
        for name, data in SAMPLES:
            path = Path(folder, name)
            path.write_bytes(data)
            told += any(match.basis.by_bytes for match in identifier.identify(path, name=name).matches)
    return Tool(identifier.tool, identifier.tool_version, identifier.signatures), told
