"""Sealing a package so that it is on the medium, right in the eyes of others, and ready to be recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from archive import durable
from archive.bags.second_opinion import second_opinion
from archive.errors import ArchiveError, StorageError
from archive.holdings.holdings import Holdings
from archive.model.identifiers import AccessionId, GroupId
from archive.model.packages import PackageKind
from archive.model.records import Octets, SealRecord
from archive.packages.content import Sealed


@contextmanager
def own_disk(path: Path) -> Iterator[None]:
    """Around what is written to our own disk at ``path``: where that fails, StorageError saying what to do."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path}: {error.strerror or error}",
            hint="free space or mend the disk, then give the same command again; what is sealed stays",
            transient=True,
        ) from error


def sealed_safely(folder: Path, write: Callable[[Path], Sealed]) -> Sealed:
    """Let ``write`` make the package, bring it to the medium, and ask bagit-python for a second opinion.

    Raises StorageError where the disk fails, ArchiveError where the second opinion differs: then nothing was sealed.
    """
    with own_disk(folder):
        folder.mkdir(exist_ok=True)
        sealed = write(folder)
        durable.sync_filesystem(folder)
    doubts = second_opinion(folder)
    if doubts:
        raise ArchiveError(
            f"package {sealed.package} was not sealed: {doubts[0].subject}: {doubts[0].message}",
            hint="the disk may be failing: check it, then give the same command again; the delivery is untouched",
        )
    return sealed


def seal_record(
    holdings: Holdings, sealed: Sealed, accession: AccessionId, kind: PackageKind, *, group: GroupId | None = None
) -> SealRecord:
    """The record of a package just sealed."""
    return SealRecord(
        **holdings.stamp(),
        package=sealed.package,
        accession=accession,
        package_kind=kind,
        files=sealed.files,
        bytes=Octets(sealed.bytes),
        tag_files=sealed.tag_files,
        tagmanifest_sha256=sealed.tagmanifest_sha256,
        manifest_sha256=sealed.manifest_sha256,
        group=group,
    )


def sealed_of(record: SealRecord) -> Sealed:
    """What a seal record promises."""
    return Sealed(
        record.package, record.files, record.bytes, record.tag_files, record.tagmanifest_sha256, record.manifest_sha256
    )
