"""Reading what the catalogue knows of malware and quarantine."""

from __future__ import annotations

from collections.abc import Iterator

from archive.catalogue import quarantine_queries
from archive.catalogue.conversion import scanned
from archive.catalogue.reading import Reading
from archive.catalogue.rows import FileRow, MalwareFileRow, MalwareScanRow, QuarantineKeyRow, QuarantineRow
from archive.model.identifiers import AccessionId, FileId, PackageId
from archive.model.malware import MalwareOutcome, Scanned


class QuarantineReading(Reading):
    """What scanners said, and what is kept apart."""

    def malware_scan(self, package: PackageId) -> MalwareScanRow | None:
        """What was said last of most files of a package."""
        return self._one(MalwareScanRow, quarantine_queries.scan(package))

    def malware_files(self, package: PackageId) -> list[MalwareFileRow]:
        """What was said of files of a package that have a row of their own."""
        return self._all(MalwareFileRow, quarantine_queries.files_of(package))

    def malware_counts(self, accession: AccessionId | None = None) -> list[Scanned]:
        """What scanners said last of the files held, of one accession or all: most files first."""
        with self._reading() as connection:
            found = connection.execute(quarantine_queries.counts(accession)).all()
        return scanned((outcome, detail, int(files)) for outcome, detail, files in found)

    def malware_said(self, outcome: MalwareOutcome) -> Iterator[FileRow]:
        """Held files of which that was said last, by package, streamed."""
        return self._stream(FileRow, quarantine_queries.said(outcome))

    def malware_details(self, package: PackageId) -> list[Scanned]:
        """Whatever was said last of files of a package, each once; how many files is not counted."""
        with self._reading() as connection:
            found = connection.execute(quarantine_queries.details(package)).all()
        return scanned((outcome, detail, 0) for outcome, detail in found)

    def malware_scans(self) -> dict[PackageId, MalwareScanRow]:
        """What was said last of most files of each package held."""
        return {row.package: row for row in self._all(MalwareScanRow, quarantine_queries.scans())}

    def malware_unchecked(self) -> dict[PackageId, list[tuple[str, int]]]:
        """Why files were not checked of which something else was said than of most, by package.

        Each reason with the octets of the smallest file it was given for.
        """
        found: dict[PackageId, list[tuple[str, int]]] = {}
        with self._reading() as connection:
            for package, detail, size in connection.execute(quarantine_queries.unchecked()):
                found.setdefault(PackageId(str(package)), []).append((detail or "", int(size)))
        return found

    def malware_smallest(self, package: PackageId) -> int | None:
        """Octets of the smallest file of which the same was said as of most of its package; None if there is none."""
        size = self._scalar(quarantine_queries.smallest(package))
        return None if size is None else int(size)

    def malware_of(self, file: FileId) -> MalwareFileRow | None:
        """What was said of a file that has a row of its own."""
        return self._one(MalwareFileRow, quarantine_queries.of_file(file))

    def quarantine_keys(self) -> list[QuarantineKeyRow]:
        """Public keys that content is or was encrypted to, the one in use last."""
        return self._all(QuarantineKeyRow, quarantine_queries.keys())

    def quarantined(self) -> list[QuarantineRow]:
        """What is kept apart, decided or not, oldest first."""
        return self._all(QuarantineRow, quarantine_queries.quarantined())

    def quarantine(self, package: PackageId) -> QuarantineRow | None:
        """The package kept apart under this identifier, or that holds the package of this identifier."""
        return self._one(QuarantineRow, quarantine_queries.of_package(package))
