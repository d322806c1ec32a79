"""FIDO with our index against FIDO as it comes and against siegfried, one after the other in one run.

Over the shared delivery (``ARCHIVE_SHARED``, default ``../shared``) and over small files that are generated. Everybody
works in this one process, so with one worker each; everybody's signatures are loaded before the clock runs.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import Contender, compare, table

from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.pool import examine_many
from archive.inspection.siegfried_identifier import SiegfriedIdentifier
from archive.inspection.verdict import decide

SHARED = Path(os.environ.get("ARCHIVE_SHARED") or Path(__file__).resolve().parents[2] / "shared")
STARTS = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0",
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0",
    b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n",
    b"GIF89a\1\0\1\0\x80\0\0",
    b"From someone@example.org\nSubject: a message\n\n",
    b'<?xml version="1.0" encoding="UTF-8"?><root/>',
    b"just words, and then more words\n",
    b"\0\1\2\3\4\5\6\7",
)
ENDS = (b"\0\0\0\0IEND\xaeB`\x82", b"\xff\xd9", b"trailer<</Root 1 0 R>>\n%%EOF\n", b"\0;", b"\n", b"", b"\n", b"")
EXTENSIONS = ("png", "jpg", "pdf", "gif", "eml", "xml", "txt", "bin")


def generate(folder: Path, count: int) -> list[Path]:
    """``count`` small files of eight kinds, no two alike, the same ones each time."""
    paths = []
    for number in range(count):
        kind = number % len(STARTS)
        path = folder / f"{number // 500:04d}" / f"{number:06d}.{EXTENSIONS[kind]}"
        path.parent.mkdir(exist_ok=True)
        body = number.to_bytes(4, "big") * (number % 500)
        path.write_bytes(STARTS[kind] + body + ENDS[kind])
        paths.append(path)
    return paths


def plain_fido(paths: list[Path]) -> Callable[[], None]:
    from fido.fido import Fido
    from fido.versions import get_local_versions

    versions = get_local_versions()
    fido = Fido(
        quiet=True,
        handle_matches=lambda *_: None,
        format_files=[versions.pronom_signature, versions.fido_extension_signature],
    )

    def run() -> None:
        for path in paths:
            try:
                fido.identify_file(str(path))
            except Exception as error:  # FIDO fails on damaged containers; it is let go on
                print(f"FIDO failed on {path.name}: {type(error).__name__}", file=sys.stderr)

    return run


def siegfried_alone(paths: list[Path]) -> Callable[[], None]:
    import pygfried

    scanner = pygfried.Scanner()

    def run() -> None:
        for path in paths:
            scanner.identify(str(path), True)

    return run


def indexed_fido(paths: list[Path]) -> Callable[[], None]:
    identifier = FidoIdentifier()

    def run() -> None:
        for path in paths:
            identifier.identify(path, name=path.name)

    return run


def both(paths: list[Path]) -> Callable[[], None]:
    made = (FidoIdentifier(), SiegfriedIdentifier())

    def run() -> None:
        makes = [lambda one=one: one for one in made]
        for answers in examine_many(((path, path.name) for path in paths), workers=1, makes=makes):
            decide(answers)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--generated", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        delivery = sorted(path for path in (SHARED / "corpora" / "delivery").rglob("*") if path.is_file())
        for title, paths in (
            ("files of the shared delivery", delivery),
            ("small generated files", generate(Path(folder), arguments.generated)),
        ):
            us = Contender("FIDO with index", indexed_fido(paths))
            peers = [
                Contender("siegfried alone", siegfried_alone(paths)),
                Contender("both, and the verdict", both(paths)),
                Contender("FIDO as it comes", plain_fido(paths)),
            ]
            results = compare(us, peers, rounds=arguments.rounds, warm_up=1)
            print(table(f"{len(paths):,} {title}", results))
            _, siegfried, together, plain = results
            ratio = sorted(s / t for s, t in zip(siegfried.seconds, together.seconds, strict=True))[
                arguments.rounds // 2
            ]
            print(f"FIDO with index is {plain.ratio:.1f}x FIDO as it comes (goal 12)")
            print(f"FIDO with index is {siegfried.ratio:.2f}x siegfried (goal 0.9)")
            print(f"both together are {ratio:.2f}x siegfried alone (goal 0.45)", end="\n\n", flush=True)


if __name__ == "__main__":
    main()
