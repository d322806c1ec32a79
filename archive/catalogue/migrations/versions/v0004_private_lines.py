"""What may be withheld or erased may be null; accessions and files have numbers for people, consents identifiers.

All that is evidence is taken in anew from the log, which is longer in saying what is in these columns.
"""

from alembic import op
from sqlalchemy import text

from archive.catalogue.migrations.making import evidence

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ANEW = ("file", "consent", "accession")


def upgrade() -> None:
    """Empty the tables, and make three of them anew."""
    connection = op.get_bind()
    connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    named = connection.execute(text("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")).scalars()
    for table in [name for name in named if name != "alembic_version" and not name.startswith("sqlite_")]:
        connection.execute(text(f'DELETE FROM "{table}"'))
    for table in _ANEW:
        op.drop_table(table)
    evidence(
        "accession",
        "id text key, producer text > producer.code, source blob, listing_sha256 text, metadata_name blob null, "
        "metadata_sha256 text null, opened_at text, closed_at text null, metadata_reading text null, "
        "checksums_sha256 text, number text, receipts integer",
    )
    evidence(
        "file",
        "id text key, accession text > accession.id, number integer, name blob null, size integer null, "
        "sha256 text null, blake3 text null, mtime text null, outcome text, aip text null, received_at text, "
        "deaccessioned_at text null, same_as text null",
    )
    op.create_index("file_by_accession", "file", ["accession", "name"])
    op.create_index("file_by_sha256", "file", ["sha256"])
    op.create_index("file_by_aip", "file", ["aip"])
    op.create_index("file_by_same_as", "file", ["same_as"], sqlite_where=text("same_as IS NOT NULL"))
    evidence(
        "consent",
        "id text key, ref text, person text null, scope text, terms text, given text, expires text null, "
        "withdrawn text null, withdrawn_reason text null, recorded_at text",
    )
    op.create_index("consent_by_person", "consent", ["person"])
    op.create_index("consent_by_ref", "consent", ["ref"])
