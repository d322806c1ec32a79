"""Opens an archive: reads its configuration, wires the workshops together, and hands out a frozen ``Archive``.

``founding`` makes archives and locations, ``opening`` opens an archive to change it or to look, ``laying_open`` for the
check of its log; ``benches`` hands its parts to ingest and to acts. ``parts`` says what an archive is made of: start
there.
"""

from archive.assembly.benches import acting, ingest_bench, scanner_of
from archive.assembly.founding import (
    LocationIdentity,
    add_location,
    check_location,
    check_new,
    create,
    identify_location,
    rebuild,
)
from archive.assembly.laying_open import laid_open
from archive.assembly.opening import changing, doors, reading, taking_over
from archive.assembly.parts import Archive

__all__ = [
    "Archive",
    "LocationIdentity",
    "acting",
    "add_location",
    "changing",
    "check_location",
    "check_new",
    "create",
    "doors",
    "identify_location",
    "ingest_bench",
    "laid_open",
    "reading",
    "rebuild",
    "scanner_of",
    "taking_over",
]
