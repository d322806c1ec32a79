"""A process that dies at any durable call while packages are packed or a tar is replaced; then the command again."""

from __future__ import annotations

from pathlib import Path

import pytest
from recovery_support import (
    KILLED,
    command,
    command_counting,
    command_dying,
    copy_of,
    holdings,
    make_delivery,
    metadata_of,
)

PARTS = 2


@pytest.fixture(scope="module")
def owing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that owes two packages to a location of tar files."""
    base = tmp_path_factory.mktemp("base") / "owing"
    home = base / "home"
    base.mkdir()
    assert command(home, "init", str(home), f"--location=second={base / 'second'}", "--form=second=tar") == 0
    (base / "second").rename(base / "away")
    delivery = make_delivery(base / "партия")
    words = ("ingest", str(delivery), "--producer", "p", "--metadata", str(metadata_of(delivery)))
    assert command(home, *words) == 3
    (base / "away").rename(base / "second")
    return base


@pytest.fixture(scope="module")
def harmed(owing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with both packages there: in one a letter is wrong, of the other only half is left."""
    base = tmp_path_factory.mktemp("base") / "harmed"
    home = copy_of(owing, base)
    assert command(home, "replicate") == 0
    one, two = sorted((base / "second").glob("??/*.tar"))
    one.write_bytes(one.read_bytes().replace(b"BagIt-Version", b"BagIt-version", 1))
    two.write_bytes(two.read_bytes()[: two.stat().st_size // 2])
    return base


def packages(base: Path) -> dict[str, bytes]:
    """Every tar file of the location, and what is set aside or left behind."""
    return {
        path.relative_to(base / "second").as_posix(): path.read_bytes() for path in (base / "second").rglob("*.tar")
    }


def told(home: Path) -> dict[str, object]:
    """What the archive holds, but for packages that were gone between the old tar's going and the new one's coming.

    That is said and mended as any damage is.
    """
    found = holdings(home)
    damages = found.pop("damage")
    assert isinstance(damages, list) and all(mended for _, _, mended in damages)
    found.pop("incidents")
    return {**found, "damage": [damage for damage in damages if damage[0] != b""]}


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("work", ["replicate", "audit"])
def test_what_died_anywhere_ends_as_if_nothing_had_happened(
    owing: Path, harmed: Path, tmp_path: Path, work: str, part: int
) -> None:
    base = owing if work == "replicate" else harmed
    undisturbed = copy_of(base, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, work)
    assert code == (0 if work == "replicate" else 20)
    expected, stored = told(undisturbed), packages(tmp_path / "undisturbed")
    published = [number for number, call in enumerate(calls) if call.endswith(".tar")]
    assert len(published) == (4 if work == "replicate" else 6), "each comes in, and gets its name; two are set aside"
    dying = range(published[0] - 3 + part, published[-1] + 4, PARTS)  # the others are those of any command
    print(f"{work}: died at {len(dying)} of {len(calls)} durable calls")
    for at in dying:
        home = copy_of(base, tmp_path / f"at-{at}")
        assert command_dying(home, at, work) == KILLED, calls[at]
        assert command(home, work) in (0, 20), calls[at]
        assert command(home, "audit") == 0, calls[at]
        assert told(home) == expected, calls[at]
        found = packages(tmp_path / f"at-{at}")
        assert sorted(found.values()) == sorted(stored.values()), calls[at]
        assert not list((tmp_path / f"at-{at}" / "second" / ".incoming").glob("*")), calls[at]
