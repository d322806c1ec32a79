"""``archive catalogue``."""

from __future__ import annotations

import click

from archive.cli.output import emit_json, findings_as_json, plural, say, tell_findings
from archive.cli.session import common, dry_run, find_home
from archive.errors import ExitCode
from profiles.finding import Severity


@click.group("catalogue")
def catalogue_command() -> None:
    """The index over bags and log: its digest, and how to make it anew."""


@catalogue_command.command("digest")
@common
def digest_command(here: str | None, as_json: bool) -> None:
    """Print one line: the digest of every evidence row. Two archives that say the same print the same.

    \b
    Example:
      archive catalogue digest
    """
    from archive import assembly
    from archive.holdings.rebuild import catalogue_digest

    with assembly.reading(find_home(here)) as archive:
        digest = catalogue_digest(archive.holdings.catalogue)
    if as_json:
        emit_json({"digest": digest})
    else:
        say(digest)


@catalogue_command.command("rebuild")
@click.option("--from", "source", required=True, metavar="PATH-OR-URI", help="A location that holds a copy.")
@common
@dry_run
def rebuild_command(source: str, here: str | None, as_json: bool, dry_run: bool) -> int:
    """Make an archive anew from one location, when everything else is gone.

    --archive names the new archive's folder. The location is only read. No record is added to the log. What is made is
    a rehearsal: it can be looked at, and changes nothing anywhere until archive takeover.

    \b
    Example:
      archive --archive /srv/new catalogue rebuild --from /mnt/disk2/archive
    """
    from archive import assembly
    from archive.audit.custody import check_checkpoints
    from archive.holdings.rebuild import catalogue_digest

    home = find_home(here)
    if dry_run:
        identity = assembly.identify_location(source)
        say(f"would make {home} from location '{identity.name}' of archive {identity.archive}")
        return ExitCode.DONE
    archive, rebuilt = assembly.rebuild(home, source)
    digest = catalogue_digest(archive.holdings.catalogue)
    checkpoints = check_checkpoints(archive.holdings)
    archive.holdings.catalogue.close()
    if as_json:
        emit_json(
            {
                "archive": str(home),
                "records": rebuilt.records,
                "packages": rebuilt.packages,
                "here": rebuilt.here,
                "not_here": list(rebuilt.not_here),
                "not_as_sealed": list(rebuilt.not_as_sealed),
                "unrecorded": list(rebuilt.unrecorded),
                "digest": digest,
                "checkpoints": checkpoints.counted,
                "findings": findings_as_json(checkpoints.findings),
            }
        )
    else:
        say(f"Archive made anew at {home} from {plural(rebuilt.records, 'record')} of the custody log.")
        say(f"  {rebuilt.here:,} of {plural(rebuilt.packages, 'package')} stand at {source}")
        for package in rebuilt.not_here:
            say(f"  not here, look at the other locations: {package}")
        for package in rebuilt.not_as_sealed:
            say(f"  !! not as it was sealed: {package}; archive audit says more")
        for key in rebuilt.unrecorded:
            say(f"  !! stands here and the log does not know it: {key}")
        say(f"  catalogue digest {digest}")
        say(f"  {plural(checkpoints.counted, 'checkpoint')} of the log, held against it")
        tell_findings(checkpoints.findings)
        say(
            "The secrets that lay in keys/ are at no location. Put them back from their safe place, or nothing here can"
        )
        say("sign checkpoints: then a new key must be added, archive key new.")
        say("This is a rehearsal: it can be looked at, and changes nothing anywhere.")
        say("Next: put the paths of the other locations into archive.toml, then archive location list; and if this is")
        say("the archive that goes on, in place of the lost one: archive takeover.")
    if checkpoints.severity is Severity.ERROR:
        return ExitCode.DAMAGE
    return ExitCode.NEEDS_PERSON if rebuilt.not_as_sealed or rebuilt.unrecorded or rebuilt.not_here else ExitCode.DONE
