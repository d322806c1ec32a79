"""The catalogue: an index over what the bags and the custody log say, in SQLite or PostgreSQL.

It can be rebuilt from any one copy of the holdings and is never the truth. ``schema`` names the tables, ``rows`` the
frozen values that go in and come out, ``catalogue`` reads and writes them, ``opening`` makes, opens and migrates a
database. Every evidence row carries a digest of itself, because a flipped bit in a database file otherwise answers
with a wrong row and no word. The only door to SQLAlchemy and Alembic. Start with ``rows``.
"""
