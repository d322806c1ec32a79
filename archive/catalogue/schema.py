"""The tables. Changing one means a new migration in ``migrations/versions``; a released one is never edited.

Moments are text in the one spelling of ``archive.model.moments``, so that they sort and never lose a digit. Delivered
names are bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

_BIG = BigInteger().with_variant(Integer, "sqlite")  # STRICT tables of SQLite know only INTEGER, of 64 bits

_REFERENCE = text("same_as IS NOT NULL")


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    """An evidence table: its columns, the leaf that last spoke of the row, and the row's own digest."""
    leaf = Column("leaf", _BIG, nullable=False)
    digest = Column("row_digest", Text, nullable=False)
    return Table(name, metadata, *columns, leaf, digest, sqlite_strict=True)


applied = Table(
    "applied",
    metadata,
    Column("one", Integer, primary_key=True),
    Column("leaves", _BIG, nullable=False),
    sqlite_strict=True,
)
"""How many leaves of the custody log this catalogue has taken in: one row."""

location = _table(
    "location",
    Column("name", Text, primary_key=True),
    Column("uri", Text, nullable=False),
    Column("form", Text, nullable=False),
    Column("attributes", Text, nullable=False),
    Column("retired_at", Text),
)

producer = _table("producer", Column("code", Text, primary_key=True), Column("name", Text, nullable=False))

agreement = _table(
    "agreement",
    Column("id", Text, primary_key=True),
    Column("producer", Text, ForeignKey("producer.code"), nullable=False),
    Column("profile", Text, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("agreed_at", Text, nullable=False),
)

accession = _table(
    "accession",
    Column("id", Text, primary_key=True),
    Column("producer", Text, ForeignKey("producer.code"), nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("listing_sha256", Text, nullable=False),
    Column("metadata_name", LargeBinary),
    Column("metadata_sha256", Text),
    Column("opened_at", Text, nullable=False),
    Column("closed_at", Text),
    Column("metadata_reading", Text),
    Column("checksums_sha256", Text, nullable=False),
)

transfer = _table(
    "transfer",
    Column("accession", Text, ForeignKey("accession.id"), primary_key=True),
    Column("source", LargeBinary, primary_key=True),
    Column("medium", Text),
    Column("seal", Text),
    Column("seal_state", Text),
    Column("handed_over_by", Text),
    Column("received_by", Text),
    Column("handed_over_at", Text),
    Column("note_name", LargeBinary),
    Column("note_sha256", Text),
)

file = _table(
    "file",
    Column("id", Text, primary_key=True),
    Column("accession", Text, ForeignKey("accession.id"), nullable=False),
    Column("name", LargeBinary, nullable=False),
    Column("size", _BIG, nullable=False),
    Column("sha256", Text),
    Column("blake3", Text),
    Column("mtime", Text, nullable=False),  # nanoseconds, decimal: 64 bits end in the year 2262
    Column("outcome", Text, nullable=False),
    Column("aip", Text),
    Column("received_at", Text, nullable=False),
    Column("deaccessioned_at", Text),
    Column("same_as", Text),
    Index("file_by_accession", "accession", "name"),
    Index("file_by_sha256", "sha256"),
    Index("file_by_aip", "aip"),
    Index("file_by_same_as", "same_as", sqlite_where=_REFERENCE, postgresql_where=_REFERENCE),  # few have it
)

item_file = _table(
    "item_file",
    Column("file", Text, ForeignKey("file.id"), primary_key=True),
    Column("item", Text, nullable=False),
    Index("item_file_by_item", "item"),
)

file_rights = _table(
    "file_rights",
    Column("file", Text, ForeignKey("file.id"), primary_key=True),
    Column("statement", Text, nullable=False),
    Column("consents", Text, nullable=False),
    Column("persons", Text, nullable=False),
)

consent = _table(
    "consent",
    Column("ref", Text, primary_key=True),
    Column("person", Text),
    Column("scope", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("expires", Text),
    Column("withdrawn", Text),
    Column("withdrawn_reason", Text),
    Column("recorded_at", Text, nullable=False),
    Index("consent_by_person", "person"),
)

package = _table(
    "package",
    Column("id", Text, primary_key=True),
    Column("accession", Text, ForeignKey("accession.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("files", _BIG, nullable=False),
    Column("bytes", _BIG, nullable=False),
    Column("tag_files", Integer, nullable=False),
    Column("tagmanifest_sha256", Text, nullable=False),
    Column("manifest_sha256", Text, nullable=False),
    Column("sealed_at", Text, nullable=False),
    Column("deaccessioned_at", Text),
    Column("group_id", Text),
    Index("package_by_accession", "accession"),
)

identification = _table(
    "identification",
    Column("package", Text, ForeignKey("package.id"), primary_key=True),
    Column("tools", Text, nullable=False),
    Column("identified_at", Text, nullable=False),
)

file_format = _table(
    "file_format",
    Column("file", Text, ForeignKey("file.id"), primary_key=True),
    Column("told_by", Text, primary_key=True),
    Column("package", Text, ForeignKey("package.id"), nullable=False),
    Column("puid", Text),
    Column("name", Text),
    Column("verdict", Text, nullable=False),
    Column("basis", Text),
    Column("told_at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", _BIG, nullable=False),
    Column("former_puid", Text),
    Column("former_verdict", Text),
    Index("file_format_by_package", "package"),
)

signatures = _table(
    "signatures",
    Column("tool", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("release", Text, nullable=False),
    Column("sha256", Text),
    Column("file", Text),
    Column("adopted_at", Text, nullable=False),
)

risk_table = _table(
    "risk_table",
    Column("form", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("formats", Integer, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("previous", _BIG),
)

replica = _table(
    "replica",
    Column("package", Text, ForeignKey("package.id"), primary_key=True),
    Column("location", Text, ForeignKey("location.name"), primary_key=True),
    Column("key", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("stored_at", Text, nullable=False),
    Column("last_verified", Text),
    Index("replica_by_last_verified", "last_verified"),
)

incident = _table(
    "incident",
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("package", Text),
    Column("location", Text),
    Column("summary", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("closed_at", Text),
    Column("closed_reason", Text),
)

damage = _table(
    "damage",
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("path", LargeBinary, primary_key=True),
    Column("package", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("expected_sha256", Text),
    Column("observed_sha256", Text),
    Column("found_at", Text, nullable=False),
    Column("repaired_at", Text),
    Column("set_aside", Text),
    Index("damage_by_replica", "package", "location"),
)

handover = _table(
    "handover",
    Column("id", Text, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("planned_at", Text, nullable=False),
    Column("frozen_at", Text),
    Column("log_size", _BIG),
    Column("log_root", Text),
    Column("packages", _BIG),
    Column("files", _BIG),
    Column("bytes", _BIG),
)

handover_volume = _table(
    "handover_volume",
    Column("handover", Text, ForeignKey("handover.id"), primary_key=True),
    Column("volume", Integer, primary_key=True),
    Column("packages", _BIG, nullable=False),
    Column("files", _BIG, nullable=False),
    Column("bytes", _BIG, nullable=False),
    Column("sha256sums_sha256", Text, nullable=False),
    Column("written_at", Text, nullable=False),
)

key = _table(
    "key",
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("holder", Text, nullable=False),
    Column("added_at", Text, nullable=False),
    Column("retired_at", Text),
)

timestamp = _table(
    "log_timestamp",
    Column("size", _BIG, primary_key=True, autoincrement=False),
    Column("authority", Text, primary_key=True),
    Column("stamped", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
)

agent = _table("agent", Column("code", Text, primary_key=True), Column("role", Text, nullable=False))

policy = _table("policy", Column("setting", Text, primary_key=True), Column("value", _BIG, nullable=False))

paper = _table("paper", Column("number", _BIG, primary_key=True), Column("kind", Text, nullable=False))
"""Where the log speaks of keys, requests, approvals and the acts they allow."""

legal_hold = _table(
    "legal_hold",
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_at", Text, nullable=False),
    Column("lifted_at", Text),
)

tombstone = _table(
    "tombstone",
    Column("package", Text, ForeignKey("package.id"), primary_key=True),
    Column("request", Text, nullable=False),
    Column("remainder", Text),
    Column("files", _BIG, nullable=False),
    Column("bytes", _BIG, nullable=False),
    Column("at", Text, nullable=False),
    Index("tombstone_by_remainder", "remainder"),
)

malware_scan = _table(
    "malware_scan",
    Column("package", Text, ForeignKey("package.id"), primary_key=True),
    Column("scanner", Text),
    Column("signatures", Text),
    Column("outcome", Text, nullable=False),
    Column("detail", Text),
    Column("scanned_at", Text, nullable=False),
    Column("rescanned_at", Text),
)

malware_file = _table(
    "malware_file",
    Column("file", Text, ForeignKey("file.id"), primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("detail", Text),
    Column("scanned_at", Text, nullable=False),
)

quarantine_key = _table(
    "quarantine_key", Column("recipient", Text, primary_key=True), Column("added_at", Text, nullable=False)
)

quarantine = _table(
    "quarantine",
    Column("package", Text, ForeignKey("package.id"), primary_key=True),
    Column("why", Text, nullable=False),
    Column("threats", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_files", _BIG, nullable=False),
    Column("content_bytes", _BIG, nullable=False),
    Column("content_tag_files", Integer, nullable=False),
    Column("content_tagmanifest_sha256", Text, nullable=False),
    Column("content_manifest_sha256", Text, nullable=False),
    Column("quarantined_at", Text, nullable=False),
    Column("decision", Text),
    Column("decided_at", Text),
    Column("decided_by", Text),
    Column("decided_reason", Text),
    Index("quarantine_by_content", "content"),
)

EVIDENCE = (
    location,
    producer,
    agreement,
    accession,
    transfer,
    file,
    package,
    identification,
    file_format,
    signatures,
    risk_table,
    item_file,
    file_rights,
    consent,
    replica,
    incident,
    damage,
    handover,
    handover_volume,
    key,
    timestamp,
    agent,
    policy,
    paper,
    legal_hold,
    tombstone,
    malware_scan,
    malware_file,
    quarantine_key,
    quarantine,
)
"""Tables whose rows are evidence: they carry a digest and make up the canonical dump."""


def columns_of(tables: Iterable[Table]) -> dict[str, dict[str, bool]]:
    """The columns of each table in their order, and of each whether it holds octets rather than text or a number."""
    return {
        table.name: {column.name: isinstance(column.type, LargeBinary) for column in table.columns} for table in tables
    }


def keys_of_tables() -> dict[str, list[str]]:
    """The evidence tables, in the order of the canonical dump, with the columns of the keys that order their rows."""
    return {table.name: [column.name for column in table.primary_key.columns] for table in EVIDENCE}
