"""With a newer formats file the indexed FIDO says what FIDO itself says with that file, also where FIDO stumbles."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from signature_samples import NEW_PUID, PROBES, newer_containers, newer_formats

from archive.inspection.fido_identifier import FidoIdentifier
from archive.inspection.identification import Basis
from archive.inspection.signature_file import FidoFiles, SignatureFile
from archive.inspection.signatures import SignatureTables, fido_tables
from archive.model.digests import sha256_hex

Ask = Callable[[bytes], list[str]]


def pinned(path: Path) -> SignatureFile:
    return SignatureFile(path, sha256_hex(path.read_bytes()))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> FidoFiles:
    folder = tmp_path_factory.mktemp("newer")
    return FidoFiles(pinned(newer_formats(folder)), "110", pinned(newer_containers(folder)), "20260303")


@pytest.fixture(scope="module")
def tables(files: FidoFiles) -> SignatureTables:
    return fido_tables(files)


@pytest.fixture(scope="module")
def fido(files: FidoFiles) -> Iterator[Ask]:
    """FIDO's own answer with the newer file: PUIDs in its order, each once."""
    from fido.fido import Fido

    cache_size = vars(re)["_MAXCACHE"]
    assert files.formats is not None
    engine: Any = Fido(quiet=True, format_files=[str(files.formats.path), "format_extensions.xml"])
    vars(re)["_MAXCACHE"] = 4096
    yield lambda data: list(dict.fromkeys(f.findtext("puid") for f, _ in engine.match_formats(data, data)))
    vars(re)["_MAXCACHE"] = cache_size


def ours(tables: SignatureTables, data: bytes) -> list[str]:
    return [format.puid for format in tables.match_bytes(data, data)]


def test_what_is_new_gets_the_same_answers(fido: Ask, tables: SignatureTables) -> None:
    answers = [fido(data) for data in PROBES]
    assert {puid for answer in answers for puid in answer} >= {NEW_PUID, *(f"fmt/900{n}" for n in (2, 3, 4, 5))}
    assert [ours(tables, data) for data in PROBES] == answers


def test_so_do_pieces_of_it_put_together_at_random(fido: Ask, tables: SignatureTables) -> None:
    random = Random(110)
    pieces = [piece for data in PROBES for piece in (data, data[:9], data[-9:])]
    for _ in range(400):
        data = b"".join(random.choices(pieces, k=random.randint(1, 4)))
        assert ours(tables, data) == fido(data), data


def test_a_newer_container_file_tells_by_members_and_the_older_one_does_not(files: FidoFiles, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("novel.txt", "a novel member")
    newer = FidoIdentifier(files=files).identify(tmp_path / "x.zip", name="x.zip")
    assert [(match.puid, match.basis) for match in newer.matches] == [(NEW_PUID, Basis.CONTAINER)]
    only_formats = FidoIdentifier(files=FidoFiles(files.formats, "110")).identify(tmp_path / "x.zip", name="x.zip")
    assert [match.puid for match in only_formats.matches] == ["x-fmt/263"]


def test_two_pairs_of_files_are_told_apart_in_one_process(files: FidoFiles) -> None:
    assert fido_tables().version == FidoIdentifier().signatures
    assert fido_tables(files).version.startswith("PRONOM v110, containers 20260303 (formats sha256 ")
    assert NEW_PUID not in fido_tables().formats
