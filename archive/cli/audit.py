"""``archive audit``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from archive.cli.output import emit_json, findings_as_json, octets, plural, say, tell_findings
from archive.cli.session import changing, common, dry_run, find_home, interruptible
from archive.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from archive.assembly import Archive
    from archive.audit.campaign import Audited
    from archive.catalogue.rows import ReplicaRow


@click.command("audit")
@click.option("--due", "only_due", is_flag=True, help="Only replicas whose last reading is too long ago.")
@click.option("--location", metavar="NAME", help="Only replicas at this location.")
@click.option("--aip", metavar="ID", help="Only replicas of this package.")
@common
@dry_run
def audit_command(
    only_due: bool, location: str | None, aip: str | None, here: str | None, as_json: bool, dry_run: bool
) -> int:
    """Read replicas in full, compare them with what was sealed, and repair what is damaged.

    Damaged bytes are set aside, never deleted. Exit code 20 when this run found damage, or a replica is frozen.

    \b
    Example:
      archive audit --due
    """
    from archive import assembly
    from archive.audit.campaign import audit

    home = find_home(here)
    if dry_run:
        with assembly.reading(home) as archive:
            chosen = _choose(archive, only_due=only_due, location=location, aip=aip)
        say(f"would read {plural(len(chosen), 'replica')}")
        return ExitCode.DONE
    with (
        changing(home, doing="audit") as archive,
        interruptible() as progress,
    ):
        chosen = _choose(archive, only_due=only_due, location=location, aip=aip)
        audited = audit(archive.holdings, chosen, policy=archive.config.audit, progress=progress)
        interrupted = progress.stopping()
    _tell(audited, as_json=as_json)
    if audited.alarming:
        return ExitCode.DAMAGE
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.NEEDS_PERSON if audited.needs_person else ExitCode.DONE


def _choose(archive: Archive, *, only_due: bool, location: str | None, aip: str | None) -> list[ReplicaRow]:
    from archive.audit.campaign import due

    if location is not None and location not in archive.holdings.locations:
        known = ", ".join(archive.holdings.locations)
        raise UsageError(f"there is no location '{location}'", hint=f"known locations: {known}")
    replicas = archive.holdings.catalogue.replicas()
    if aip is not None and aip not in {replica.package for replica in replicas}:
        raise UsageError(f"there is no package {aip}", hint="archive list shows the packages")
    if only_due:
        replicas = due(replicas, now=archive.holdings.stamp.clock(), policy=archive.config.audit)
    return [r for r in replicas if location in (None, r.location) and aip in (None, r.package)]


def _tell(audited: Audited, *, as_json: bool) -> None:
    from archive.model.fixity import FixityOutcome

    counts = {str(outcome).replace("-", "_"): audited.counts[outcome] for outcome in FixityOutcome}
    if as_json:
        emit_json(
            {
                "replicas": audited.replicas,
                "files": audited.files,
                "bytes": audited.size,
                **counts,
                "repaired": audited.repaired,
                "incidents": len(audited.incidents),
                "incident_ids": list(audited.incidents),
                "frozen": audited.frozen,
                "findings": findings_as_json(audited.findings),
            }
        )
        return
    read = f"{plural(audited.replicas, 'replica')}, {plural(audited.files, 'file')}, {octets(audited.size)} read"
    say(read + ": " + ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count))
    tell_findings(audited.findings)
    if audited.repaired:
        say(f"Repaired: {plural(audited.repaired, 'file')}; damaged bytes are kept under set-aside/ at the location.")
    if audited.incidents:
        say(f"New incidents: {len(audited.incidents)}. Look at them with: archive incident list")
