"""``archive --help`` loads click and nothing else, so that it answers at once."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = {
    "sqlalchemy", "lxml", "rich", "msgspec", "fido", "bagit", "blake3", "apscheduler", "alembic", "boto3", "asyncssh",
    "jinja2", "cryptography", "hypothesis", "pytest", "premis", "profiles", "scheduler",
}  # fmt: skip
LOOK = """
import json, sys
from archive.cli import run
code = run(sys.argv[1:])
print(json.dumps({"code": code, "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def loaded_by(*arguments: str) -> tuple[str, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *arguments], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    seen = json.loads(done.stderr.splitlines()[-1])
    assert seen["code"] == 0
    return done.stdout, set(seen["modules"])


def test_help_loads_click_and_nothing_else() -> None:
    text, modules = loaded_by("--help")
    assert "ingest" in text
    ours = {name for name in modules if name.split(".")[0] in ("archive", "premis", "profiles", "scheduler")}
    assert ours <= {"archive", "archive.__main__", "archive.cli", "archive.errors"}
    assert not {name.split(".")[0] for name in modules} & HEAVY
    assert "click" in modules


def test_the_module_answers_help_like_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "archive", "--help"], capture_output=True, text=True, check=True
    )
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert not {name.split(".")[0] for name in loaded} & HEAVY
    assert {name for name in loaded if name.startswith("archive")} <= {
        "archive",
        "archive.__main__",
        "archive.cli",
        "archive.errors",
    }


def test_help_of_a_command_has_an_example_and_opens_no_archive() -> None:
    text, modules = loaded_by("ingest", "--help")
    assert "Example:" in text
    assert not {name.split(".")[0] for name in modules} & (HEAVY - {"profiles"})
    assert "archive.assembly" not in modules


def test_each_command_listed_has_help_with_an_example() -> None:
    from archive.cli import COMMANDS, cli

    for name in COMMANDS:
        command = cli.get_command(None, name)  # type: ignore[arg-type]  # no command looks at its context for help
        assert command is not None
        commands = getattr(command, "commands", {name: command}).values()
        assert all("Example:" in (each.help or command.help or "") for each in commands)
