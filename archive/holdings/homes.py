"""Whether this home may change the archive: its own epoch, held against those that the locations in reach show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from archive.catalogue.rows import KeyRow
from archive.custody.epoch_files import epoch_key, name_home, read_home, shown_notes
from archive.custody.epochs import Epoch, Home, Judged, LogKey, Standing, judge, open_epoch
from archive.errors import ArchiveError, StorageError
from archive.model.acts import KeyRole
from archive.model.governance_records import ApprovalRecord, KeyRecord, RequestRecord
from archive.model.identifiers import new_identifier
from archive.model.moments import format_moment
from archive.model.records import CarriedOutRecord, Record, RequestWithdrawnRecord
from archive.storage.location import Location
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

PREPARING = (KeyRecord, RequestRecord, RequestWithdrawnRecord, ApprovalRecord, CarriedOutRecord)
"""What a rehearsal may record, in its own log alone: a new key of the log, where the old one is lost."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How this ``home`` stands by what the locations in reach show.

    ``epochs`` are rightly signed, each with the location that shows it; ``numbers`` are those of all notes, and
    ``findings`` tell of the others.
    """

    home: Home | None
    judged: Judged
    epochs: tuple[tuple[str, Epoch], ...] = ()
    numbers: frozenset[int] = frozenset()
    findings: tuple[Finding, ...] = ()

    @property
    def in_force(self) -> bool:
        """Whether this home may append, copy and sign."""
        return self.judged.standing is Standing.IN_FORCE

    def told(self) -> list[Finding]:
        """What a person must know: notes that are forged, and why this home may not change the archive."""
        findings = list(self.findings)
        if not self.in_force:
            words = _WORDS[self.judged.standing]
            subject = "home" if self.home is None else self.home.identifier
            message = f"{self._what(words)}; {words.hint}"
            findings.append(Finding(words.code, words.severity, subject, message, "DESIGN §7"))
        return findings

    def require_in_force(self, records: Iterable[Record] | None = None) -> None:
        """Raise ArchiveError unless this home may change the archive.

        A rehearsal may record ``records`` that prepare a takeover, and other ones not.
        """
        if self.in_force or (
            self.judged.standing is Standing.REHEARSAL
            and records is not None
            and all(isinstance(record, PREPARING) for record in records)
        ):
            return
        words = _WORDS[self.judged.standing]
        raise ArchiveError(f"nothing was changed: {self._what(words)}", hint=words.hint)

    def _what(self, words: _Words) -> str:
        epoch = self.judged.by
        if epoch is None:
            return words.what
        took_over = f"took over as epoch {epoch.number} on {format_moment(epoch.time)}"
        return words.what.format(other=f"home {epoch.home}, which {took_over} (location '{self.judged.at}')")


def look(folder: Path, origin: str, keys: Callable[[], list[KeyRow]], locations: Iterable[Location]) -> Seen:
    """How the home in ``folder`` stands. ``keys`` are asked for only where a location shows a note.

    A location that cannot be read now shows nothing.
    """
    epochs, findings, numbers = list[tuple[str, Epoch]](), list[Finding](), set[int]()
    known: list[LogKey] | None = None
    for location in locations:
        try:
            shown = list(shown_notes(location.backend))
        except (OSError, StorageError):
            continue
        numbers.update(number for number, _ in shown)
        for number, data in shown:
            known = log_keys(keys()) if known is None else known
            try:
                epochs.append((location.name, open_epoch(data, number, origin, known)))
            except ValueError as error:
                findings.append(_forged(location, number, str(error)))
    home = read_home(folder)
    return Seen(home, judge(home, epochs), tuple(epochs), frozenset(numbers), tuple(findings))


def log_keys(rows: Iterable[KeyRow]) -> list[LogKey]:
    """The keys of the log among all keys, as epochs are judged by them."""
    return [
        LogKey(row.public_key, None if row.retired_at is None else row.leaf) for row in rows if row.role == KeyRole.LOG
    ]


def ensure_named(folder: Path, seen: Seen) -> None:
    """Give a home of 0.1 its identifier."""
    if seen.home is None:
        name_home(folder, Home(new_identifier()))


def _forged(location: Location, number: int, why: str) -> Finding:
    message = (
        f"a note that another home has taken over is not rightly signed: {why}. It stops nothing; find out who could "
        "write there, then move the file away, unless another server took over with a key that is new"
    )
    subject = f"{location.name}: {epoch_key(number)}"
    return Finding(FindingCode.EPOCH_FORGED, Severity.ERROR, subject, message, "DESIGN §7")


@dataclass(frozen=True, slots=True)
class _Words:
    what: str
    hint: str
    code: FindingCode
    severity: Severity


_WORDS: Mapping[Standing, _Words] = MappingProxyType(
    {
        Standing.REHEARSAL: _Words(
            "this home was made anew from a location and is a rehearsal: it may be looked at, and it records, copies "
            "and signs nothing",
            "if it is the one that goes on, in place of the old one: archive takeover",
            FindingCode.HOME_REHEARSAL,
            Severity.INFO,
        ),
        Standing.SUPERSEDED: _Words(
            "this is not the home that goes on: it was restored from an older state, or replaced by {other}",
            "go on there; if that home is lost, too, make one anew from the location with the longest log: "
            "archive catalogue rebuild, then archive takeover",
            FindingCode.HOME_SUPERSEDED,
            Severity.WARNING,
        ),
        Standing.CONTESTED: _Words(
            "two homes took over under the same number, this one and {other}; both refuse",
            "look at both, choose the one whose log holds everything that counts, and give there: archive takeover",
            FindingCode.HOME_CONTESTED,
            Severity.WARNING,
        ),
    }
)
