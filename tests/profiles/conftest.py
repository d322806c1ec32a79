"""The shared delivery, taken in once: the data folders of the packages it became."""

from __future__ import annotations

from pathlib import Path

import pytest
from profiles_support import Packages, said


@pytest.fixture(scope="session")
def packages(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Packages:
    home = tmp_path_factory.mktemp("eark") / "archive"
    delivery = shared / "corpora" / "delivery"
    assert said("init", home)[0] == 0
    said("--archive", home, "ingest", delivery / "партия-2026-04", "--producer", "viasna",
         "--metadata", delivery / "metadata.csv")  # fmt: skip
    folders = sorted(path.parent for path in home.glob("store/*/*/data/METS.xml"))
    (aip,) = (folder for folder in folders if (folder / "representations").is_dir())
    (accession,) = (folder for folder in folders if folder != aip)
    return Packages(home, aip, accession)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an AIP with three files, one of them under a changed name, and a table about them."""
    root = tmp_path_factory.mktemp("small")
    delivery = root / "delivery"
    (delivery / "фото").mkdir(parents=True)
    (delivery / "фото" / "a b.txt").write_bytes("Минск\n".encode())
    (delivery / "что?.txt").write_bytes(b"a name that is changed\n")
    (delivery / "note.xml").write_bytes(b'<?xml version="1.0"?>\n<note/>\n')
    (root / "metadata.csv").write_text("path;rights_basis\nnote.xml;consent\nфото/a b.txt;public\n", "utf-8")
    assert said("init", root / "archive")[0] == 0
    said("--archive", root / "archive", "ingest", delivery, "--producer", "viasna",
         "--metadata", root / "metadata.csv")  # fmt: skip
    (folder,) = (path.parents[2] for path in root.glob("archive/store/*/*/data/representations/original/METS.xml"))
    return folder
