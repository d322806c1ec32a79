"""``archive list``, ``show``, ``find`` and ``status``: what is held, where, and how healthy it is."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from archive.cli.malware_state import malware_state_of, tell_malware
from archive.cli.output import emit_json, octets, plural, say, table
from archive.cli.session import common, find_home
from archive.errors import ExitCode, UsageError
from archive.model.names import shown

if TYPE_CHECKING:
    from archive.assembly import Archive
    from archive.catalogue.catalogue import Catalogue
    from archive.catalogue.rows import FileRow, PackageRow, ReplicaRow, TombstoneRow


@click.command("list")
@common
def list_command(here: str | None, as_json: bool) -> None:
    """List every package with its replicas and how they were when they were last read.

    \b
    Example:
      archive list
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        packages, gone = _packages(archive), len(archive.holdings.catalogue.tombstones())
    if as_json:
        emit_json({"aips": packages, "deaccessioned": gone})
        return
    rows = []
    for package in packages:
        states = ", ".join(f"{replica['location']} {replica['state']}" for replica in package["replicas"])
        rows.append((package["id"], package["kind"], f"{package['files']:,}", octets(package["bytes"]), states))
    table(("package", "kind", "files", "size", "replicas"), rows)
    if gone:
        say(f"{plural(gone, 'package')} more {'was' if gone == 1 else 'were'} deaccessioned: archive deletion list")


def _packages(archive: Archive) -> list[dict[str, Any]]:
    replicas: dict[str, list[dict[str, Any]]] = {}
    offline = {name: location.offline() for name, location in archive.holdings.locations.items()}
    for replica in archive.holdings.catalogue.replicas():
        replicas.setdefault(replica.package, []).append(_replica(archive, replica, offline))
    return [_package(package, replicas.get(package.id, [])) for package in archive.holdings.catalogue.packages()]


def _package(package: PackageRow, replicas: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": package.id,
        "accession": package.accession,
        "kind": str(package.kind),
        "files": package.files,
        "bytes": package.bytes,
        "sealed_at": package.sealed_at,
        "group": package.group_id,
        "replicas": replicas,
    }


def _replica(archive: Archive, replica: ReplicaRow, offline: dict[str, str | None]) -> dict[str, Any]:
    location = archive.holdings.locations[replica.location]
    state = "offline" if offline[replica.location] is not None else str(replica.state)
    path = location.where(replica.key)
    return {"location": replica.location, "path": path, "state": state, "last_verified": replica.last_verified}


@click.command("show")
@click.argument("identifier", metavar="ID")
@common
def show_command(identifier: str, here: str | None, as_json: bool) -> None:
    """Show one package, accession, file or item by its identifier, an accession or file by its number too.

    Of a file it says too what it belongs together with, and to whom it may be passed on today.

    \b
    Example:
      archive show 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11
      archive show 2026-0042/000417
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        shown_thing = _thing(archive, identifier)
    if as_json:
        emit_json(shown_thing)
        return
    for name, value in shown_thing.items():
        if isinstance(value, list):
            say(f"{name}:")
            for item in value:
                say("  " + (", ".join(f"{k} {v}" for k, v in item.items()) if isinstance(item, dict) else str(item)))
        else:
            say(f"{name}: {'-' if value is None else value}")


def _thing(archive: Archive, identifier: str) -> dict[str, Any]:
    from archive.cli.formats_planning import format_as_json
    from archive.holdings.numbering import accession_called, file_called
    from archive.model.identifiers import ItemId, PackageId

    catalogue = archive.holdings.catalogue
    if (tombstone := catalogue.tombstone(PackageId(identifier))) is not None:
        return _tombstone(archive, tombstone)
    if catalogue.package(PackageId(identifier)) is not None:
        return next(package for package in _packages(archive) if package["id"] == identifier)
    if (kept := catalogue.quarantine(PackageId(identifier))) is not None:
        return {"id": kept.content, "state": "in quarantine", "package": kept.package, "why": str(kept.why)}
    if (accession := accession_called(catalogue, identifier)) is not None:
        return {
            "id": accession.id,
            "number": accession.number,
            "producer": accession.producer,
            "source": shown(accession.source),
            "opened_at": accession.opened_at,
            "closed_at": accession.closed_at,
            "received": (totals := catalogue.totals(accession.id)).received,
            **asdict(totals),
            "packages": [package.id for package in catalogue.packages(accession.id)],
        }
    if (file := file_called(catalogue, identifier)) is not None:
        formats = [format_as_json(row) for row in catalogue.formats_of(file.id)]
        return (
            _file(file, catalogue)
            | _bytes(archive, file)
            | {"formats": formats}
            | _malware(archive, file)
            | _belonging(archive, file)
            | _rights(archive, file)
        )
    if members := catalogue.files_of_item(ItemId(identifier)):
        return {"item": identifier, "files": [_member(member) for member in members]}
    raise UsageError(f"nothing here has the identifier {identifier}", hint="archive list shows the packages")


def _bytes(archive: Archive, file: FileRow) -> dict[str, Any]:
    """Where the bytes of a file lie, and what else was received with the same ones and not stored again."""
    catalogue = archive.holdings.catalogue
    others = catalogue.references_to([file.id])
    return {"bytes_in": catalogue.package_of(file), "received_also_as": [_member(other) for other in others]}


def _malware(archive: Archive, file: FileRow) -> dict[str, Any]:
    """What a scanner said last of a file, and when."""
    catalogue = archive.holdings.catalogue
    said = catalogue.malware_of(file.id) or (None if file.aip is None else catalogue.malware_scan(file.aip))
    if said is None:
        return {"malware": None, "scanned_at": None}
    return {"malware": said.outcome + (f" ({said.detail})" if said.detail else ""), "scanned_at": said.scanned_at}


def _belonging(archive: Archive, file: FileRow) -> dict[str, Any]:
    """The item a file belongs to, and the other files of it."""
    item = archive.holdings.catalogue.item_of(file.id)
    if item is None:
        return {"item": None, "belongs_together_with": []}
    members = archive.holdings.catalogue.files_of_item(item)
    return {"item": item, "belongs_together_with": [_member(member) for member in members if member.id != file.id]}


def _member(file: FileRow) -> dict[str, Any]:
    return {"file": file.id, "aip": file.aip, "path": shown(file.name)}


def _rights(archive: Archive, file: FileRow) -> dict[str, Any]:
    """What was stated about a file's rights, and what follows from it today."""
    from archive.clock import system_clock
    from archive.holdings.consents import register_for, statement_of
    from archive.model.rights import decide

    statement = statement_of(archive.holdings.catalogue.rights(file.id))
    register = register_for(archive.holdings.catalogue, [] if statement is None else [statement])
    today = system_clock().date()
    stated = {} if statement is None else statement.as_text()
    return {
        "rights_stated": "; ".join(f"{column}={words}" for column, words in stated.items()) or None,
        "rights_today": decide(statement, register=register, today=today).in_words(today),
    }


def _tombstone(archive: Archive, row: TombstoneRow) -> dict[str, Any]:
    """What is left of a deaccessioned package."""
    replicas = archive.holdings.catalogue.replicas_ever(row.package)
    return {
        "id": row.package,
        "state": "deaccessioned",
        "deaccessioned_at": row.at,
        "request": row.request,
        "files_deleted": row.files,
        "bytes_deleted": row.bytes,
        "remainder": row.remainder,
        "replicas": [{"location": replica.location, "state": str(replica.state)} for replica in replicas],
    }


@click.command("find")
@click.argument("query")
@click.option("--limit", default=100, show_default=True, help="At most so many files.")
@common
def find_command(query: str, limit: int, here: str | None, as_json: bool) -> int:
    """Find files whose name holds QUERY, or whose identifier or SHA-256 is QUERY.

    \b
    Example:
      archive find допрос
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        catalogue = archive.holdings.catalogue
        files = [_file(row, catalogue) for row in catalogue.find_files(text=query, limit=limit)]
    if as_json:
        emit_json({"files": files})
    else:
        cells = ((f["id"], _outcome(f), f["size"], f["path"]) for f in files)
        table(("file", "outcome", "size", "path"), cells)
    return ExitCode.DONE if files else ExitCode.FAILED


def _outcome(file: dict[str, Any]) -> str:
    gone = "" if file["deaccessioned_at"] is None else ", deaccessioned"
    return f"{file['outcome']}{gone}"


def _file(row: FileRow, catalogue: Catalogue) -> dict[str, Any]:
    import base64

    from archive.holdings.numbering import number_of
    from archive.model.moments import moment_from_ns

    found: dict[str, Any] = {
        "id": row.id,
        "number": number_of(catalogue, row),
        "path": None if row.name is None else shown(row.name),
        "accession": row.accession,
        "outcome": str(row.outcome),
        "size": row.size,
        "sha256": row.sha256,
        "blake3": row.blake3,
        "modified": None if row.mtime is None else moment_from_ns(row.mtime),
        "aip": row.aip,
        "received_at": row.received_at,
        "deaccessioned_at": row.deaccessioned_at,
        "same_as": row.same_as,
    }
    if row.name is not None and shown(row.name).encode() != row.name:
        found["path_b64"] = base64.b64encode(row.name).decode()
    return found


@click.command("status")
@common
def status_command(here: str | None, as_json: bool) -> None:
    """Say how many packages are held, how many copies are good, and what is overdue.

    \b
    Example:
      archive status
    """
    from archive import assembly

    with assembly.reading(find_home(here)) as archive:
        numbers = _status(archive)
    if as_json:
        emit_json(numbers)
        return
    received = numbers["received"]
    say(
        f"Held: {plural(numbers['aips'], 'package')} of evidence with {plural(numbers['files'], 'file')}"
        f" ({octets(numbers['bytes'])}), and the papers of {plural(numbers['accession_packages'], 'accession')}"
    )
    say(
        f"Received {received:,} = accepted {numbers['accepted']:,} + duplicate {numbers['duplicate']:,}"
        f" + quarantined {numbers['quarantined']:,} + rejected {numbers['rejected']:,} + pending {numbers['pending']:,}"
        + (f", minus deaccessioned {numbers['deaccessioned']:,}" if numbers["deaccessioned"] else "")
    )
    if numbers["quarantine_packages"]:
        say(
            f"In quarantine: {plural(numbers['quarantine_packages'], 'package')}, of which "
            f"{numbers['quarantine_undecided']:,} wait for a person: archive quarantine list"
        )
    say(f"Copies: {numbers['replicas_ok']:,} good of {numbers['replicas_wanted']:,} wanted")
    if numbers["removals_due"]:
        say(f"Still to be removed: {numbers['removals_due']:,} of the copies of deaccessioned packages")
    say(f"Audits overdue: {numbers['audits_overdue']:,}    Open incidents: {numbers['incidents_open']:,}")
    tell_malware(numbers["malware"])
    if numbers["scheduler_last_seen"] is None:
        say("Scheduler: never seen here; archive schedule does what is due without anybody watching")
    else:
        silent = "!! silent since " if numbers["scheduler_silent"] else "last seen "
        say(f"Scheduler: {silent}{numbers['scheduler_last_seen']}")
    say(f"Clock: {numbers['clock']}" + ("" if numbers["clock_right"] else "   !! times here are not to be trusted"))
    _tell_checkpoint(numbers["log_records"], numbers["checkpoint"])
    _tell_time_stamps(numbers["timestamps"])
    _tell_remarks(numbers["remarks"])
    for message in numbers["home"]["told"]:
        say(f"!! {message}")
    control = "in force" if numbers["dual_control"] else "not in force; it takes two persons' keys: archive key new"
    say(
        f"Dual control: {control}    Requests open: {numbers['requests_open']}    Legal holds: {numbers['legal_holds']}"
    )
    for name in numbers["policy_refused"]:
        say(f"!! archive.toml lowers {name}; not in force until two persons have agreed: archive policy show")
    for name, reason in numbers["offline"].items():
        say(f"Offline: location '{name}': {reason}")


def _home(archive: Archive) -> dict[str, Any]:
    """Which home this is, and whether it is the one that goes on."""
    from archive.errors import CustodyError

    try:
        seen = archive.holdings.seen()
    except CustodyError as error:
        return {"id": None, "epoch": None, "standing": "unreadable", "told": [error.what]}
    return {
        "id": None if seen.home is None else seen.home.identifier,
        "epoch": 0 if seen.home is None else seen.home.number,
        "standing": str(seen.judged.standing),
        "told": [finding.message for finding in seen.told()],
    }


def _tell_remarks(remarks: list[dict[str, Any]]) -> None:
    if remarks:
        say(
            f"!! {plural(len(remarks), 'record')} of the custody log took no effect, the first is record "
            f"{remarks[0]['record']} ({remarks[0]['code']}); nothing is deleted or released: archive custody verify"
        )


def _tell_checkpoint(records: int, checkpoint: dict[str, Any] | None) -> None:
    if checkpoint is None:
        say(f"Custody log: {plural(records, 'record')}, and no checkpoint yet; archive custody checkpoint makes one")
        return
    say(f"Custody log: {plural(records, 'record')}; checkpoint: {checkpoint['size']} {checkpoint['root']}")
    say("  Keep this on paper, or send it by e-mail to somebody outside: archive custody checkpoint prints it whole")


def _tell_time_stamps(stamps: dict[str, Any]) -> None:
    if not stamps["authorities"] and stamps["newest"] is None:
        say("Time-stamps: none; no authority is named in archive.toml, so only this machine says when")
        return
    newest, told = stamps["newest"], []
    if newest is None:
        told.append("none has arrived yet")
    else:
        size, until = plural(newest["size"], "record"), newest["expires"][:10]
        told.append(f"newest by '{newest['authority']}' of {newest['stamped']} over {size}, good until {until}")
    if stamps["unstamped"] is not None:
        told.append(f"the newest checkpoint ({stamps['unstamped']}) has none yet")
    if stamps["waiting"]:
        told.append(f"{plural(stamps['waiting'], 'request')} waiting")
    say(f"Time-stamps: {'; '.join(told)}")
    for one in stamps["due"]:
        say(f"!! {one['subject']}: {one['message']}")


def _time_stamps(archive: Archive) -> dict[str, Any]:
    from archive.holdings.timestamping import stamp_state
    from archive.model.moments import format_moment

    state = stamp_state(archive.holdings, len(archive.config.timestamps))
    newest = None
    if state.newest is not None:
        newest = {
            "size": state.newest.place.size,
            "authority": state.newest.place.authority,
            "stamped": format_moment(state.newest.stamped),
            "expires": format_moment(state.newest.expires),
        }
    return {
        "authorities": state.authorities,
        "newest": newest,
        "waiting": state.waiting,
        "unstamped": state.unstamped,
        "due": [{"subject": one.subject, "message": one.message} for one in state.due],
    }


def _status(archive: Archive) -> dict[str, Any]:
    from archive.audit.campaign import due
    from archive.cli.custody import short_as_json
    from archive.config import load
    from archive.duties import is_silent, last_beat
    from archive.holdings.approvals import OPEN, docket_now, needs_two_persons
    from archive.holdings.checkpoints import newest_checkpoint
    from archive.holdings.protection import wished
    from archive.model.moments import format_moment
    from archive.model.packages import PackageKind, ReplicaState
    from archive.model.sentences import behind_the_log

    catalogue, locations = archive.holdings.catalogue, archive.holdings.locations
    packages, replicas = catalogue.packages(), catalogue.replicas()
    aips = [package for package in packages if package.kind is PackageKind.AIP]
    offline = {name: reason for name, location in locations.items() if (reason := location.offline()) is not None}
    totals, beat = catalogue.totals(), last_beat(archive.home)
    incidents = catalogue.incidents(only_open=True)
    now, clock = archive.holdings.stamp.clock.since(archive.holdings.log.last_time()).read()
    refused = wished(archive.holdings, load(archive.home)) if needs_two_persons(archive.holdings) else []
    good = [r for r in replicas if r.state is ReplicaState.OK and r.location not in offline]
    return {
        "aips": len(aips),
        "files": sum(package.files for package in aips),
        "bytes": sum(package.bytes for package in aips),
        "replicas_wanted": len(packages) * len(locations),
        "replicas_ok": len(good),
        "audits_overdue": len(due(replicas, now=now, policy=archive.config.audit)),
        "incidents_open": len(incidents),
        "accession_packages": sum(package.kind is PackageKind.ACCESSION for package in packages),
        "quarantine_packages": sum(package.kind is PackageKind.QUARANTINE for package in packages),
        "quarantine_undecided": sum(row.decision is None for row in catalogue.quarantined()),
        "received": totals.received,
        **asdict(totals),
        "log_records": archive.holdings.log.size,
        "remarks": [
            {"record": row.number, "code": row.code, "kind": row.kind, "v": row.v, "why": row.why}
            for row in catalogue.remarks(open_only=True)
        ],
        "checkpoint": short_as_json(newest_checkpoint(archive.holdings)),
        "timestamps": _time_stamps(archive),
        "offline": offline,
        "scheduler_last_seen": None if beat is None else format_moment(beat),
        "removals_due": len(catalogue.replicas_in(ReplicaState.REMOVAL_DUE)),
        "dual_control": needs_two_persons(archive.holdings),
        "requests_open": sum(filed.standing(now) in OPEN for filed in docket_now(archive.holdings).requests.values()),
        "legal_holds": len(catalogue.legal_holds(in_force=True)),
        "policy_refused": [str(wish["setting"]) for wish in refused],
        "clock": clock,
        "clock_right": behind_the_log(clock) is None and all(incident.type != "clock" for incident in incidents),
        "malware": malware_state_of(archive),
        "home": _home(archive),
        "scheduler_silent": beat is not None and is_silent(archive.home, now=now),
    }
