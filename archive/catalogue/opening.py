"""Making, opening and migrating the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, create_engine, event, inspect, text

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.reading import DAMAGED, reason
from archive.errors import CatalogueError

_MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = max(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py"))
"""The newest migration this program knows."""

_REBUILD = "the bags and the custody log are the truth: archive catalogue rebuild makes a new catalogue from them"


def create(path: Path) -> Catalogue:
    """A new, empty catalogue in the SQLite file ``path``, which must not exist."""
    if path.exists():
        raise CatalogueError(f"{path} exists already", hint="nothing was changed")
    engine = _engine(path)
    with engine.connect() as connection, closing(sqlite3.connect(":memory:")) as empty:
        empty.deserialize(_empty())
        empty.backup(cast(sqlite3.Connection, connection.connection.driver_connection))
    return Catalogue(engine)


@cache
def _empty() -> bytes:
    """The database of a catalogue with nothing in it, as all migrations one after the other make it.

    They take longer than anything else in a short command that makes several.
    """
    engine = create_engine("sqlite://")
    _migrate(engine)
    with engine.connect() as connection:
        return cast(sqlite3.Connection, connection.connection.driver_connection).serialize()


def open_catalogue(path: Path) -> Catalogue:
    """The catalogue in the SQLite file ``path``, migrated to this program's version if it is older.

    Raises CatalogueError where it is missing, damaged, or written by a newer program.
    """
    if not path.exists():
        raise CatalogueError(f"the catalogue {path} is missing", hint=_REBUILD)
    engine = _engine(path)
    try:
        version = _version(engine)
    except DAMAGED as error:
        raise CatalogueError(f"the catalogue {path} is damaged: {reason(error)}", hint=_REBUILD) from error
    if version is None:
        raise CatalogueError(f"{path} is no catalogue of this archive", hint=_REBUILD)
    if version > HEAD:
        raise CatalogueError(
            f"the catalogue {path} has version {version}, this program knows versions up to {HEAD}",
            hint="use the newer version of evidence-archive that last wrote here; nothing was changed",
        )
    if version != HEAD:
        _migrate(engine)
    return Catalogue(engine)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30.0})

    @event.listens_for(engine, "connect")
    def _settings(connection, _record) -> None:  # type: ignore[no-untyped-def]  # a DBAPI connection has no type
        cursor = connection.cursor()
        # Receipts come in the order of a delivery and are indexed by random identifiers and digests: pages that are
        # touched again within a transaction are better kept than written each time. Negative: KiB, not pages.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32768"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def _version(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
