"""Reading and writing the catalogue, in values of ``rows``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, or_, select

from archive.catalogue import format_queries, reference_queries, rights_queries, schema
from archive.catalogue.conversion import REBUILD
from archive.catalogue.declaration import Row
from archive.catalogue.quarantine_reading import QuarantineReading
from archive.catalogue.rows import (
    AccessionRow,
    AgentRow,
    AgreementRow,
    ConsentRow,
    DamageRow,
    FileFormatRow,
    FileRightsRow,
    FileRow,
    FormatHolding,
    HandoverRow,
    HandoverVolumeRow,
    IdentificationRow,
    IncidentRow,
    ItemFileRow,
    KeyRow,
    LegalHoldRow,
    LocationRow,
    PackageRow,
    PaperRow,
    PolicyRow,
    ProducerRow,
    ProgramRow,
    RemarkRow,
    ReplicaRow,
    RiskTableRow,
    SetAsideRow,
    SignaturesRow,
    TimestampRow,
    TombstoneRow,
    Totals,
    TransferRow,
)
from archive.catalogue.schema import TABLES
from archive.catalogue.writing import Writing
from archive.errors import CatalogueError
from archive.model.identifiers import AccessionId, FileId, GroupId, IncidentId, ItemId, PackageId
from archive.model.moments import format_moment
from archive.model.packages import PAST, Outcome, ReplicaState

R = TypeVar("R", bound=Row)


class Catalogue(Writing, QuarantineReading):
    """The index of the holdings. Reads answer frozen rows; writes happen inside ``transaction``.

    A row whose digest does not fit its values raises CatalogueError instead of being believed.
    """

    def get(self, kind: type[R], *key: object) -> R | None:
        """The row of a kind with this key, given in the order of its columns."""
        table = TABLES[kind]
        wanted = [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
        return self._one(kind, select(table).where(*wanted))

    def remarks(self, *, open_only: bool = False) -> list[RemarkRow]:
        """Records that took no effect and why, in the order of the log; only those not set aside, where wanted."""
        table = TABLES[RemarkRow]
        query = select(table).order_by(table.c.number)
        return self._all(RemarkRow, query.where(table.c.set_aside.is_(None)) if open_only else query)

    def vocabulary(self) -> str | None:
        """Which kinds and versions of record the program knew that took in what is here; None of one of 0.1."""
        found = self._scalar(select(schema.folded.c.vocabulary))
        return None if found is None else str(found)

    def programs(self) -> list[ProgramRow]:
        """The programs that wrote the log, in its order."""
        table = TABLES[ProgramRow]
        return self._all(ProgramRow, select(table).order_by(table.c.number))

    def set_aside(self) -> list[SetAsideRow]:
        """The records that two persons set aside, in the order of the log."""
        table = TABLES[SetAsideRow]
        return self._all(SetAsideRow, select(table).order_by(table.c.number))

    def applied(self) -> int:
        """How many records of the custody log have been taken in."""
        return int(self._scalar(select(schema.applied.c.leaves)) or 0)

    def locations(self) -> list[LocationRow]:
        """All locations, also retired ones, in the order they were added."""
        return self._all(LocationRow, select(schema.location).order_by(schema.location.c.leaf))

    def location(self, name: str) -> LocationRow | None:
        """The location of that name."""
        return self._one(LocationRow, select(schema.location).where(schema.location.c.name == name))

    def producer(self, code: str) -> ProducerRow | None:
        """The producer of that code."""
        return self._one(ProducerRow, select(schema.producer).where(schema.producer.c.code == code))

    def producers(self) -> list[ProducerRow]:
        """All producers, in the order they became known."""
        return self._all(ProducerRow, select(schema.producer).order_by(schema.producer.c.leaf))

    def agreements(self, producer: str) -> list[AgreementRow]:
        """What was agreed with a producer, the agreement in force last."""
        table = schema.agreement
        return self._all(AgreementRow, select(table).where(table.c.producer == producer).order_by(table.c.leaf))

    def accession(self, identifier: AccessionId) -> AccessionRow | None:
        """The accession of that identifier."""
        return self._one(AccessionRow, select(schema.accession).where(schema.accession.c.id == identifier))

    def accession_numbered(self, number: str) -> AccessionRow | None:
        """The accession that people call by this number, such as ``2026-0042``."""
        return self._one(AccessionRow, select(schema.accession).where(schema.accession.c.number == number))

    def file_numbered(self, accession: AccessionId, number: int) -> FileRow | None:
        """The file whose first receipt is this one of its accession."""
        table = schema.file
        return self._one(FileRow, select(table).where(table.c.accession == accession, table.c.number == number))

    def accessions_of_year(self, year: int) -> int:
        """How many accessions have a number of that year."""
        return int(self._scalar(select(func.count()).where(schema.accession.c.number.startswith(f"{year}-"))))

    def accessions(self, *, source: bytes | None = None, producer: str | None = None) -> list[AccessionRow]:
        """Accessions, oldest first; of one source or producer where given."""
        query = select(schema.accession).order_by(schema.accession.c.opened_at, schema.accession.c.leaf)
        if source is not None:
            query = query.where(schema.accession.c.source == source)
        if producer is not None:
            query = query.where(schema.accession.c.producer == producer)
        return self._all(AccessionRow, query)

    def transfers(self, accession: AccessionId) -> list[TransferRow]:
        """How what belongs to an accession came, in the order it was told."""
        table = schema.transfer
        return self._all(TransferRow, select(table).where(table.c.accession == accession).order_by(table.c.leaf))

    def file(self, identifier: FileId) -> FileRow | None:
        """The receipt of that identifier."""
        return self._one(FileRow, select(schema.file).where(schema.file.c.id == identifier))

    def known_files(self, identifiers: Sequence[FileId]) -> dict[FileId, FileRow]:
        """The receipts of those of these identifiers that have one."""
        table, known = schema.file, dict[FileId, FileRow]()
        for start in range(0, len(identifiers), 500):  # SQLite allows 999 parameters in old builds
            query = select(table).where(table.c.id.in_(identifiers[start : start + 500]))
            known |= {row.id: row for row in self._all(FileRow, query)}
        return known

    def files(self, accession: AccessionId, *, outcome: Outcome | None = None) -> Iterator[FileRow]:
        """Receipts of one accession, or those of one outcome, in order of their names, streamed."""
        table = schema.file
        wanted = [table.c.accession == accession, *([] if outcome is None else [table.c.outcome == outcome])]
        return self._stream(FileRow, select(table).where(*wanted).order_by(table.c.name))

    def files_of_item(self, item: ItemId) -> list[FileRow]:
        """Receipts of the held files that belong together under this identifier, in order of their names."""
        return self._all(FileRow, rights_queries.files_of_item(item))

    def names_in_items(self, items: Sequence[ItemId]) -> dict[ItemId, list[bytes]]:
        """Delivered names of the held files of these items; an item of which nothing is held is left out."""
        found: dict[ItemId, list[bytes]] = {}
        with self._reading() as connection:
            for query in rights_queries.names_in_items(items):
                for item, name in connection.execute(query):
                    found.setdefault(ItemId(item), []).append(bytes(name))
        return found

    def item_of(self, file: FileId) -> ItemId | None:
        """The item a file belongs to; None where it stands alone."""
        row = self._one(ItemFileRow, select(schema.item_file).where(schema.item_file.c.file == file))
        return None if row is None else row.item

    def items_by_name(self, accession: AccessionId) -> Iterator[tuple[bytes, ItemId]]:
        """Delivered names of one accession with the item each belongs to, for those that belong to one, streamed."""
        with self._reading() as connection:
            streamed = connection.execution_options(yield_per=1000)
            for name, item in streamed.execute(rights_queries.items_by_name(accession)):
                yield bytes(name), ItemId(item)

    def rights(self, file: FileId) -> FileRightsRow | None:
        """What was stated about the rights in a file."""
        return self._one(FileRightsRow, select(schema.file_rights).where(schema.file_rights.c.file == file))

    def with_rights(self, files: Sequence[FileId]) -> set[str]:
        """Those of these files about whose rights something was stated."""
        return {row.file for query in rights_queries.of_files(files) for row in self._all(FileRightsRow, query)}

    def statements(self, files: Sequence[FileId]) -> dict[str, str]:
        """What was stated about the rights in these files, in canonical JSON, for those of which something was."""
        rows = (row for query in rights_queries.of_files(files) for row in self._all(FileRightsRow, query))
        return {row.file: row.statement for row in rows}

    def resting_on(self, consent: str, person: str | None) -> Iterator[FileRow]:
        """Held files whose statement names this consent, or its person and no consent, by package, streamed."""
        return self._stream(FileRow, rights_queries.resting_on(consent, person))

    def consent(self, ref: str) -> ConsentRow | None:
        """The consent of that reference."""
        return self._one(ConsentRow, select(schema.consent).where(schema.consent.c.ref == ref))

    def consents(self, *, before: str | None = None) -> list[ConsentRow]:
        """Consents by reference; only those that end on or before a day, where one is given."""
        return self._all(ConsentRow, rights_queries.consents(before))

    def consents_of(self, *, refs: Iterable[str], persons: Iterable[str] = ()) -> list[ConsentRow]:
        """The consents of these references, and those that these persons gave."""
        queries = rights_queries.consents_of(list(refs), list(persons))
        return list({row.ref: row for query in queries for row in self._all(ConsentRow, query)}.values())

    def find_files(self, *, text: str, limit: int) -> list[FileRow]:
        """Receipts whose identifier or SHA-256 is ``text``, or whose name holds it."""
        table = schema.file
        needle = text.encode("utf-8", "surrogateescape")
        query = select(table).where(
            or_(table.c.id == text, table.c.sha256 == text.lower(), func.instr(table.c.name, needle) > 0)
        )
        return self._all(FileRow, query.order_by(table.c.accession, table.c.name).limit(limit))

    def held(self, sha256: Iterable[str]) -> set[str]:
        """Which of these SHA-256 digests belong to bytes already held, and not only in quarantine."""
        table, found = schema.file, set[str]()
        wanted = list(dict.fromkeys(sha256))
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            query = select(table.c.sha256).distinct()
            query = query.where(table.c.sha256.in_(part), table.c.aip.is_not(None), table.c.deaccessioned_at.is_(None))
            query = query.where(table.c.outcome.in_([str(Outcome.ACCEPTED), str(Outcome.DUPLICATE)]))
            with self._reading() as connection:
                found.update(str(row[0]) for row in connection.execute(query))
        return found

    def stored(self, accession: AccessionId, group: GroupId | None, sha256: Sequence[str]) -> list[FileRow]:
        """Receipts of files with these digests that lie in good packages of one accession and group, oldest first."""
        wanted = reference_queries.stored(accession, group, list(dict.fromkeys(sha256)))
        return [row for query in wanted for row in self._all(FileRow, query)]

    def references_to(self, files: Sequence[FileId]) -> list[FileRow]:
        """Receipts, not deaccessioned, whose bytes are stored as one of these files."""
        return [row for query in reference_queries.to_files(files) for row in self._all(FileRow, query)]

    def references(self, accession: AccessionId) -> int:
        """How many files of an accession have their bytes under another receipt of it."""
        return int(self._scalar(reference_queries.count(accession)) or 0)

    def broken_references(self) -> Iterator[FileRow]:
        """Receipts, not deaccessioned, whose bytes are not where they are said to be, streamed."""
        return self._stream(FileRow, reference_queries.broken())

    def package_of(self, file: FileRow) -> PackageId | None:
        """The package in which a file's bytes lie or lay, its own or that of the file it is the same as."""
        holder = None if file.same_as is None else self.file(file.same_as)
        return file.aip if holder is None else holder.aip

    def received(self, accession: AccessionId, names: Sequence[bytes]) -> list[FileRow]:
        """Receipts of one accession under these names."""
        table, found = schema.file, list[FileRow]()
        for start in range(0, len(names), 500):
            query = select(table).where(table.c.accession == accession, table.c.name.in_(names[start : start + 500]))
            found += self._all(FileRow, query)
        return found

    def totals(self, accession: AccessionId | None = None) -> Totals:
        """Receipts counted by outcome, of one accession or of all."""
        table = schema.file
        query = select(table.c.outcome, func.count(), func.count(table.c.deaccessioned_at)).group_by(table.c.outcome)
        if accession is not None:
            query = query.where(table.c.accession == accession)
        with self._reading() as connection:
            found = connection.execute(query).all()
        counts = {str(outcome): int(count) for outcome, count, _ in found}
        unknown = sorted(counts.keys() - {str(outcome) for outcome in Outcome})
        if unknown:
            raise CatalogueError(f"the catalogue is damaged: no file has the outcome {unknown[0]!r}", hint=REBUILD)
        return Totals(**counts, deaccessioned=sum(int(gone) for _, _, gone in found))

    def package(self, identifier: PackageId) -> PackageRow | None:
        """The package of that identifier, also a deaccessioned one."""
        return self._one(PackageRow, select(schema.package).where(schema.package.c.id == identifier))

    def packages(self, accession: AccessionId | None = None) -> list[PackageRow]:
        """Packages that are held, in the order they were sealed; of one accession where given."""
        query = select(schema.package).order_by(schema.package.c.leaf)
        query = query.where(schema.package.c.deaccessioned_at.is_(None))
        if accession is not None:
            query = query.where(schema.package.c.accession == accession)
        return self._all(PackageRow, query)

    def content(self) -> dict[PackageId, tuple[int, int]]:
        """How many files each package holds of what was delivered, and their octets."""
        table = schema.file
        query = select(table.c.aip, func.count(), func.sum(table.c.size))
        query = query.where(table.c.aip.is_not(None), table.c.deaccessioned_at.is_(None))
        with self._reading() as connection:
            found = connection.execute(query.group_by(table.c.aip)).all()
        return {PackageId(str(package)): (int(files), int(size)) for package, files, size in found}

    def files_of(self, package: PackageId) -> list[FileRow]:
        """Receipts of the files in one package, in the order they were received."""
        table = schema.file
        return self._all(FileRow, select(table).where(table.c.aip == package).order_by(table.c.leaf))

    def identification(self, package: PackageId) -> IdentificationRow | None:
        """How the files of a package were last identified; None for a package without files of evidence."""
        table = schema.identification
        return self._one(IdentificationRow, select(table).where(table.c.package == package))

    def file_formats(self, package: PackageId) -> list[FileFormatRow]:
        """What the files of a package are, as told by the machines and decided by persons, file by file."""
        return self._all(FileFormatRow, format_queries.of_package(package))

    def formats_of(self, file: FileId) -> list[FileFormatRow]:
        """What one file is: what the machines told last, then what a person decided last."""
        return self._all(FileFormatRow, format_queries.of_file(file))

    def identifications(self) -> dict[PackageId, str]:
        """With which tools the files of each package were last identified, in canonical JSON."""
        table = schema.identification
        return {row.package: row.tools for row in self._all(IdentificationRow, select(table))}

    def signatures(self) -> list[SignaturesRow]:
        """The signature files that tools were told to use."""
        table = schema.signatures
        return self._all(SignaturesRow, select(table).order_by(table.c.tool, table.c.part))

    def formats_changed(self, tools: str, package: PackageId | None = None) -> Iterator[FileFormatRow]:
        """What ``tools`` said otherwise than those before them, of all packages they were asked about last, or one."""
        return self._stream(FileFormatRow, format_queries.changed(tools, package))

    def format_decisions(self) -> list[FileFormatRow]:
        """What persons decided, of every file anybody decided on."""
        return self._all(FileFormatRow, format_queries.decisions())

    def formats_to_look_at(self) -> Iterator[FileFormatRow]:
        """What the machines say of every file they doubt or a person decided on, streamed, package by package."""
        return self._stream(FileFormatRow, format_queries.to_look_at())

    def format_name(self, puid: str) -> str | None:
        """What the format is called by those who found it here; None where nobody did."""
        return _text(self._scalar(format_queries.name(puid)))

    def format_holdings(self) -> list[FormatHolding]:
        """What is held, by format, verdict and basis: most files first."""
        with self._reading() as connection:
            found = connection.execute(format_queries.holdings()).all()
        held = [
            FormatHolding(_text(puid), _text(name), str(verdict), _text(basis), int(files), int(size))
            for puid, name, verdict, basis, files, size in found
        ]
        return sorted(held, key=lambda one: (-one.files, one.puid or "", one.verdict, one.basis or ""))

    def holdings_by_digits(self) -> dict[int, tuple[int, int]]:
        """What is held, by the number of decimal digits of a file's size: files, and their octets."""
        with self._reading() as connection:
            found = connection.execute(format_queries.holdings_by_digits()).all()
        return {int(digits): (int(files), int(size)) for digits, files, size in found}

    def risk_tables(self) -> list[RiskTableRow]:
        """The risk tables in use, at most one of each form."""
        return self._all(RiskTableRow, select(schema.risk_table).order_by(schema.risk_table.c.form))

    def replicas(self, package: PackageId | None = None) -> list[ReplicaRow]:
        """Replicas that are held, by package and location; of one package where given."""
        table = schema.replica
        query = select(table).order_by(table.c.package, table.c.location).where(table.c.state.not_in(list(PAST)))
        if package is not None:
            query = query.where(table.c.package == package)
        return self._all(ReplicaRow, query)

    def replicas_in(self, state: ReplicaState) -> list[ReplicaRow]:
        """Replicas in this state, also such as are held no more, by package and location."""
        table = schema.replica
        query = select(table).order_by(table.c.package, table.c.location).where(table.c.state == state.value)
        return self._all(ReplicaRow, query)

    def read_after(self, moment: datetime) -> list[ReplicaRow]:
        """Replicas whose last reading is dated later, by package and location."""
        table = schema.replica
        later = table.c.last_verified > format_moment(moment)
        return self._all(ReplicaRow, select(table).where(later).order_by(table.c.package, table.c.location))

    def replicas_at(self, location: str) -> list[ReplicaRow]:
        """Every replica that was ever stored at a location, by package."""
        table = schema.replica
        return self._all(ReplicaRow, select(table).where(table.c.location == location).order_by(table.c.package))

    def replicas_ever(self, package: PackageId) -> list[ReplicaRow]:
        """Every replica that a package ever had, by location."""
        table = schema.replica
        return self._all(ReplicaRow, select(table).where(table.c.package == package).order_by(table.c.location))

    def replica(self, package: PackageId, location: str) -> ReplicaRow | None:
        """The replica of a package at a location, in whatever state."""
        table = schema.replica
        return self._one(ReplicaRow, select(table).where(table.c.package == package, table.c.location == location))

    def incidents(self, *, only_open: bool = False) -> list[IncidentRow]:
        """Incidents, oldest first."""
        query = select(schema.incident).order_by(schema.incident.c.leaf)
        if only_open:
            query = query.where(schema.incident.c.closed_at.is_(None))
        return self._all(IncidentRow, query)

    def incident(self, identifier: IncidentId) -> IncidentRow | None:
        """The incident of that identifier."""
        return self._one(IncidentRow, select(schema.incident).where(schema.incident.c.id == identifier))

    def damages(
        self, *, incident: IncidentId | None = None, package: PackageId | None = None, location: str | None = None
    ) -> list[DamageRow]:
        """Damaged files, of one incident or one replica where given, repaired or not."""
        table = schema.damage
        query = select(table).order_by(table.c.leaf)
        for column, value in ((table.c.incident, incident), (table.c.package, package), (table.c.location, location)):
            if value is not None:
                query = query.where(column == value)
        return self._all(DamageRow, query)

    def timestamps(self) -> list[TimestampRow]:
        """Every time-stamp over a checkpoint, in the order in which they arrived."""
        return self._all(TimestampRow, select(schema.timestamp).order_by(schema.timestamp.c.leaf))

    def timestamp(self, size: int, authority: str) -> TimestampRow | None:
        """The time-stamp of that authority over the checkpoint of that size."""
        table = schema.timestamp
        return self._one(TimestampRow, select(table).where(table.c.size == size, table.c.authority == authority))

    def keys(self) -> list[KeyRow]:
        """Every signing key that was ever added, oldest first."""
        return self._all(KeyRow, select(schema.key).order_by(schema.key.c.added_at, schema.key.c.name))

    def key(self, name: str) -> KeyRow | None:
        """The signing key of that name."""
        return self._one(KeyRow, select(schema.key).where(schema.key.c.name == name))

    def agents(self) -> list[AgentRow]:
        """Everybody and everything that acts, in the order they became known."""
        return self._all(AgentRow, select(schema.agent).order_by(schema.agent.c.leaf))

    def policy(self) -> dict[str, int]:
        """The protective settings as they were last recorded; empty where they never were."""
        rows = self._all(PolicyRow, select(schema.policy).order_by(schema.policy.c.setting))
        return {row.setting: row.value for row in rows}

    def papers(self) -> list[PaperRow]:
        """Where the log speaks of keys, requests and what they allow, in its order."""
        return self._all(PaperRow, select(schema.paper).order_by(schema.paper.c.number))

    def legal_holds(self, *, in_force: bool = False) -> list[LegalHoldRow]:
        """Legal holds, oldest first."""
        query = select(schema.legal_hold).order_by(schema.legal_hold.c.leaf)
        if in_force:
            query = query.where(schema.legal_hold.c.lifted_at.is_(None))
        return self._all(LegalHoldRow, query)

    def legal_hold(self, identifier: str) -> LegalHoldRow | None:
        """The legal hold of that identifier."""
        return self._one(LegalHoldRow, select(schema.legal_hold).where(schema.legal_hold.c.id == identifier))

    def tombstones(self) -> list[TombstoneRow]:
        """Deaccessioned packages, oldest first."""
        return self._all(TombstoneRow, select(schema.tombstone).order_by(schema.tombstone.c.leaf))

    def tombstone(self, package: PackageId) -> TombstoneRow | None:
        """What is left of a deaccessioned package."""
        return self._one(TombstoneRow, select(schema.tombstone).where(schema.tombstone.c.package == package))

    def tombstone_behind(self, remainder: PackageId) -> TombstoneRow | None:
        """The tombstone of the package whose remaining files were sealed anew as ``remainder``."""
        return self._one(TombstoneRow, select(schema.tombstone).where(schema.tombstone.c.remainder == remainder))

    def handovers(self) -> list[HandoverRow]:
        """Handovers, oldest first."""
        return self._all(HandoverRow, select(schema.handover).order_by(schema.handover.c.planned_at))

    def handover(self, identifier: str) -> HandoverRow | None:
        """The handover of that identifier."""
        return self._one(HandoverRow, select(schema.handover).where(schema.handover.c.id == identifier))

    def handover_volumes(self, identifier: str) -> list[HandoverVolumeRow]:
        """The volumes of one handover that were written."""
        table = schema.handover_volume
        return self._all(
            HandoverVolumeRow, select(table).where(table.c.handover == identifier).order_by(table.c.volume)
        )

    def evidence(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Every evidence row of every table with its table's name, in order of table and key: the canonical dump."""
        for table in schema.EVIDENCE:
            with self._reading() as connection:
                for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings():
                    yield table.name, dict(row)

    def columns(self) -> dict[str, dict[str, bool]]:
        """The tables of the canonical dump with their columns, in the dump's order; True for those of octets."""
        return schema.columns_of(schema.EVIDENCE)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
