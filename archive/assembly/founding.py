"""Making archives and locations: a new archive, one rebuilt from a location, a further location."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from archive import config as configuration
from archive import durable
from archive.assembly.parts import (
    CATALOGUE,
    CUSTODY,
    LEASES,
    STAGING,
    Archive,
    locate,
    retired,
    signing_for,
    stamp_for,
)
from archive.catalogue.opening import create as create_catalogue
from archive.clock import Clock, system_clock
from archive.config import STORE, Config, CopyPolicy, location_folder, protective_settings, with_settings
from archive.custody.copies import restore as restore_log
from archive.custody.epoch_files import name_home
from archive.custody.epochs import Home
from archive.custody.keys import create_key
from archive.custody.log import CustodyLog
from archive.custody.note_copies import restore_notes
from archive.custody.notes import store_keys
from archive.custody.signer import Signing, origin_of
from archive.custody.stamp_copies import restore_stamps
from archive.errors import ArchiveError, UsageError
from archive.handover.verifier import leave_beside_log
from archive.holdings import protection
from archive.holdings.checkpoints import KEYS, LOG_ROLE, verifiers
from archive.holdings.erasures import lawful_erasures
from archive.holdings.holdings import Holdings
from archive.holdings.rebuild import Rebuilt
from archive.holdings.rebuild import rebuild as rebuild_holdings
from archive.model.acts import UNNAMED
from archive.model.governance_records import ED25519_SPKI
from archive.model.identifiers import new_identifier
from archive.model.names import shown
from archive.model.records import KeyRecord, LocationRecord, Record
from archive.planning.signatures import restore_signatures
from archive.storage.forms import FORMS, identify, open_location
from archive.storage.location import MARKER, Location

FIRST_KEY = "log-1"
"""Name of the key that signs the checkpoints of a new archive."""


NO_FORMS: Mapping[str, str] = MappingProxyType({})

_LOCATION_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def create(
    home: Path,
    *,
    locations: Mapping[str, str],
    forms: Mapping[str, str] = NO_FORMS,
    actor: str = UNNAMED,
    clock: Clock = system_clock,
) -> Archive:
    """Make a new archive at ``home``, with ``store`` inside it and the further ``locations`` (name to path or URI).

    ``forms`` are those of locations that do not hold plain folders. ``archive.toml`` is written last: what an
    interrupted ``init`` leaves behind is no archive. Raises UsageError for a folder that is not empty or a location
    that cannot be one.
    """
    home = home.absolute()
    places = check_new(home, locations, forms)
    config = Config(
        format=configuration.FORMAT,
        archive=new_identifier(),
        locations=places,
        copies=CopyPolicy(required=len(places)),
    )
    located = locate(config, home, places, forms=forms)
    for name, location in located.items():
        if name != STORE:  # which lies inside the folder that is not made yet
            location.require_free()
    _make_home(home)
    name_home(home, Home(new_identifier()))
    for location in located.values():
        location.prepare()
    log = CustodyLog.create(home / CUSTODY)
    catalogue = create_catalogue(home / CATALOGUE)
    holdings = Holdings(home, log, catalogue, located, stamp_for(actor, clock), signing_for(config))
    key = create_key(home / KEYS, FIRST_KEY)
    records: list[Record] = [
        LocationRecord(**holdings.stamp(), name=name, uri=uri, form=located[name].form, attributes={})
        for name, uri in places.items()
    ]
    records.append(KeyRecord(**holdings.stamp(), name=key.name, role=LOG_ROLE, public_key=ED25519_SPKI + key.public))
    records.append(protection.policy(holdings, protective_settings(config), request=None))
    holdings.record(records)
    store_keys(log.folder, verifiers(holdings))
    for location in located.values():
        leave_beside_log(location.backend)
    durable.write_atomic(home / configuration.FILE_NAME, configuration.render(config))
    holdings.copy_log()
    return Archive(home, config, holdings)


def check_new(home: Path, locations: Mapping[str, str], forms: Mapping[str, str] = NO_FORMS) -> dict[str, str]:
    """Where the locations of a new archive at ``home`` would lie, by name; UsageError for what cannot be."""
    home = home.absolute()
    for name, form in forms.items():
        if name not in locations:
            raise UsageError(f"a form is given for '{name}', and no location of that name")
        _require_form(form)
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise UsageError(f"{home} is not an empty folder", hint="give the name of a folder that does not exist yet")
    places = {STORE: f"file:{STORE}", **_absolute(locations)}
    _refuse_overlap(home, places)
    return places


def _make_home(home: Path) -> None:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in (KEYS, LEASES, STAGING):
            (home / name).mkdir(mode=0o700)
    except OSError as error:
        raise ArchiveError(f"{home} cannot be made: {error.strerror}") from error


def add_location(archive: Archive, name: str, uri: str, *, form: str = FORMS[0], reason: str = "") -> Location:
    """Make a free place a further location of an archive that is open for changing, and record it.

    Given again after a kill, it goes on. Raises UsageError for a name that is taken or a folder that cannot be one,
    StorageError for a folder that is not free.
    """
    holdings = archive.holdings
    place = check_location(archive, name, uri, form=form)
    location = _location(archive, name, place, form)
    location.prepare()
    leave_beside_log(location.backend)
    holdings.record([LocationRecord(**holdings.stamp(reason), name=name, uri=place, form=form, attributes={})])
    return location


def check_location(archive: Archive, name: str, uri: str, *, form: str = FORMS[0]) -> str:
    """The URI of a location to be added, changing nothing; raises as ``add_location`` does."""
    _require_form(form)
    known = archive.holdings.catalogue.location(name)
    if known is not None:
        gone = "" if known.retired_at is None else f", retired on {known.retired_at}"
        raise UsageError(f"there is a location '{name}' already{gone}", hint="a name is never used twice; take another")
    places = _absolute({name: uri})
    folders = {
        row.name: archive.config.locations.get(row.name, row.uri) for row in archive.holdings.catalogue.locations()
    }
    _refuse_overlap(archive.home, {**folders, **places})
    location = _location(archive, name, places[name], form)
    location.require_free()
    if (other := location.foreign()) is not None:
        raise UsageError(
            f"{location.where()} is not empty: it holds {shown(other)}",
            hint="give a folder of its own, which may not exist yet",
        )
    return places[name]


def _location(archive: Archive, name: str, place: str, form: str) -> Location:
    return locate(archive.config, archive.home, {name: place}, forms={name: form})[name]


def _require_form(form: str) -> None:
    if form not in FORMS:
        raise UsageError(f"no storage has the form '{form}'", hint=f"the forms are: {', '.join(FORMS)}")


@dataclass(frozen=True, slots=True)
class LocationIdentity:
    """What a location says of itself in its ``location.json``."""

    name: str
    archive: str
    folder: Path
    form: str


def identify_location(uri: str) -> LocationIdentity:
    """Which location of which archive lies at ``uri``; UsageError where none does."""
    folder = location_folder(uri, Path.cwd()).absolute()
    found = identify(folder)
    if found is None:
        raise UsageError(
            f"{folder} is no storage location: it holds no {MARKER}",
            hint="give the folder that holds custody/ and the packages; is the disk mounted?",
        )
    return LocationIdentity(name=found.name, archive=found.archive, folder=folder, form=found.form)


def rebuild(home: Path, uri: str, *, clock: Clock = system_clock) -> tuple[Archive, Rebuilt]:
    """Make an archive at ``home`` from the one location at ``uri``, which is only read.

    The new archive has the old one's identifier and log, appends nothing, and finds the other locations where the log
    says they were. It is a rehearsal until it takes over. ``archive.toml`` is written last. Raises UsageError
    where ``home`` is not empty.
    """
    home = home.absolute()
    source = identify_location(uri)
    check_new(home, {})
    if home.is_relative_to(source.folder):
        raise UsageError(f"{home} lies inside the location {source.folder}, which is only read")
    _make_home(home)
    name_home(home, Home(new_identifier(), rehearsal=True))
    place = open_location(source.name, form=source.form, folder=source.folder, archive=source.archive)
    log = restore_log(place.backend, home / CUSTODY, lawful=partial(lawful_erasures, source.archive))
    catalogue = create_catalogue(home / CATALOGUE)
    restore_notes(place.backend, log.folder)
    signing = Signing(origin_of(source.archive))
    folded = Holdings(home, log, catalogue, {}, stamp_for(UNNAMED, clock), signing)
    rebuilt = rebuild_holdings(folded, place)
    restore_stamps(log.folder, place.backend, folded.stamped())
    added = catalogue.locations()
    places = {row.name: row.uri for row in added if row.name not in retired(added)}
    places |= {source.name: source.folder.as_uri()}
    forms = {row.name: row.form for row in added}
    config = Config(format=configuration.FORMAT, archive=source.archive, locations=places)
    config = with_settings(config, catalogue.policy())
    if source.name != STORE:
        (store,) = locate(config, home, {STORE: places[STORE]}, forms=forms).values()
        store.prepare()
        leave_beside_log(store.backend)
    located = locate(config, home, places, forms=forms)
    holdings = Holdings(home, log, catalogue, located, stamp_for(UNNAMED, clock), signing)
    restore_signatures(holdings, place.backend)
    durable.write_atomic(home / configuration.FILE_NAME, configuration.render(config))
    return Archive(home, config, holdings), rebuilt


def _absolute(locations: Mapping[str, str]) -> dict[str, str]:
    places = {}
    for name, given in locations.items():
        if not _LOCATION_NAME.fullmatch(name) or name == STORE:
            raise UsageError(
                f"'{name}' cannot be the name of a location",
                hint="use small letters, digits and hyphens; 'store' is taken: every archive has it",
            )
        places[name] = location_folder(given, Path.cwd()).absolute().as_uri()
    return places


def _refuse_overlap(home: Path, places: Mapping[str, str]) -> None:
    """Two locations in one folder would be one copy, not two."""
    folders = {name: location_folder(uri, home).resolve() for name, uri in places.items()}
    for name, folder in folders.items():
        if folder == home.resolve() or home.resolve().is_relative_to(folder):
            raise UsageError(f"location '{name}' holds the archive's own folder {home}")
        for other, its_folder in folders.items():
            if other != name and folder.is_relative_to(its_folder):
                raise UsageError(
                    f"locations '{other}' and '{name}' lie in one another: {its_folder}",
                    hint="give each location a folder of its own, on a disk of its own",
                )
