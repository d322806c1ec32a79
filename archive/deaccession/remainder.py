"""What is left of a package, sealed anew in the archive's own folder and not stored yet.

``<old package>.sealed`` says that it is finished: the record of its sealing, and the papers that still name a file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from archive import canonical, durable
from archive.catalogue.rows import here
from archive.codec.record_codec import decode_record, encode_record, renewed
from archive.deaccession.papers import accession_of, remaining_papers
from archive.deaccession.request import Doomed
from archive.holdings.acting import Acting
from archive.holdings.docket import Filed
from archive.holdings.holdings import Holdings
from archive.holdings.sealing import own_disk, seal_record, sealed_safely
from archive.holdings.sources import good_sources, no_good_source
from archive.model.identifiers import PackageId, new_identifier
from archive.model.records import SealRecord
from archive.packages.content import Sealed
from archive.packages.remainder_premis import Authority
from archive.packages.reseal import Remainder, reseal_aip
from archive.packages.reseal_papers import reseal_papers
from archive.packages.sealed import Promise
from archive.storage.folders import discard, make_folders
from archive.storage.location import PackageReader
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

SEALED = ".sealed"
"""Ending of the file that says a package was sealed anew and waits to be stored."""


Making = Callable[[Path], tuple[Sealed, list[str]]]
"""Makes a package below a folder; answers what was sealed, and what a person should know of it."""


def prepare(acting: Acting, filed: Filed, one: Doomed, intent: Path) -> None:
    """Seal what is left of a package anew, and write down in ``intent`` what will be recorded of it."""
    holdings = acting.holdings
    with own_disk(intent.parent):
        clear(intent.parent, besides=SEALED)
        make_folders(acting.home, intent.parent)
    package = PackageId(new_identifier())
    authority = Authority(filed.record.request, _persons(holdings, filed), holdings.stamp.clock())
    make = (_papers if one.lines else _evidence)(holdings, one, package=package, authority=authority)
    doubts: list[str] = []

    def write(root: Path) -> Sealed:
        sealed, told = make(root)
        doubts.extend(told)
        return sealed

    sealed = sealed_safely(intent.parent / package, write)
    record = seal_record(holdings, sealed, one.package.accession, one.package.kind, group=one.package.group_id)
    with own_disk(intent):
        durable.write_atomic(intent, encode_record(record) + b"\n" + canonical.encode(doubts) + b"\n")


def _evidence(holdings: Holdings, one: Doomed, *, package: PackageId, authority: Authority) -> Making:
    source, promise = _good_source(holdings, one)
    remainder = Remainder(
        package=package,
        source=one.package.id,
        source_tagmanifest_sha256=one.package.tagmanifest_sha256,
        accession=one.package.accession,
        producer=accession_of(holdings, one).producer,
        keep={file.id: here(file.name) for file in one.kept},
        gone={file.id: here(file.name) for file in one.gone},
        authority=authority,
        sealed_at=holdings.stamp.clock(),
        software_version=holdings.stamp.version,
    )
    return lambda root: reseal_aip(root, remainder, source=source, promise=promise)


def _papers(holdings: Holdings, one: Doomed, *, package: PackageId, authority: Authority) -> Making:
    source, promise = _good_source(holdings, one)
    papers = remaining_papers(holdings, one, package, authority)
    return lambda root: reseal_papers(root, papers, source=source, promise=promise)


def read_intent(intent: Path) -> tuple[SealRecord, list[str]]:
    """The record of a package sealed anew, and what a person should know of it."""
    first, second = intent.read_bytes().splitlines()
    seal, doubts = renewed(decode_record(first)), canonical.decode(second)
    if not isinstance(seal, SealRecord) or not isinstance(doubts, list):
        raise ValueError(f"{intent} was not written by this program")
    return seal, [str(doubt) for doubt in doubts]


def still_named(intent: Path) -> list[Finding]:
    """Papers in which a file is still named, or may be, because nobody could divide them."""
    seal, doubts = read_intent(intent)
    return [
        Finding(
            FindingCode.PAPERS_NAME_IT,
            Severity.WARNING,
            seal.package,
            f"{doubt}; read it, and decide about it",
            "ADR 0016",
        )
        for doubt in doubts
    ]


def clear(desk: Path, *, besides: str | None = None) -> None:
    """Throw away what was only being prepared; all of it, or all but the files that end in ``besides``."""
    if not desk.is_dir():
        return
    for path in sorted(desk.iterdir()):
        if besides is None or not path.name.endswith(besides):
            discard(path)
    if besides is None:
        discard(desk)


def _good_source(holdings: Holdings, one: Doomed) -> tuple[PackageReader, Promise]:
    """A replica that can be reached and is good as far as is known; every byte taken from it is checked again."""
    found = next(good_sources(holdings, one.package), None)
    if found is None:
        raise no_good_source(one.package)
    return found


def _persons(holdings: Holdings, filed: Filed) -> tuple[str, ...]:
    """Codes of those who asked and approved."""
    keys = holdings.catalogue.keys()
    holders = {key.name: key.holder for key in keys}
    names = [filed.record.requested_by, *(approval.key for approval in filed.approvals)]
    return tuple(dict.fromkeys(holders.get(name, name) for name in names))
