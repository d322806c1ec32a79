"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def text(name: str, *, null: bool = False, key: bool = False) -> "sa.Column[str]":
    """A text column."""
    return sa.Column(name, sa.Text(), nullable=null, primary_key=key)


def octets(name: str, *, null: bool = False, key: bool = False) -> "sa.Column[bytes]":
    """A column of bytes."""
    return sa.Column(name, sa.LargeBinary(), nullable=null, primary_key=key)


def number(name: str, *, null: bool = False) -> "sa.Column[int]":
    """A column of 64-bit integers."""
    return sa.Column(name, BIG, nullable=null)


def evidence(name: str, *columns: "sa.Column[Any] | sa.ForeignKeyConstraint") -> None:
    """A table whose rows are evidence."""
    op.create_table(name, *columns, number("leaf"), text("row_digest"), sqlite_strict=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table("applied", sa.Column("one", sa.Integer(), primary_key=True), number("leaves"), sqlite_strict=True)
    evidence(
        "location",
        text("name", key=True),
        text("uri"),
        text("form"),
        text("attributes"),
        text("retired_at", null=True),
    )
    evidence("producer", text("code", key=True), text("name"))
    evidence(
        "agreement",
        text("id", key=True),
        text("producer"),
        text("profile"),
        octets("terms"),
        text("agreed_at"),
        sa.ForeignKeyConstraint(["producer"], ["producer.code"]),
    )
    evidence(
        "accession",
        text("id", key=True),
        text("producer"),
        octets("source"),
        text("listing_sha256"),
        octets("metadata_name", null=True),
        text("metadata_sha256", null=True),
        text("opened_at"),
        text("closed_at", null=True),
        text("metadata_reading", null=True),
        text("checksums_sha256"),
        sa.ForeignKeyConstraint(["producer"], ["producer.code"]),
    )
    evidence(
        "transfer",
        text("accession", key=True),
        octets("source", key=True),
        text("medium", null=True),
        text("seal", null=True),
        text("seal_state", null=True),
        text("handed_over_by", null=True),
        text("received_by", null=True),
        text("handed_over_at", null=True),
        octets("note_name", null=True),
        text("note_sha256", null=True),
        sa.ForeignKeyConstraint(["accession"], ["accession.id"]),
    )
    evidence(
        "file",
        text("id", key=True),
        text("accession"),
        octets("name"),
        number("size"),
        text("sha256", null=True),
        text("blake3", null=True),
        text("mtime"),
        text("outcome"),
        text("aip", null=True),
        text("received_at"),
        text("deaccessioned_at", null=True),
        text("same_as", null=True),
        sa.ForeignKeyConstraint(["accession"], ["accession.id"]),
    )
    op.create_index("file_by_accession", "file", ["accession", "name"])
    op.create_index("file_by_sha256", "file", ["sha256"])
    op.create_index("file_by_aip", "file", ["aip"])
    few = sa.text("same_as IS NOT NULL")
    op.create_index("file_by_same_as", "file", ["same_as"], sqlite_where=few, postgresql_where=few)
    evidence("item_file", text("file", key=True), text("item"), sa.ForeignKeyConstraint(["file"], ["file.id"]))
    op.create_index("item_file_by_item", "item_file", ["item"])
    evidence(
        "package",
        text("id", key=True),
        text("accession"),
        text("kind"),
        number("files"),
        number("bytes"),
        sa.Column("tag_files", sa.Integer(), nullable=False),
        text("tagmanifest_sha256"),
        text("manifest_sha256"),
        text("sealed_at"),
        text("deaccessioned_at", null=True),
        text("group_id", null=True),
        sa.ForeignKeyConstraint(["accession"], ["accession.id"]),
    )
    op.create_index("package_by_accession", "package", ["accession"])
    evidence(
        "identification",
        text("package", key=True),
        text("tools"),
        text("identified_at"),
        sa.ForeignKeyConstraint(["package"], ["package.id"]),
    )
    evidence(
        "file_format",
        text("file", key=True),
        text("told_by", key=True),
        text("package"),
        text("puid", null=True),
        text("name", null=True),
        text("verdict"),
        text("basis", null=True),
        text("told_at"),
        text("actor"),
        text("reason"),
        number("since"),
        text("former_puid", null=True),
        text("former_verdict", null=True),
        sa.ForeignKeyConstraint(["file"], ["file.id"]),
        sa.ForeignKeyConstraint(["package"], ["package.id"]),
    )
    op.create_index("file_format_by_package", "file_format", ["package"])
    evidence(
        "signatures",
        text("tool", key=True),
        text("part", key=True),
        text("release"),
        text("sha256", null=True),
        text("file", null=True),
        text("adopted_at"),
    )
    evidence(
        "risk_table",
        text("form", key=True),
        text("name"),
        text("sha256"),
        text("date"),
        sa.Column("formats", sa.Integer(), nullable=False),
        text("taken_at"),
        number("previous", null=True),
    )
    evidence(
        "file_rights",
        text("file", key=True),
        text("statement"),
        text("consents"),
        text("persons"),
        sa.ForeignKeyConstraint(["file"], ["file.id"]),
    )
    evidence(
        "consent",
        text("ref", key=True),
        text("person", null=True),
        text("scope"),
        text("terms"),
        text("given"),
        text("expires", null=True),
        text("withdrawn", null=True),
        text("withdrawn_reason", null=True),
        text("recorded_at"),
    )
    op.create_index("consent_by_person", "consent", ["person"])
    evidence(
        "replica",
        text("package", key=True),
        text("location", key=True),
        text("key"),
        text("state"),
        text("stored_at"),
        text("last_verified", null=True),
        sa.ForeignKeyConstraint(["package"], ["package.id"]),
        sa.ForeignKeyConstraint(["location"], ["location.name"]),
    )
    op.create_index("replica_by_last_verified", "replica", ["last_verified"])
    evidence(
        "incident",
        text("id", key=True),
        text("type"),
        text("package", null=True),
        text("location", null=True),
        text("summary"),
        text("opened_at"),
        text("closed_at", null=True),
        text("closed_reason", null=True),
    )
    evidence(
        "damage",
        text("incident", key=True),
        octets("path", key=True),
        text("package"),
        text("location"),
        text("outcome"),
        text("expected_sha256", null=True),
        text("observed_sha256", null=True),
        text("found_at"),
        text("repaired_at", null=True),
        text("set_aside", null=True),
        sa.ForeignKeyConstraint(["incident"], ["incident.id"]),
    )
    op.create_index("damage_by_replica", "damage", ["package", "location"])
    evidence(
        "handover",
        text("id", key=True),
        text("recipient"),
        text("planned_at"),
        text("frozen_at", null=True),
        number("log_size", null=True),
        text("log_root", null=True),
        number("packages", null=True),
        number("files", null=True),
        number("bytes", null=True),
    )
    evidence(
        "handover_volume",
        text("handover", key=True),
        sa.Column("volume", sa.Integer(), nullable=False, primary_key=True),
        number("packages"),
        number("files"),
        number("bytes"),
        text("sha256sums_sha256"),
        text("written_at"),
        sa.ForeignKeyConstraint(["handover"], ["handover.id"]),
    )
    evidence(
        "key",
        text("name", key=True),
        text("role"),
        octets("public_key"),
        text("holder"),
        text("added_at"),
        text("retired_at", null=True),
    )
    evidence(
        "log_timestamp",
        sa.Column("size", BIG, primary_key=True, autoincrement=False),
        text("authority", key=True),
        text("stamped"),
        text("expires"),
        text("sha256"),
        text("recorded_at"),
    )
    evidence("agent", text("code", key=True), text("role"))
    evidence("policy", text("setting", key=True), number("value"))
    evidence("paper", sa.Column("number", BIG, nullable=False, primary_key=True), text("kind"))
    evidence(
        "legal_hold",
        text("id", key=True),
        text("scope"),
        text("subject"),
        text("reason"),
        text("placed_at"),
        text("lifted_at", null=True),
    )
    evidence(
        "tombstone",
        text("package", key=True),
        text("request"),
        text("remainder", null=True),
        number("files"),
        number("bytes"),
        text("at"),
        sa.ForeignKeyConstraint(["package"], ["package.id"]),
    )
    op.create_index("tombstone_by_remainder", "tombstone", ["remainder"])
    evidence(
        "malware_scan",
        text("package", key=True),
        text("scanner", null=True),
        text("signatures", null=True),
        text("outcome"),
        text("detail", null=True),
        text("scanned_at"),
        text("rescanned_at", null=True),
        sa.ForeignKeyConstraint(["package"], ["package.id"]),
    )
    evidence(
        "malware_file",
        text("file", key=True),
        text("outcome"),
        text("detail", null=True),
        text("scanned_at"),
        sa.ForeignKeyConstraint(["file"], ["file.id"]),
    )
    evidence("quarantine_key", text("recipient", key=True), text("added_at"))
    evidence(
        "quarantine",
        text("package", key=True),
        text("why"),
        text("threats"),
        text("recipient"),
        text("content"),
        number("content_files"),
        number("content_bytes"),
        sa.Column("content_tag_files", sa.Integer(), nullable=False),
        text("content_tagmanifest_sha256"),
        text("content_manifest_sha256"),
        text("quarantined_at"),
        text("decision", null=True),
        text("decided_at", null=True),
        text("decided_by", null=True),
        text("decided_reason", null=True),
        sa.ForeignKeyConstraint(["package"], ["package.id"]),
    )
    op.create_index("quarantine_by_content", "quarantine", ["content"])
