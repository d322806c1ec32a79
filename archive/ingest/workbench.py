"""What ingest works with, taken as arguments and never looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path

from archive.config import PackagePolicy
from archive.holdings.holdings import Holdings
from archive.ingest.grouping import SideCar
from archive.ingest.lease import Leases
from archive.inspection.identification import Answers
from archive.inspection.malware import NoScanner, Scanner
from archive.inspection.pool import SMALL_BATCH
from archive.model.signatures import SignatureJudgement, SignatureOutcome
from archive.progress import Progress, Silent
from archive.storage.descent import open_unlinked


@dataclass(frozen=True, slots=True)
class SignatureQuestion:
    """A delivered signature or time-stamp, and what it may be about: our copies, with the SHA-256 of each file.

    ``kind`` is the ending of its name, ``.tsr`` for an RFC 3161 response; there is at least one file.
    """

    kind: SideCar
    signature: Path
    files: tuple[tuple[Path, str], ...]


@dataclass(frozen=True, slots=True)
class SignatureAnswer:
    """What came of checking a signature; ``subject`` is the place of the one file it was found to be about, if so."""

    judgement: SignatureJudgement
    subject: int | None = None


JudgeSignature = Callable[[SignatureQuestion], SignatureAnswer]
"""Checks one signature. Never raises for what its files contain."""


def no_verifier(_question: SignatureQuestion) -> SignatureAnswer:
    """Nobody can check anything: the answer to every question of a kind that has no verifier."""
    return SignatureAnswer(SignatureJudgement(SignatureOutcome.UNVERIFIABLE, "no verifier"))


SourceOpener = Callable[[bytes], RawIOBase]
"""Opens one delivered file for its one reading, with nothing that reads ahead between it and us."""

Identify = Callable[[Iterable[tuple[Path, str]]], Iterator[Answers]]
"""What each identifier says of files, given where the bytes lie and the delivered name, in the same order."""


MANY = SMALL_BATCH
"""Files from which the crew has enough to do to be started early."""

FindScanner = Callable[[], Scanner]
"""The malware scanner as it is now; asked again for each package, for it may come, go, and learn."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """The workshops and settings that ingest needs, to be used inside ``with bench.at_work()``."""

    holdings: Holdings
    staging: Path
    leases: Leases
    policy: PackagePolicy
    identify: Identify
    progress: Progress = field(default_factory=Silent)
    open_source: SourceOpener = open_unlinked
    judge_signature: JudgeSignature = no_verifier
    crew: AbstractContextManager[object] = field(default_factory=nullcontext)
    """Whoever stays at work from one lot to the next."""
    many_to_come: Callable[[], object] = lambda: None
    """Lets the crew get ready, where ``MANY`` files or more are about to come."""
    find_scanner: FindScanner = NoScanner

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Until this ends, leases are held and the crew stays."""
        with self.leases, self.crew:
            yield
