"""``archive producer``: who delivers, and what was agreed about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from archive.cli.output import emit_json, say, table
from archive.cli.session import changing, common, dry_run, find_home
from archive.errors import UsageError

if TYPE_CHECKING:
    from archive.assembly import Archive


@click.group("producer")
def producer_command() -> None:
    """Who delivers, and what was agreed about it."""


@producer_command.command("add")
@click.argument("code")
@click.option("--name", help="What people call the producer; an organisation, never a person.")
@click.option(
    "--profile", default="open-source-1", show_default=True, metavar="NAME|FILE", help="The ingest profile agreed on."
)
@click.option("--reason", default="", help="Why, or where the signed agreement lies; stands in the log.")
@common
@dry_run
def add_command(
    code: str, name: str | None, profile: str, reason: str, here: str | None, as_json: bool, dry_run: bool
) -> None:
    """Agree with the producer CODE on an ingest profile; given again with another profile, it changes the agreement.

    The profile's text is kept in the custody log. Deliveries from now on are held against it: whether there must be a
    table and with which columns, how much one package holds and of whom, whether duplicates are stored once, which
    further digests are computed, which BagIt profile a delivered bag should meet.

    \b
    Example:
      archive producer add viasna --name "Viasna" --profile testimony-1
    """
    from archive.ingest.agreement import agree, check_code, find_terms, read_terms

    home, terms = find_home(here), find_terms(profile)
    check_code(code)
    agreed = read_terms(terms, named=profile)
    if dry_run:
        _tell({"code": code, "profile": agreed.id, "changed": None}, as_json, f"{code} would follow {agreed.id}")
        return
    with changing(home, doing="an agreement with a producer") as archive:
        row = agree(archive.holdings, code=code, name=name, terms=terms, reason=reason)
    told = {"code": code, "profile": agreed.id, "changed": row is not None}
    _tell(told, as_json, f"{code} follows {agreed.id}" + ("" if row else " already"))


@producer_command.command("list")
@common
def list_command(here: str | None, as_json: bool) -> None:
    """List producers and the profile each follows.

    \b
    Example:
      archive producer list
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        rows = [_producer(archive, row.code, row.name) for row in archive.holdings.catalogue.producers()]
    if as_json:
        emit_json({"producers": rows})
    else:
        table(
            ("code", "name", "profile", "accessions"),
            ((row["code"], row["name"], row["profile"] or "none agreed", f"{row['accessions']:,}") for row in rows),
        )


@producer_command.command("show")
@click.argument("code")
@common
def show_command(code: str, here: str | None, as_json: bool) -> None:
    """Show the producer CODE with every agreement there ever was, the one in force last and in full.

    \b
    Example:
      archive producer show viasna
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        known = archive.holdings.catalogue.producer(code)
        if known is None:
            raise UsageError(f"there is no producer '{code}'", hint="archive producer list names all")
        told = _producer(archive, code, known.name)
        agreements = archive.holdings.catalogue.agreements(code)
    told["agreements"] = [
        {"id": row.id, "profile": row.profile, "agreed_at": row.agreed_at, "terms": row.terms.decode("utf-8")}
        for row in agreements
    ]
    if as_json:
        emit_json(told)
        return
    say(f"{code}: {known.name}, {told['accessions']:,} accessions")
    for row in agreements:
        say(f"  {row.agreed_at}  {row.profile}")
    say(
        agreements[-1].terms.decode("utf-8")
        if agreements
        else "  nothing was agreed: everything is accepted, under embargo"
    )


def _producer(archive: Archive, code: str, name: str) -> dict[str, Any]:
    catalogue = archive.holdings.catalogue
    agreements = catalogue.agreements(code)
    return {
        "code": code,
        "name": name,
        "profile": agreements[-1].profile if agreements else None,
        "accessions": len(catalogue.accessions(producer=code)),
    }


def _tell(told: dict[str, Any], as_json: bool, sentence: str) -> None:
    emit_json(told) if as_json else say(sentence)
