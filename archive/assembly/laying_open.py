"""Opening an archive for the check of its custody log: the log is believed, and nothing else."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive import config as configuration
from archive import durable
from archive.assembly.parts import (
    CATALOGUE,
    CUSTODY,
    LOCK,
    STAGING,
    locate,
    signing_for,
    stamp_for,
)
from archive.audit.custody import Evidence
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.opening import create as create_catalogue
from archive.catalogue.opening import open_catalogue
from archive.clock import Clock, system_clock
from archive.custody.log import CustodyLog
from archive.errors import ArchiveError
from archive.holdings.holdings import Holdings
from archive.holdings.remarks import remark_findings
from archive.model.acts import UNNAMED
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

_REPLAY = ".replay-"
"""Beginning of the names of folders in staging where the log is replayed for its check; removed afterwards."""


@contextmanager
def laid_open(home: Path, *, clock: Clock = system_clock) -> Iterator[Evidence]:
    """Open the archive at ``home`` for the check of its custody log, believing the log and nothing else.

    Nobody may change the archive meanwhile. Raises CustodyError where there is no log that can be opened; everything
    else that is wrong is for the check to say.
    """
    config = configuration.load(home)
    staging = home / STAGING
    with durable.exclusive(home / LOCK, doing="checking the custody log"):
        for left in staging.glob(f"{_REPLAY}*"):
            shutil.rmtree(left, ignore_errors=True)
        with (
            tempfile.TemporaryDirectory(prefix=_REPLAY, dir=staging) as scratch,
            contextlib.closing(create_catalogue(Path(scratch) / CATALOGUE)) as replayed,
        ):
            log = CustodyLog.open(home / CUSTODY)
            holdings = Holdings(home, log, replayed, {}, stamp_for(UNNAMED, clock), signing_for(config))
            kinds = Counter[str]()
            findings = [*_replay(holdings, kinds), *remark_findings(replayed)]
            known = {row.name: row for row in replayed.locations()}
            places = {name: row.uri for name, row in known.items()} | config.locations
            counting = {name: uri for name, uri in places.items() if name not in known or not known[name].retired_at}
            stored = _stored(home, log, holdings, findings)
            with contextlib.nullcontext() if stored is None else contextlib.closing(stored):
                located = locate(config, home, counting, forms={row.name: row.form for row in known.values()})
                yield Evidence(
                    holdings=Holdings(home, log, replayed, located, holdings.stamp, holdings.signing),
                    stored=stored,
                    replayed=sum(kinds.values()) == log.size,
                    kinds=kinds,
                    findings=tuple(findings),
                    authorities=config.timestamps,
                )


def _replay(holdings: Holdings, kinds: Counter[str]) -> Iterator[Finding]:
    """Take the whole log into the empty catalogue; what stops that is a finding."""
    try:
        holdings.catch_up(kinds)
    except (ArchiveError, ValueError, KeyError) as error:
        said = error.what if isinstance(error, ArchiveError) else str(error)
        yield Finding(
            FindingCode.LOG_NOT_REPLAYED, Severity.ERROR, CUSTODY, f"the log cannot be replayed: {said}", "DESIGN §6"
        )


def _stored(home: Path, log: CustodyLog, holdings: Holdings, findings: list[Finding]) -> Catalogue | None:
    """The catalogue on disk, caught up as every command would do it; None, with a finding, where that fails."""
    try:
        stored = open_catalogue(home / CATALOGUE)
        following = Holdings(home, log, stored, {}, holdings.stamp, holdings.signing)
        if stored.applied() < log.size or following.is_outgrown():
            following.follow()
    except (ArchiveError, ValueError) as error:
        said = error.what if isinstance(error, ArchiveError) else str(error)
        findings.append(Finding(FindingCode.CATALOGUE_UNREADABLE, Severity.ERROR, CATALOGUE, said, "DESIGN §6"))
        return None
    return stored
