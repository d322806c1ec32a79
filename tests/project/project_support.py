"""What the tests about the project itself share: its documents, their boxes, and an ``archive`` to run."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"

_BOX = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def boxes(document: Path) -> Iterator[tuple[str, str]]:
    """Language and text of every box (fenced code block) of a document, in order."""
    for indent, language, text in _BOX.findall(document.read_text(encoding="utf-8")):
        yield language, re.sub(f"^{indent}", "", text, flags=re.MULTILINE)


def documents() -> list[Path]:
    return [REPOSITORY / "README.md", REPOSITORY / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def load_generator() -> ModuleType:
    """``docs/generate.py``, which is no module of a package."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_bash(script: str, *, home: Path) -> subprocess.CompletedProcess[str]:
    """Run ``script`` with HOME in ``home`` and this interpreter's ``archive`` on the PATH."""
    tools = home / ".tools"
    tools.mkdir(exist_ok=True)
    shim = tools / "archive"
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m archive "$@"\n')
    shim.chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "ARCHIVE_HOME"},
        "HOME": str(home),
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH")))),
    }
    return subprocess.run(
        ["bash", "-c", "set -euo pipefail\n" + script],
        cwd=home,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
