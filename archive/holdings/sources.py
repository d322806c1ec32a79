"""A replica to take from: good as far as is known, and vouched for by the log."""

from __future__ import annotations

from collections.abc import Iterator

from archive.catalogue.rows import PackageRow
from archive.errors import StorageError
from archive.holdings.holdings import Holdings
from archive.model.packages import ReplicaState
from archive.packages.sealed import Promise, read_promise
from archive.storage.location import PackageReader


def good_sources(holdings: Holdings, package: PackageRow) -> Iterator[tuple[PackageReader, Promise]]:
    """Replicas of a package that can be reached and are good as far as is known, with what they must hold."""
    for replica in holdings.catalogue.replicas(package.id):
        location = holdings.locations[replica.location]
        if replica.state is ReplicaState.OK and location.offline() is None:
            reader = location.reader(replica.key)
            promise = read_promise(package, [reader])
            if promise.complete:
                yield reader, promise


def no_good_source(package: PackageRow) -> StorageError:
    """What to say where there is none."""
    return StorageError(
        f"package {package.id} has no good replica that can be reached",
        hint="bring a location back or run archive audit, then give the same command again; nothing was changed",
    )
