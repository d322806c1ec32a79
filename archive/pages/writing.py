"""Putting a page into a file that must not exist yet."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable
from pathlib import Path

from archive import durable
from archive.errors import ArchiveError, UsageError


def require_free(path: Path) -> None:
    """Raise UsageError where no new page can be put at ``path``: something is there, or its folder is not."""
    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists already", hint="give another name; nothing is overwritten")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", hint="make the folder first, or give another name")


def write_page(path: Path, html: str) -> None:
    """Make the file ``path`` of a page, as ``write_pieces`` does."""
    write_pieces(path, (html.encode("utf-8"),))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Make the file ``path``, whole or not at all.

    Raises UsageError where something is there already, ArchiveError where the disk refuses.
    """
    require_free(path)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            durable.sync_file(file.fileno())
        durable.publish(temporary, path)
    except OSError as error:
        require_free(path)  # somebody may have been quicker
        hint = "free space, or give the name of a file in another folder"
        raise ArchiveError(f"{path} cannot be written: {error.strerror}", hint=hint) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
