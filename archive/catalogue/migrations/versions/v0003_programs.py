"""Tables of the programs that wrote the log, and of the records that two persons set aside."""

from archive.catalogue.migrations.making import evidence

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    evidence("program", "number integer key, kinds text, identity text")
    evidence("set_aside", "number integer key, request text")
