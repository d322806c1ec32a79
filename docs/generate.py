"""Writes ``commands.md``, ``findings.md`` and ``records.md`` of the reference from the program, so that it cannot lie.

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
RECORDS = Path(__file__).parent / "reference" / "records.md"

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


RECORDS_HEAD = """\
# Records

<!-- Written by docs/generate.py from archive/model/*_records.py. Change these, then: make docs -->

Every kind of record of the custody log, in the version that is written today. **Open** fields stand in the record
for ever. **Private** fields stand in lines of their own, which can be withheld or erased while the record stays whole:
those *of the record itself* in line 0, what *a person typed* in line 1, then two for each file that the record names,
*size and digests* first ([why](../adr/0029-private-lines.md)). Beside these, every record says `v`, `kind`, `time`,
`clock`, `actor`, `known` (how it is known who acted), `machine`, `version`, and in line 1 the `reason`. Text that is
open gives its reason at the end.
"""

_GROUPS = {
    "own": "of the record itself",
    "text": "a person typed",
    "content": "size and digests",
    "about": "all else about the file",
}


def records() -> str:
    """Every kind with its fields, open and private, and why open text is open."""
    from dataclasses import fields

    from archive.model.open_fields import REASONS
    from archive.model.record import PrivateRecord, group_of, is_each_file, is_in_memory
    from archive.model.record_versions import NEWEST, version_of

    common = {field.name for field in fields(PrivateRecord)}
    told = [RECORDS_HEAD]
    for kind, of in sorted(NEWEST.items()):
        mine = [field for field in fields(of) if field.name not in common and not is_in_memory(field)]
        shown = [f"`{field.name}`" for field in mine if group_of(field) is None and not is_each_file(field)]
        lines = [f"- Open: {', '.join(shown) or 'nothing more'}\n"]
        for group, words in _GROUPS.items():
            names = [f"`{field.name}`" for field in mine if group_of(field) == group]
            lines += [f"- Private, {words}: {', '.join(names)}\n"] if names else []
        each = [f"`{field.name}`" for field in mine if is_each_file(field)]
        lines += [f"- Private, of each of many files: {', '.join(each)}\n"] if each else []
        first = (inspect.getdoc(of) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
        told.append(f"\n## {kind} (version {version_of(of)})\n\n{first}\n\n{''.join(lines)}")
    rows = (f"| `{name}` | {REASONS[name]} |\n" for name in sorted(REASONS))
    return "".join([*told, "\n## Why text stands in the open\n\n| Field | Reason |\n|---|---|\n", *rows])


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
    RECORDS.write_text(records(), encoding="utf-8")
    print(f"{REFERENCE}, {FINDINGS.name} and {RECORDS.name} are written")
