"""What an open archive is made of.

An archive's folder holds::

    archive.toml       what a person sets
    home.json          which home of the archive this is, and its epoch; at no location
    catalogue.sqlite   the index
    custody/           the custody log
    store/             the location every archive has
    leases/            which deliveries are being taken in, while they are
    staging/           deliveries being taken in; nothing here is held yet
    keys/              secrets of signing keys that are kept here
    signatures/        signature files for format identification that were taken into use, by their digest
    deaccession/       what is left of packages being deleted in part, until it is stored
    lock               held by the one command that changes the archive
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import archive
from archive.catalogue.rows import LocationRow
from archive.clock import Clock, WatchedClock
from archive.config import Config, location_folder
from archive.custody.signer import Signing, origin_of
from archive.holdings.holdings import Holdings, Stamp
from archive.storage.forms import FORMS, open_location
from archive.storage.location import Location
from profiles.finding import Finding

CATALOGUE = "catalogue.sqlite"


CUSTODY = "custody"


STAGING = "staging"


LEASES = "leases"


LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive. ``config`` holds the settings in force, which may protect better than those in its file.

    ``afterwards`` fills with what a person must be told when the archive is closed: copies of the log that could not
    be made, a clock that ran backwards, a setting that one person alone cannot lower.
    """

    home: Path
    config: Config
    holdings: Holdings
    afterwards: list[Finding] = field(default_factory=list)

    @property
    def staging(self) -> Path:
        """Where deliveries are prepared before they are sealed."""
        return self.home / STAGING


def signing_for(config: Config) -> Signing:
    """How the archive's checkpoints are signed."""
    return Signing(origin_of(config.archive), config.custody.signer)


def stamp_for(actor: str, clock: Clock) -> Stamp:
    """What records made by ``actor`` on this machine say of their origin."""
    watched = WatchedClock(clock)
    return Stamp(actor=actor, machine=socket.gethostname(), version=archive.__version__, clock=watched)


def locate(config: Config, home: Path, places: Mapping[str, str], *, forms: Mapping[str, str]) -> dict[str, Location]:
    """The locations of the archive at ``home`` by name, given their paths or URIs; plain folders but for ``forms``.

    Raises UsageError for a scheme or a form that no storage has.
    """
    return {
        name: open_location(
            name, form=forms.get(name, FORMS[0]), folder=location_folder(uri, home), archive=config.archive
        )
        for name, uri in places.items()
    }


def retired(rows: Iterable[LocationRow]) -> set[str]:
    """Names of the locations that are used no more."""
    return {row.name for row in rows if row.retired_at is not None}
