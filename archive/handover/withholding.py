"""What a volume does not tell: private lines that are withheld, recorded before the volume's log is copied.

The record is a ``selection``: whoever receives the log can check by its count and digest that nothing else is missing.
What the packages and papers on the volume say is not touched by this; whoever chooses the lines sees to it that a
package which names a file goes along only where its name may (remainder packages).
"""

from __future__ import annotations

import secrets
import shutil
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from archive import canonical
from archive.catalogue.catalogue import Catalogue
from archive.catalogue.opening import create as create_catalogue
from archive.codec.record_codec import digests_in, file_at
from archive.custody.copies import restore
from archive.custody.leaf import SALT_SIZE
from archive.custody.merkle import Frontier, leaf_hashes
from archive.custody.withheld import Places, WithheldLine, spell_withheld, withheld_places
from archive.errors import UsageError
from archive.holdings.erasures import lawful_erasures
from archive.holdings.holdings import Holdings
from archive.model.digests import sha256_hex
from archive.model.handover_records import Selected
from archive.model.identifiers import new_identifier
from archive.model.records import SelectionRecord
from archive.storage.backend import StorageBackend

AS_RECEIVED = ".as-received"
"""A folder of the archive's own in which such a catalogue is made, and which is gone afterwards."""

WITHHELD = "withheld"
"""The decision about a file of which a line is withheld."""


@dataclass(frozen=True, slots=True)
class Withholding:
    """The lines that a volume does not hold, and the file that names them; nothing where all lines are there."""

    places: Places
    data: bytes
    count: int

    @property
    def sha256(self) -> str | None:
        """The digest of that file; None where there is none."""
        return sha256_hex(self.data) if self.count else None


def withhold(holdings: Holdings, lines: Sequence[WithheldLine], *, query: str, request: str | None) -> Withholding:
    """See to it that the log says which ``lines`` are withheld; recorded once, however often it is asked for.

    ``query`` says what they were chosen from, in words; ``request`` is the approved request that allows the volume.
    Raises UsageError for a line that is not there, or was erased.
    """
    if not lines:
        return Withholding({}, b"", 0)
    try:
        withholding = Withholding(withheld_places(lines), spell_withheld(lines), len(lines))
    except ValueError as error:
        raise UsageError(f"these lines cannot be withheld: {error}") from error
    found = list(_files(holdings, lines))
    if not any(_says(record, withholding, request) for _, record in _selections(holdings)):
        holdings.record([_record(holdings, withholding, found, query=query, request=request)])
    return withholding


def _files(holdings: Holdings, lines: Sequence[WithheldLine]) -> Iterator[Selected]:
    """Each file that a withheld line tells of, once, with a salt of its own."""
    erased, seen = holdings.log.erased(), dict[str, str]()
    for line in sorted(lines):
        if not 0 <= line.n < holdings.log.size:
            raise UsageError(f"there is no record {line.n}: the log holds {holdings.log.size}")
        if line.i in erased.get(line.n, ()):
            raise UsageError(f"line {line.i} of record {line.n} was erased: there is nothing to withhold")
        ((_, _, spelled),) = holdings.log.entries(line.n, line.n + 1)
        try:
            file = file_at(spelled, line.i)
        except ValueError as error:
            raise UsageError(f"record {line.n}: {error}", hint=f"it has {len(digests_in(spelled))} places") from error
        if file is not None:
            seen.setdefault(file, line.reason_class)
    for file, reason_class in sorted(seen.items()):
        yield Selected(file, WITHHELD, reason_class, _salt())


def _salt() -> str:
    return b64encode(secrets.token_bytes(SALT_SIZE)).decode()


def _selections(holdings: Holdings) -> Iterator[tuple[int, SelectionRecord]]:
    for n, _ in holdings.log.numbers_of(SelectionRecord.kind):
        item = holdings.log.item(n)
        if isinstance(item, SelectionRecord):
            yield n, item


def _says(record: SelectionRecord, withholding: Withholding, request: str | None) -> bool:
    told = (record.withheld, record.withheld_sha256, record.request)
    return told == (withholding.count, withholding.sha256, request)


def _record(
    holdings: Holdings, withholding: Withholding, found: Sequence[Selected], *, query: str, request: str | None
) -> SelectionRecord:
    salt = _salt()
    return SelectionRecord(
        **holdings.stamp(),
        selection=new_identifier(),
        request=request,
        log_size=holdings.log.size,
        query_sha256=sha256_hex(canonical.encode({"query": query, "salt": salt})),
        root=selection_root(found).hex(),
        count=len(found),
        withheld=withholding.count,
        withheld_sha256=withholding.sha256,
        query=query,
        query_salt=salt,
        found=tuple(found),
    )


def selection_root(found: Sequence[Selected]) -> bytes:
    """The root of the tree over one salted line for each file found (RFC 6962 §2.1; the lines are RFC 8785)."""
    lines = (
        canonical.encode(
            {"decision": one.decision, "file": one.file, "reason_class": one.reason_class, "salt": one.salt}
        )
        for one in found
    )
    return Frontier().extend(leaf_hashes(lines)).root()


@contextmanager
def as_received(holdings: Holdings, volume: StorageBackend) -> Iterator[Catalogue]:
    """The catalogue of who has nothing but the log on ``volume``: what is withheld there is null in it."""
    folder = holdings.home / AS_RECEIVED
    shutil.rmtree(folder, ignore_errors=True)  # left by a run that was killed
    folder.mkdir(mode=0o700)
    try:
        log = restore(volume, folder / "custody", lawful=partial(lawful_erasures, holdings.archive))
        catalogue = create_catalogue(folder / "catalogue.sqlite")
        replace(holdings, log=log, catalogue=catalogue).catch_up()
        yield catalogue
        catalogue.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
