"""Copies that a test may change, of data that nobody may: a shared folder may be readable only, and not be ours."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def own_copy(source: Path, target: Path) -> Path:
    """A copy of the folder ``source`` as ``target``, in which whoever runs the tests may change everything."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for folder, _, _ in os.walk(target):
        os.chmod(folder, 0o700)
    return target


def moved(text: str, old: Path, new: Path) -> str:
    """Settings that name the folder ``old``, as a path or as a URI, with ``new`` in its place."""
    return text.replace(old.absolute().as_uri(), new.absolute().as_uri()).replace(str(old), str(new))
