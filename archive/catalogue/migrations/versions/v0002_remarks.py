"""Tables added after 0.1: what is remarked about records of the log that took no effect."""

from archive.catalogue.migrations.making import evidence

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    evidence("remark", "number integer key, code text, kind text, v integer, why text, set_aside integer null")
