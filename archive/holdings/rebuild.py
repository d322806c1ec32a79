"""Making an archive again from one location, when everything else is gone.

The custody log is copied from the location, the catalogue is folded from it by the same ``apply`` as ever, and the
bags that stand at the location are held against it. Nothing is written to the location, no record is appended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archive.catalogue.catalogue import Catalogue
from archive.holdings.holdings import Holdings
from archive.model.digests import sha256_hex
from archive.model.identifiers import PackageId
from archive.model.packages import PAST
from archive.packages.sealed import TAGMANIFEST, read_small
from archive.storage.location import Location


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was found at the location a rebuild started from; identifiers of packages, in order."""

    records: int
    packages: int
    here: int
    not_here: tuple[PackageId, ...]
    not_as_sealed: tuple[PackageId, ...]
    unrecorded: tuple[str, ...]


def rebuild(holdings: Holdings, source: Location) -> Rebuilt:
    """Fold the restored log into the empty catalogue, and say which packages stand at ``source`` as they were sealed.

    Only the tagmanifest of each package is read here; an audit reads the rest.
    """
    records = holdings.catch_up()
    present = set(source.package_keys())
    past = {replica.key for replica in holdings.catalogue.replicas_at(source.name) if replica.state in PAST}
    present -= past  # still to be removed, or of a time when the location counted
    here, absent, wrong = 0, list[PackageId](), list[PackageId]()
    for package in holdings.catalogue.packages():
        replica = holdings.catalogue.replica(package.id, source.name)
        key = None if replica is None else replica.key
        if key is None or key not in present:
            absent.append(package.id)
            continue
        present.discard(key)
        here += 1
        data = read_small(source.reader(key), TAGMANIFEST)
        if data is None or sha256_hex(data) != package.tagmanifest_sha256:
            wrong.append(package.id)
    return Rebuilt(
        records=records,
        packages=here + len(absent),
        here=here,
        not_here=tuple(absent),
        not_as_sealed=tuple(wrong),
        unrecorded=tuple(sorted(present)),
    )


def catalogue_digest(catalogue: Catalogue) -> str:
    """SHA-256 of the canonical dump of all evidence rows, in hexadecimal: equal for two catalogues that say the same.

    Every value of every row counts, with its table, its column, its type and its length.
    """
    hasher = hashlib.sha256(b"evidence-archive/catalogue/v1\n")
    for line in _dump(catalogue):
        hasher.update(line)
    return hasher.hexdigest()


def _dump(catalogue: Catalogue) -> Iterator[bytes]:
    for table, values in catalogue.evidence():
        yield f"{table} {len(values)}\n".encode()
        yield from _spelled(values)


def _spelled(values: Mapping[str, object]) -> Iterator[bytes]:
    for name in sorted(values):
        value = values[name]
        kind = "-" if value is None else "b" if isinstance(value, bytes) else "i" if isinstance(value, int) else "t"
        octets = b"" if value is None else value if isinstance(value, bytes) else str(value).encode("utf-8")
        yield f"{name} {kind} {len(octets)}\n".encode() + octets + b"\n"
