"""The papers of an open accession, kept on its desk until they are sealed: so that the medium may go back meanwhile.

Each delivery that was received to its end leaves one set: its listing, what the producer sent along, what was found to
be unusual, and what its table and lists have not in common with it. A set is there once its ``index.json`` is.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from archive import durable
from archive.catalogue.rows import AccessionRow
from archive.errors import ArchiveError
from archive.holdings.holdings import Holdings
from archive.holdings.sealing import own_disk
from archive.ingest.transfer import Note
from archive.model.digests import CHUNK, sha256_hex
from archive.model.identifiers import PackageId, new_identifier
from archive.model.packages import replica_key
from archive.model.sentences import with_data
from archive.storage.folders import discard
from profiles.finding import Finding, finding_as_json, finding_from_json

PAPERS = "papers"
_FINDINGS = b"data/documentation/findings.json"
_INDEX = "index.json"
_LISTING = "listing.jsonl"
_UNMATCHED = "unmatched.csv"
_NOTES = "notes"


@dataclass(frozen=True, slots=True)
class Filed:
    """One set of papers. ``blocked``: something in the delivery could not be looked at."""

    folder: Path
    number: int
    source: bytes
    listing_sha256: str
    blocked: bool
    findings: tuple[Finding, ...]
    names: tuple[bytes, ...]

    def listing(self) -> Iterator[bytes]:
        """The listing, line by line."""
        return _lines(self.folder / _LISTING)

    def unmatched(self) -> Iterator[bytes]:
        """What is on one side only, line by line."""
        return _lines(self.folder / _UNMATCHED)

    def submission(self) -> Iterator[tuple[bytes, Iterable[bytes]]]:
        """What the producer sent along: names, and content in pieces."""
        for place, name in enumerate(self.names):
            yield name, _pieces(self.folder / str(place))


def file_away(
    desk: Path,
    journal: Path,
    *,
    source: bytes,
    listing_sha256: str,
    blocked: bool,
    findings: Iterable[Finding],
    unmatched: IO[bytes],
    submission: Iterable[tuple[bytes, Iterable[bytes]]],
) -> None:
    """Keep the papers of a delivery on the ``desk`` of its accession, in the place of an earlier set of the same."""
    before = filed(desk)
    folder = desk / PAPERS / new_identifier()
    names = []
    with own_disk(folder):
        folder.mkdir(parents=True)
    for place, (name, chunks) in enumerate(submission):
        names.append(name)
        _write(folder / str(place), chunks)
    unmatched.seek(0)
    _write(folder / _UNMATCHED, iter(lambda: unmatched.read(CHUNK), b""))
    index = {
        "number": max((one.number for one in before), default=0) + 1,
        "source_b64": base64.b64encode(source).decode(),
        "listing_sha256": listing_sha256,
        "blocked": blocked,
        "findings": [finding_as_json(finding) for finding in findings],
        "names_b64": [base64.b64encode(name).decode() for name in names],
    }
    with own_disk(folder):
        _take(journal, folder / _LISTING)
        durable.sync_filesystem(folder)
        durable.write_atomic(folder / _INDEX, json.dumps(index).encode("ascii"))
        durable.sync_folder(folder.parent)
        for one in before:
            if (one.source, one.listing_sha256) == (source, listing_sha256):
                discard(one.folder)


def filed(desk: Path) -> list[Filed]:
    """The sets on a desk, the newest last."""
    return sorted((_read(path.parent) for path in (desk / PAPERS).glob(f"*/{_INDEX}")), key=lambda one: one.number)


def was_received(known: AccessionRow, desk: Path) -> bool:
    """Whether the delivery that an accession was opened with last was received to its end, wherever it lay then."""
    return any(one.listing_sha256 == known.listing_sha256 for one in filed(desk))


def standing(sets: Iterable[Filed]) -> list[Filed]:
    """The newest set of each source: what an older one says of it is no longer so."""
    return list({one.source: one for one in sets}.values())


def keep_note(desk: Path, note: Note) -> None:
    """Keep a hand-over note on the desk."""
    path = desk / PAPERS / _NOTES / sha256_hex(note.octets)
    with own_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            durable.write_atomic(path, note.octets)


def note_on(desk: Path, sha256: str) -> bytes:
    """A hand-over note kept on the desk; ArchiveError where it is not there or not what was recorded."""
    path = desk / PAPERS / _NOTES / sha256
    try:
        octets = path.read_bytes()
    except OSError:
        octets = b""
    if sha256_hex(octets) != sha256:
        raise ArchiveError(
            f"the hand-over note with the SHA-256 {sha256} is not at {path}",
            hint="give the ingest command again with --hand-over-note FILE; the accession stays open",
        )
    return octets


def findings_from(kept: Iterable[dict[str, Any]]) -> tuple[Finding, ...]:
    """Findings as they were written down. Raises ValueError, TypeError or KeyError for anything else."""
    return tuple(with_data(finding_from_json(given)) for given in kept)


def kept_findings(package: PackageId, holdings: Holdings) -> Iterator[Finding]:
    """The findings sealed in an accession package, from the first copy that can be read."""
    for location in holdings.online():
        try:
            with location.reader(replica_key(package)).open(_FINDINGS) as stream:
                kept = json.loads(b"".join(iter(lambda: stream.read(CHUNK), b"")))
            findings = findings_from(kept)
        except (OSError, ValueError, TypeError, KeyError):
            continue  # another copy may be better; the audit will say what is wrong with this one
        yield from findings
        return


def _read(folder: Path) -> Filed:
    index = json.loads((folder / _INDEX).read_bytes())
    return Filed(
        folder=folder,
        number=index["number"],
        source=base64.b64decode(index["source_b64"]),
        listing_sha256=index["listing_sha256"],
        blocked=index["blocked"],
        findings=findings_from(index["findings"]),
        names=tuple(base64.b64decode(name) for name in index["names_b64"]),
    )


def _take(journal: Path, path: Path) -> None:
    """Let ``path`` be the journal as it is now: a new one is put in its place, never written into it."""
    try:
        os.link(journal, path)
    except OSError:  # a file system without hard links
        shutil.copyfile(journal, path)


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    with own_disk(path):
        file = open(path, "xb")  # noqa: SIM115 - what fails in reading the chunks is not our own disk's fault
    with file:
        for chunk in chunks:
            with own_disk(path):
                file.write(chunk)


def _lines(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from file


def _pieces(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")
