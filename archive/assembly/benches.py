"""What the functional entities work with, from an open archive."""

from __future__ import annotations

import os
from itertools import chain

from archive.assembly.parts import LEASES, Archive
from archive.custody.chains import Trust
from archive.errors import ConfigError
from archive.holdings.acting import Acting
from archive.holdings.timestamping import read_authorities
from archive.ingest.lease import Leases
from archive.ingest.verifier import JudgeToken, token_verifier
from archive.ingest.workbench import Workbench
from archive.inspection.malware import PATIENCE, Scanner
from archive.model.signatures import SignatureJudgement, SignatureOutcome
from archive.planning.rescan import scanner_at
from archive.planning.signatures import witnesses
from archive.progress import Progress, Silent


def acting(archive: Archive, *, progress: Progress | None = None) -> Acting:
    """What an act works with that takes two persons."""
    return Acting(archive.holdings, archive.config, archive.home, archive.staging, progress or Silent())


def ingest_bench(archive: Archive, *, progress: Progress) -> Workbench:
    """What ingest works with, on every core."""
    from archive.inspection.pool import Crew

    crew = Crew(workers=os.cpu_count() or 1, makes=witnesses(archive.holdings))
    return Workbench(
        holdings=archive.holdings,
        staging=archive.staging,
        leases=Leases(archive.home / LEASES),
        policy=archive.config.packages,
        identify=crew.examine,
        crew=crew,
        many_to_come=crew.begin,
        progress=progress,
        judge_signature=token_verifier(_token_judge(archive)),
        find_scanner=lambda: scanner_of(archive),
    )


def scanner_of(archive: Archive, *, patience: float = PATIENCE) -> Scanner:
    """The malware scanner that archive.toml names, as it is now; it may be silent for ``patience`` seconds."""
    return scanner_at(archive.home, archive.config.malware, patience=patience)


def _token_judge(archive: Archive) -> JudgeToken:
    """Judges delivered time-stamps by the roots of this archive's authorities, read when the first one comes."""
    trusted: list[Trust] = []

    def judge(token: bytes, sha256: bytes) -> SignatureJudgement:
        from archive.custody.judgement import judge_token

        if not trusted:
            try:
                known = [authority.trust for authority in read_authorities(archive.home, archive.config.timestamps)]
            except ConfigError as error:
                return SignatureJudgement(SignatureOutcome.UNVERIFIABLE, f"no trusted roots: {error.what}")
            roots, others = chain.from_iterable(t.roots for t in known), chain.from_iterable(t.others for t in known)
            trusted.append(Trust(tuple(roots), tuple(others)))
        return judge_token(token, sha256, trusted[0])

    return judge
