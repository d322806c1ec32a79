"""Copies of time-stamps at locations: whole, in order, never overwritten, and the way back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from custody_samples import FolderStore, crash_at
from local_authority import LocalAuthority
from stamping_support import PLACE, configured, request, stored

from archive.custody import stamps
from archive.custody.stamp_copies import compare_stamps, copy_stamps, restore_stamps
from archive.custody.stamp_examination import Known
from archive.custody.stamps import Place
from archive.errors import CustodyError
from archive.storage.filesystem import FileSystemBackend

PLACES = (Place(10, "b"), Place(10, "a"), Place(9, "late"), Place(20, "a"))
"""In the order of the log: an answer may come later than one about a newer checkpoint."""
CRASHED = PLACES[1:3]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / "local")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, local: LocalAuthority) -> tuple[Path, list[Known]]:
    custody = tmp_path_factory.mktemp("sample")
    return custody, stored(custody, local, *PLACES)


@pytest.fixture
def custody(tmp_path: Path, sample: tuple[Path, list[Known]]) -> Path:
    return Path(shutil.copytree(sample[0], tmp_path / "custody"))


@pytest.fixture(params=["keys of a whole tree", "keys of one folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FolderStore | FileSystemBackend:
    (tmp_path / "location").mkdir()
    return (FolderStore if "tree" in request.param else FileSystemBackend)(tmp_path / "location")


def held(tmp_path: Path) -> dict[str, bytes]:
    root = tmp_path / "location" / "custody"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def own(custody: Path) -> dict[str, bytes]:
    return {str(path.relative_to(custody)): path.read_bytes() for path in custody.rglob("*") if path.is_file()}


def test_every_whole_token_is_copied_once(tmp_path: Path, custody: Path, local: LocalAuthority, store) -> None:
    whole = own(custody)
    request(custody, configured(local, "waiting"), size=30)
    assert copy_stamps(custody, store, PLACES) == 4
    assert held(tmp_path) == whole, "a waiting request is nobody else's business"
    assert copy_stamps(custody, store, PLACES) == 0


def test_what_arrives_later_is_copied_too(tmp_path: Path, custody: Path, local: LocalAuthority, store) -> None:
    copy_stamps(custody, store, PLACES)
    late = Place(5, "very-late")
    stored(custody, local, late)
    assert copy_stamps(custody, store, [*PLACES, late]) == 1
    assert held(tmp_path) == own(custody)


def test_revocation_lists_are_copied_and_brought_back(tmp_path: Path, custody: Path, store) -> None:
    extra = custody / PLACES[0].key / "revocation" / "0123456789abcdef.crl"
    extra.parent.mkdir()
    extra.write_bytes(b"a list")
    copy_stamps(custody, store, PLACES)
    assert held(tmp_path) == own(custody)
    back = tmp_path / "back"
    back.mkdir()
    assert restore_stamps(back, store, PLACES) == 4
    assert own(back) == own(custody)
    assert restore_stamps(back, store, PLACES) == 0


def test_a_file_that_differs_is_said_and_not_overwritten(tmp_path: Path, custody: Path, store) -> None:
    copy_stamps(custody, store, PLACES)
    newest = tmp_path / "location" / "custody" / PLACES[-1].key / "chain.pem"
    newest.write_bytes(b"other")
    with pytest.raises(CustodyError, match=r"chain\.pem is not the file") as caught:
        copy_stamps(custody, store, PLACES)
    assert "third location" in caught.value.hint
    assert newest.read_bytes() == b"other"


def test_comparing_looks_at_all_of_them(tmp_path: Path, custody: Path, store) -> None:
    copy_stamps(custody, store, PLACES)
    assert compare_stamps(custody, store, PLACES, location="second") == []
    first = tmp_path / "location" / "custody" / PLACES[0].key
    (first / "response.tsr").write_bytes(b"other")
    (first / "signer.pem").unlink()
    (first / "more.txt").write_bytes(b"more")
    said = [finding.message for finding in compare_stamps(custody, store, PLACES, location="second")]
    assert len(said) == 3
    assert any("response.tsr" in one and "differs" in one for one in said)
    assert any("signer.pem" in one and "is missing" in one for one in said)
    assert any("more.txt" in one and "not in the archive itself" in one for one in said)


def test_a_crash_while_copying_never_leaves_a_response_without_the_rest(
    tmp_path: Path, custody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in range(1, 400):
        location = tmp_path / f"location-{call}"
        location.mkdir()
        store = FileSystemBackend(location)
        with crash_at(monkeypatch, call) as promised:
            copy_stamps(custody, store, CRASHED)
        for place in CRASHED:
            files = stamps.read_files(location / "custody" / place.key)
            assert "response.tsr" not in files or files == stamps.read_files(custody / place.key)
        copy_stamps(custody, store, CRASHED)
        for place in CRASHED:
            assert stamps.read_files(location / "custody" / place.key) == stamps.read_files(custody / place.key)
        if len(promised) < call:
            assert call > 30
            return
        shutil.rmtree(location)


def test_a_crash_while_bringing_back_is_gone_on_from(
    tmp_path: Path, custody: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = tmp_path / "location"
    location.mkdir()
    store = FileSystemBackend(location)
    copy_stamps(custody, store, CRASHED)
    for call in range(1, 400, 2):
        back = tmp_path / f"back-{call}"
        back.mkdir()
        with crash_at(monkeypatch, call) as promised:
            restore_stamps(back, store, CRASHED)
        for place in stamps.places(back):
            assert not stamps.is_whole(back, place) or stamps.read_files(back / place.key) == stamps.read_files(
                custody / place.key
            )
        restore_stamps(back, store, CRASHED)
        assert {name: data for name, data in own(back).items() if "/." not in name} == {
            f"{place.key}/{name}": data
            for place in CRASHED
            for name, data in stamps.read_files(custody / place.key).items()
        }
        if len(promised) < call:
            return


def test_a_location_that_holds_none_gives_none(tmp_path: Path, store) -> None:
    assert restore_stamps(tmp_path, store, [PLACE]) == 0
    assert stamps.places(tmp_path) == []
