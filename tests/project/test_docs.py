"""What the documents say is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from project_support import DOCS, REPOSITORY, boxes, documents, load_generator, run_bash

from archive.cli import COMMANDS, cli
from archive.errors import ExitCode
from archive.model.names import spell_part

_SEPARATORS = {"|", "||", "&&", ";", "#", "&", ")", "`"}


def test_the_command_reference_is_what_the_command_line_says() -> None:
    written = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
    assert written == load_generator().reference(), "run: python docs/generate.py"


def test_the_reference_of_findings_is_what_the_registry_says() -> None:
    written = (DOCS / "reference" / "findings.md").read_text(encoding="utf-8")
    assert written == load_generator().findings(), "run: python docs/generate.py"


def test_the_reference_of_records_is_what_their_classes_say() -> None:
    written = (DOCS / "reference" / "records.md").read_text(encoding="utf-8")
    assert written == load_generator().records(), "run: python docs/generate.py"


def _spoken(document: Path) -> list[str]:
    """Every use of the command ``archive`` in a document's boxes and in the running text."""
    text = document.read_text(encoding="utf-8")
    inline = re.findall(r"(?<!`)`(archive [a-z][^`]*)`", re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S))
    typed = []
    for language, box in boxes(document):
        if language == "sh":
            typed += re.findall(r"(?:^|\$\(|[;(&|] ?)(archive (?!/).+)$", box.replace("\\\n", " "), re.MULTILINE)
        elif language in ("", "ini"):
            typed += re.findall(r"/bin/(archive .+)$", box, re.MULTILINE)
    return [*inline, *typed]


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();|&")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    return list(lexer)


def _require_known(line: str) -> None:
    words = iter(_words(line)[1:])
    command: click.Command = cli
    context = click.Context(cli)
    for word in words:
        if word in _SEPARATORS or word.startswith((">", "<")):
            return
        if word.startswith("-") and word not in ("-h", "--help"):
            options = {name: p for p in command.params if isinstance(p, click.Option) for name in p.opts}
            name = word.strip("[]").split("=")[0]
            assert name in options, f"{line}: {command.name} has no option {name}"
            if not options[name].is_flag and name != "--version" and "=" not in word:
                next(words, None)
        elif isinstance(command, click.Group):
            for alternative in word.split("|"):  # `incident list|show|close`
                found = command.get_command(context, alternative)
                assert found is not None, f"{line}: there is no command '{alternative}'"
            command = found


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_command_a_document_names_exists_with_its_options(document: Path) -> None:
    for line in _spoken(document):
        _require_known(line)


def test_the_readme_and_the_tutorial_name_commands_at_all() -> None:
    assert len(_spoken(REPOSITORY / "README.md")) > 10
    assert len(_spoken(DOCS / "tutorial.md")) > 25


def test_every_command_is_in_the_json_reference_or_has_no_json() -> None:
    text = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    for name, command in load_generator().commands():
        answers = any("--json" in parameter.opts for parameter in command.params)
        assert not answers or f"`{name.removeprefix('archive ')}`" in text, f"{name} --json is not described"


@pytest.mark.parametrize("document", [REPOSITORY / "README.md", DOCS / "reference" / "exit-codes.md"])
def test_the_table_of_exit_codes_is_complete(document: Path) -> None:
    listed = re.findall(r"^\| +(\d+) \|", document.read_text(encoding="utf-8"), re.MULTILINE)
    assert {int(code) for code in listed} == {int(code) for code in ExitCode}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_link_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_document_is_listed() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8") + (DOCS / "adr" / "README.md").read_text(encoding="utf-8")
    for document in DOCS.rglob("*.md"):
        if document.name != "README.md":
            assert document.name in index, f"{document.name} is in no index"


def test_names_in_the_format_document_are_spelled_as_the_program_spells_them() -> None:
    text = (DOCS / "explanation" / "formats.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", text, re.MULTILINE)
    assert len(rows) >= 4
    for delivered, spelled in rows:
        assert spell_part(delivered.encode()) == spelled
    assert spell_part(bytes.fromhex("EFF02E747874")) == "=EF=F0.txt"


def test_the_custody_examples_give_what_stands_below_them(tmp_path: Path) -> None:
    found = list(boxes(DOCS / "explanation" / "formats.md"))
    examples = [(text, found[i + 1][1]) for i, (language, text) in enumerate(found) if language == "sh"]
    assert len(examples) == 2
    for script, answer in examples:
        done = run_bash(script, home=tmp_path)
        assert done.stdout == answer


@pytest.mark.slow
def test_the_tutorial_does_what_it_shows(tmp_path: Path) -> None:
    typed, shown = [], []
    for language, text in boxes(DOCS / "tutorial.md"):
        if language == "sh":
            typed.append(text.replace(". .venv/bin/activate\n", ""))
        else:
            shown += text.splitlines()
    done = run_bash("".join(typed), home=tmp_path)
    assert done.returncode == 0, done.stdout
    answered = [_plain(line) for line in done.stdout.splitlines()]
    for line in shown:
        assert any(_fits(_plain(line), answer) for answer in answered), f"not shown: {line}\n{done.stdout}"
    digests = re.findall(r"^[0-9a-f]{64}$", done.stdout, re.MULTILINE)
    assert len(digests) == 2 and digests[0] == digests[1], done.stdout
    for said in ("looks perfect", "ALL GOOD"):
        assert said in done.stdout.splitlines()
    assert done.stdout.count("the exit code is 20") == 2
    assert not (tmp_path / "lesson").exists()


def _plain(line: str) -> str:
    """A line without what differs from run to run: identifiers and sizes."""
    return re.sub(r"[\d.]+ kB", "N kB", re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22,27}", "ID", line)).rstrip()


def _fits(shown: str, answered: str) -> bool:
    """Whether an answer has the pieces of a shown line, in order; ``…`` stands for anything, also in identifiers."""
    pieces = re.split(r"(?:[0-9a-f]{8}-)?…", shown)
    pattern = ".*".join(re.escape(piece) for piece in pieces)
    return re.fullmatch(pattern + (".*" if len(pieces) > 1 else ""), answered) is not None


def test_commands_named_in_the_house_are_loaded_by_their_name() -> None:
    for name in COMMANDS:
        found = cli.get_command(click.Context(cli), name)
        assert found is not None and found.name == name
