"""Writes ``docs/reference/commands.md`` and ``findings.md`` from the program itself, so that the reference cannot lie.

``python docs/generate.py`` writes them; a test says when that was forgotten. Nothing here depends on how click lays out
help: the same command line gives the same text with any version of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

REFERENCE = Path(__file__).parent / "reference" / "commands.md"
FINDINGS = Path(__file__).parent / "reference" / "findings.md"

HEAD = """\
# Commands

<!-- Written by docs/generate.py from the command line itself. Change the help of a command, then: make docs -->

The archive is found by `--archive DIR`, then the environment variable `ARCHIVE_HOME`, then upward from the current
folder. Exit codes: [exit-codes.md](exit-codes.md). What `--json` answers: [json.md](json.md).
"""

FINDINGS_HEAD = """\
# Findings

<!-- Written by docs/generate.py from profiles/finding_codes.py. Change that, then: make docs -->

What a command finds wrong, it says with one of these codes ([json.md](json.md)). A code is never renamed, reused or
given another meaning; new ones are added. **Person**: it waits for a person (every error does, whatever stands here).
**Producer**: a receipt may tell it to whoever delivered. **File**: about the bytes of a file that was received; a later
receipt of the accession has it again. Requirements of E-ARK are findings, too, by their own identifiers:
[eark.md](eark.md).

| Code | Severity | Person | Producer | File | Meaning |
|------|----------|--------|----------|------|---------|
"""


def findings() -> str:
    """The table of finding codes, in alphabetical order."""
    from profiles.finding_codes import FindingCode

    rows = []
    for code in sorted(FindingCode, key=str):
        marks = (code.needs_person, code.for_producer, code.about_received_file)
        said = " | ".join("yes" if mark else "" for mark in marks)
        rows.append(f"| `{code}` | {', '.join(code.severities)} | {said} | {code.meaning} |\n")
    return FINDINGS_HEAD + "".join(rows)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that can be given, with its full name, in the order of ``archive --help``."""
    from archive.cli import cli

    yield from _below("archive", cli)


def _below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for part in command.list_commands(context):
            found = command.get_command(context, part)
            assert found is not None, f"{name} {part} is listed and cannot be had"
            yield from _below(f"{name} {part}", found)


def reference() -> str:
    """The whole reference."""
    return HEAD + "".join(f"\n{_section(name, command)}" for name, command in commands())


def _section(name: str, command: click.Command) -> str:
    level = "##" if name.count(" ") < 2 else "###"
    return f"{level} {name}\n\n{_usage(name, command)}\n{_help(command)}{_options(command)}"


def _usage(name: str, command: click.Command) -> str:
    words = [name]
    if any(isinstance(parameter, click.Option) for parameter in command.params):
        words.append("[OPTIONS]")
    words += [_argument(p) for p in command.params if isinstance(p, click.Argument)]
    if isinstance(command, click.Group):
        words.append("COMMAND …")
    return f"```\n{' '.join(words)}\n```"


def _argument(parameter: click.Argument) -> str:
    metavar = parameter.metavar or (parameter.name or "").upper()
    return metavar if parameter.required else f"[{metavar}]"


def _help(command: click.Command) -> str:
    """The paragraphs of a command's help; one that begins with click's mark is an example, kept line by line."""
    text = ""
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        if paragraph.startswith(("\b", "\\b")):
            _, heading, *lines = paragraph.split("\n")
            example = inspect.cleandoc("\n".join(["", *lines]))
            text += f"\n{heading}\n\n```sh\n{example}\n```\n"
        else:
            text += f"\n{' '.join(paragraph.split())}\n"
    return text


def _options(command: click.Command) -> str:
    rows = [_row(parameter) for parameter in command.params if isinstance(parameter, click.Option)]
    return "\n| Option | Meaning |\n|--------|---------|\n" + "".join(rows) if rows else ""


def _row(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.upper()}"
    marks = ["required"] if option.required else []
    if option.show_default and isinstance(option.default, int | float | str):
        marks.append(f"default {option.default}")
    if option.multiple:
        marks.append("may be given again")
    names = ", ".join(option.opts)
    said = f" ({', '.join(marks)})" if marks else ""
    return f"| `{names}{value}` | {option.help or ''}{said} |\n"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
    FINDINGS.write_text(findings(), encoding="utf-8")
    print(f"{REFERENCE} and {FINDINGS.name} are written")
