"""The command as a process of its own, with all its workers: it calls nobody and starts nothing but itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_contents import FORMULAS, HTML, INCLUDING, LAUGHS, METS, OUTSIDE, PDF, SVG
from hostile_support import Yard

from archive.inspection.pool import SMALL_BATCH

KINDS = {"html": HTML, "svg": SVG, "pdf": PDF, "csv": FORMULAS, "xml": OUTSIDE, "mets.xml": METS, "xi.xml": INCLUDING}


def test_no_process_of_an_ingest_calls_another_machine_or_starts_a_program(yard: Yard) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed; install it with: apt-get install strace")
    if subprocess.run([strace, "-f", "--seccomp-bpf", "-qq", "true"], capture_output=True, check=False).returncode:
        pytest.skip("not in this machine's power: nobody may trace processes here")
    each = SMALL_BATCH // len(KINDS) + 1  # enough that workers are started
    for number in range(each):
        for kind, data in KINDS.items():
            (yard.delivery / f"{number}.{kind}").write_bytes(data + b"<!-- %d -->" % number)
    (yard.delivery / "laughs.xml").write_bytes(LAUGHS)
    told = yard.root / "calls"
    watch = [strace, "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg,execve", "-o", told]
    home = ["--archive", yard.place.home, "ingest", yard.delivery, "--producer", "viasna", "--json"]
    done = subprocess.run([*watch, sys.executable, "-m", "archive", *home], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["accepted"] == each * len(KINDS) + 1
    calls = told.read_text("utf-8", "replace")
    assert re.findall(r"^.*\bsa_family=AF_(?!UNIX\b).*$", calls, re.M) == []
    started = re.findall(r"execve\(\"([^\"]*)\".*= 0$", calls, re.M)
    assert len(started) > 1, "workers were started, and seen"
    assert {as_named(program).resolve() for program in started} == {Path(sys.executable).resolve()}


def as_named(program: str) -> Path:
    """A path as strace spells it: octets that are not ASCII stand in it as octal numbers."""
    return Path(os.fsdecode(program.encode().decode("unicode_escape").encode("latin-1")))
