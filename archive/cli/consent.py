"""``archive consent``: the register of what people allowed, by code."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archive.cli.output import emit_json, plural, say, table
from archive.cli.session import changing, common, dry_run, find_home
from archive.errors import UsageError

if TYPE_CHECKING:
    from archive.catalogue.catalogue import Catalogue
    from archive.model.rights import Consent


@click.group("consent")
def consent_command() -> None:
    """What people allowed, by code: consents, their terms, and the day they end.

    Who a person is stands nowhere in the archive. Codes of scope: court, prosecutor, un, partner, research, public,
    all. Codes of terms: no-public (and its like), embargo, embargo-2030, ask-again, no-identity.
    """


@consent_command.command("add")
@click.argument("ref")
@click.option("--given", required=True, metavar="DAY", help="The day it was given: 2020-09-01.")
@click.option("--scope", required=True, metavar="CODES", help="To whom: court,un … or all.")
@click.option("--terms", default="", metavar="CODES", help="What limits it: no-public,ask-again …")
@click.option("--expires", metavar="DAY", help="The last day it holds.")
@click.option("--person", metavar="CODE", help="The code of the person; never a name.")
@click.option("--reason", default="", help="Why an entry is corrected; stands in the custody log for ever.")
@common
@dry_run
def add_command(
    ref: str,
    given: str,
    scope: str,
    terms: str,
    expires: str | None,
    person: str | None,
    reason: str,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Enter the consent REF into the register, or correct it with a reason.

    \b
    Example:
      archive consent add CF-0003 --given 2020-09-01 --scope court,un --terms no-public --expires 2030-08-31
    """
    from archive.holdings.consents import read_consent

    consent, problems = read_consent(ref=ref, person=person, scope=scope, terms=terms, given=given, expires=expires)
    if consent is None:
        raise UsageError(f"consent {ref}: {'; '.join(problems)}", hint="nothing was entered")
    _enter([consent], reason=reason, here=here, as_json=as_json, dry_run=dry_run)


@consent_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--encoding", metavar="NAME", help="Its encoding: utf-8, cp1251 … (else found out).")
@click.option("--delimiter", metavar="CHAR", help="What separates its cells (else found out).")
@click.option("--metadata-sheet", "sheet", metavar="NAME", help="Its sheet, where a spreadsheet has several.")
@click.option("--reason", default="", help="Why entries are corrected; stands in the custody log for ever.")
@common
@dry_run
def import_command(
    file: Path,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    reason: str,
    here: str | None,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Enter every consent of the table FILE: columns ref, person, scope, terms, given, expires. All or none.

    FILE is CSV or a spreadsheet (XLSX, ODS, XLS). Other columns are not read. What is in the register already in the
    same words is left as it is.

    \b
    Example:
      archive consent import consents.csv
    """
    from archive.ingest.consents import read_consents
    from archive.ingest.metadata import MetadataFile

    consents = read_consents(MetadataFile(file, encoding, delimiter, sheet=sheet))
    _enter(consents, reason=reason, here=here, as_json=as_json, dry_run=dry_run)


def _enter(consents: list[Consent], *, reason: str, here: str | None, as_json: bool, dry_run: bool) -> None:
    from archive import assembly
    from archive.holdings.consents import check, register

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            new = check(archive.holdings.catalogue, consents, reason=reason)
    else:
        with changing(home, doing="entering consents") as archive:
            new = register(archive.holdings, consents, reason=reason)
    if as_json:
        emit_json({"given": len(consents), "entered": [consent.ref for consent in new]})
        return
    verb = "would be entered" if dry_run else "entered"
    say(f"{plural(len(new), 'consent')} {verb}; {len(consents) - len(new):,} stood there in the same words")


@consent_command.command("list")
@click.option("--expiring", type=click.IntRange(0), metavar="DAYS", help="Only those that end within so many days.")
@common
def list_command(expiring: int | None, here: str | None, as_json: bool) -> None:
    """List consents, and which of them hold today. Those that ended are among the expiring ones, first.

    \b
    Example:
      archive consent list --expiring 90
    """
    from archive import assembly
    from archive.holdings.consents import all_consents

    today = _today()
    with assembly.reading(find_home(here)) as archive:
        by = None if expiring is None else today + timedelta(days=min(expiring, (date.max - today).days))
        found = all_consents(archive.holdings.catalogue, ending_by=by)
    consents = [_consent(c, today) for c in found if expiring is None or c.withdrawn is None]
    if as_json:
        emit_json({"consents": consents})
        return
    columns = ("ref", "state", "given", "expires", "scope", "terms", "person")
    table(columns, ([consent[column] or "-" for column in columns] for consent in consents))


@consent_command.command("show")
@click.argument("ref")
@common
def show_command(ref: str, here: str | None, as_json: bool) -> None:
    """Show one consent, and the packages with files that rest on it.

    \b
    Example:
      archive consent show CF-0003
    """
    from archive import assembly
    from archive.holdings.consents import get

    with assembly.reading(find_home(here)) as archive:
        consent = get(archive.holdings.catalogue, ref)
        shown_thing = _consent(consent, _today()) | _resting(archive.holdings.catalogue, consent)
    if as_json:
        emit_json(shown_thing)
        return
    for name, value in shown_thing.items():
        if isinstance(value, list):
            for package in value:
                say(f"package: {package['package']}, {plural(package['files'], 'file')}")
        else:
            say(f"{name}: {'-' if value is None or value == '' else value}")


@consent_command.command("withdraw")
@click.argument("ref")
@click.option("--on", metavar="DAY", help="The day the person took it back (else today).")
@click.option("--reason", required=True, help="How it became known; no names; stands in the custody log for ever.")
@common
@dry_run
def withdraw_command(ref: str, on: str | None, reason: str, here: str | None, as_json: bool, dry_run: bool) -> None:
    """Write down that the person took the consent REF back: from now on nothing rests on it.

    Sealed packages stay as they are; the archive decides anew before anything is passed on. The answer names the
    packages with files that rested on it.

    \b
    Example:
      archive consent withdraw CF-0003 --reason "letter of 3 May 2026"
    """
    from archive import assembly
    from archive.holdings.consents import get, withdraw
    from archive.model.rights import read_day

    today = _today()
    day = today if on is None else read_day(on)
    if day is None or day > today:
        raise UsageError(f"'{on}' is no day on which that can have been", hint="a day looks like this: 2026-05-03")
    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            consent = get(archive.holdings.catalogue, ref)
            resting = _resting(archive.holdings.catalogue, consent)
    else:
        with changing(home, doing="withdrawing a consent") as archive:
            consent = withdraw(archive.holdings, ref, on=day, reason=reason)
            resting = _resting(archive.holdings.catalogue, consent)
    if as_json:
        emit_json(_consent(consent, today) | resting)
        return
    verb = "would be withdrawn" if dry_run else "is withdrawn"
    say(f"Consent {ref} {verb}; {plural(resting['files'], 'file')} rested on it")
    for package in resting["packages"]:
        say(f"  package {package['package']}: {plural(package['files'], 'file')}")


def _resting(catalogue: Catalogue, consent: Consent) -> dict[str, Any]:
    from itertools import groupby

    from archive.holdings.consents import resting_on

    packages = [
        {"package": package, "files": sum(1 for _ in rows)}
        for package, rows in groupby(resting_on(catalogue, consent), key=lambda row: row.aip)
    ]
    return {"files": sum(package["files"] for package in packages), "packages": packages}


def _consent(consent: Consent, today: date) -> dict[str, Any]:
    return {
        "ref": consent.ref,
        "state": _state(consent, today),
        "person": consent.person,
        "scope": " ".join(consent.scope),
        "terms": " ".join(consent.terms),
        "given": consent.given.isoformat(),
        "expires": None if consent.expires is None else consent.expires.isoformat(),
        "withdrawn": None if consent.withdrawn is None else consent.withdrawn.isoformat(),
    }


def _state(consent: Consent, today: date) -> str:
    if consent.withdrawn is not None:
        return "withdrawn"
    if consent.expires is not None and consent.expires < today:
        return "expired"
    return "not yet" if consent.given > today else "holds"


def _today() -> date:
    from archive.clock import system_clock

    return system_clock().date()
