"""Tables of the programs that wrote the log, and of the records that two persons set aside."""

import sqlalchemy as sa
from alembic import op

from archive.catalogue.migrations.making import evidence

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    evidence("program", "number integer key, kinds text, identity text")
    evidence("set_aside", "number integer key, request text")
    one, vocabulary = (
        sa.Column("one", sa.Integer(), primary_key=True),
        sa.Column("vocabulary", sa.Text(), nullable=False),
    )
    op.create_table("folded", one, vocabulary, sqlite_strict=True)
