"""Alembic migrations of the catalogue; a released one is never edited."""
