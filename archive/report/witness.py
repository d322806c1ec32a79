"""The PREMIS inside a package, heard from the first good copy that can be reached."""

from __future__ import annotations

import io
from collections.abc import Iterator

from archive.catalogue.rows import PackageRow
from archive.holdings.holdings import Holdings
from archive.model.packages import ReplicaState
from archive.packages.sealed import read_small
from premis.model import Entity
from premis.reader import read_premis


def premis_of(holdings: Holdings, package: PackageRow, path: bytes) -> Iterator[Entity]:
    """What the PREMIS document at ``path`` in the package says; nothing where no good copy can be reached."""
    for replica in holdings.catalogue.replicas(package.id):
        location = holdings.locations[replica.location]
        if replica.state is not ReplicaState.OK or location.offline() is not None:
            continue
        data = read_small(location.reader(replica.key), path)
        if data is not None:
            yield from read_premis(io.BytesIO(data))
            return
