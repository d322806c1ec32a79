"""``archive explain``."""

from __future__ import annotations

from dataclasses import asdict

import click

from archive.cli.output import emit_json, say
from archive.cli.session import common, find_home


@click.command("explain")
@click.argument("identifier", metavar="ID")
@common
def explain_command(identifier: str, here: str | None, as_json: bool) -> None:
    """Tell the life of a package or a file in sentences, from the custody log and its PREMIS.

    \b
    Example:
      archive explain 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11
    """
    from archive import assembly
    from archive.report.explain import day_and_time, explain

    with assembly.reading(find_home(here)) as archive:
        life = explain(archive.holdings, identifier)
    if as_json:
        emit_json(asdict(life))
        return
    say(life.title)
    say()
    for sentence in life.sentences:
        say(f"On {day_and_time(sentence.time)} [{sentence.source}]")
        say(f"    {sentence.text}")
    say()
    say("Now:")
    for line in life.now:
        say(f"    {line}")
