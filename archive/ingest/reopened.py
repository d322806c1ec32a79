"""An accession that was closed and to which more is added: what was found before is still so, and is said again."""

from __future__ import annotations

import os
from pathlib import Path

from archive.catalogue.rows import AccessionRow
from archive.ingest.papers import kept_findings
from archive.ingest.seal import keep_findings
from archive.ingest.workbench import Workbench
from archive.model.packages import PackageKind
from profiles.finding_codes import is_about_received_file


def carry_over(closed: AccessionRow, source: Path, *, desk: Path, bench: Workbench) -> None:
    """Lay the findings of a closed accession on its new ``desk``, so that its next receipt has them.

    Where more comes from the same folder, what was found about the folder is found anew or is no longer so.
    """
    packages = bench.holdings.catalogue.packages(closed.id)
    papers = [package.id for package in packages if package.kind is PackageKind.ACCESSION]
    if not papers:
        return
    again = closed.source == os.fsencode(source)
    findings = (
        found for found in kept_findings(papers[-1], bench.holdings) if not again or is_about_received_file(found)
    )
    keep_findings(tuple(findings), desk=desk, name=papers[-1])
