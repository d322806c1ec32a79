"""A whole life on each form: taken in, copied, audited, damaged, repaired, divided, retired, made anew, handed over."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from life_support import DELIVERED, InMemory, Life, command

from archive.assembly import founding, parts
from archive.storage.memory import MEMORY


@pytest.fixture(params=["directory", "tar", MEMORY])
def life(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Life:
    if request.param != MEMORY:
        return Life(tmp_path, request.param)
    memory = InMemory(tmp_path, MEMORY)
    for module in (parts, founding):  # no word of the command line means memory
        monkeypatch.setattr(module, "open_location", memory.open)
    monkeypatch.setattr(founding, "identify", memory.identify)
    return memory


def test_an_archive_lives_on_every_form(life: Life, tmp_path: Path) -> None:
    for name, data in DELIVERED.items():
        path = tmp_path / "delivery" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    own = MEMORY if life.form == MEMORY else "directory"
    assert life.init("second", "third")["forms"] == {"store": own, "second": life.form, "third": life.form}
    ran = command("--archive", life.home, "ingest", tmp_path / "delivery", "--producer", "viasna")
    assert ran.code == 0, ran.err
    life.approvers()

    # A further copy
    assert life.add("fourth")["form"] == life.form
    assert life.done("replicate")["stored"] == 2
    rows = {row["name"]: row for row in life.done("location", "list")["locations"]}
    assert {name: row["form"] for name, row in rows.items()} == {
        "store": own,
        "second": life.form,
        "third": life.form,
        "fourth": life.form,
    }
    report = life.done("audit")
    assert (report["findings"], report["replicas"], report["ok"]) == ([], 8, report["files"])
    life.done("custody", "verify")

    # Damage and repair
    aip = life.aip
    life.spoil("second", aip, DELIVERED["one.txt"])
    life.lose("third", aip)
    report = life.done("audit", code=20)
    assert (report["altered"], report["missing"] > 0) == (1, True)
    assert report["repaired"] == report["altered"] + report["missing"]
    assert life.kept_aside("second") and not life.kept_aside("third")
    report = life.done("audit")
    assert (report["findings"], report["ok"], life.states()) == ([], report["files"], {"ok"})
    life.done("custody", "verify")
    assert {damage["path"] for damage in _damages(life)} == {"data/representations/original/data/one.txt"}

    # A stranger without the program finds nothing wrong at a location, and everything right once it is unpacked
    if life.form != MEMORY:
        _judged_by_a_stranger(life.place("third"), tmp_path / "unpacked", packed=life.form == "tar")

    # A file is deleted, the rest sealed anew from a copy, and the old package goes with what was set aside
    (secret,) = life.done("find", "secret.txt")["files"]
    life.done("carry-out", life.agreed("deletion", "request", secret["id"]))
    for name in ("store", "second", "third", "fourth"):
        location = life.objects(name)
        assert not location.occupied(f"{aip[:2]}/{aip}")
        assert len(list(location.package_keys())) == 2
    assert life.aip != aip and not life.kept_aside("second")
    assert life.done("audit")["findings"] == []

    # A location is retired, and what is new reaches the others alone
    life.done("carry-out", life.agreed("location", "retire", "second"))
    before = sorted(life.objects("second").package_keys())
    assert life.done("audit")["replicas"] == 6
    assert sorted(life.objects("second").package_keys()) == before

    # Made anew from any one location
    digest = life.done("catalogue", "digest")["digest"]
    for name in ("store", "third", "fourth"):
        new = command(
            "--archive", tmp_path / f"from-{name}", "catalogue", "rebuild", "--from", life.place(name), "--json"
        )
        assert new.code == 0, new.err
        assert f'"{digest}"' in new.out

    # Handed over in plain folders, whatever it lay in
    life.done("handover", "plan", "--recipient", "OHCHR", code=3)  # incidents of the damage are open
    life.done("handover", "freeze")
    life.agreed("handover", "request")
    volume = tmp_path / "volume"
    assert life.done("handover", "volume", "1", volume)["packages"] == 2
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=volume, check=True)
    packed = volume / "packages" / life.aip[:2] / life.aip
    assert (packed / "data/representations/original/data/one.txt").read_bytes() == DELIVERED["one.txt"]
    assert not (volume / "packages/.incoming").exists()
    life.done("custody", "verify")


def _judged_by_a_stranger(location: Path, unpacked: Path, *, packed: bool) -> None:
    said = _verified(location)
    assert ("NOT CHECKED  packages" in said) is packed
    shutil.copytree(location, unpacked)
    for path in unpacked.glob("??/*.tar"):
        subprocess.run(["tar", "-xf", path, "-C", path.parent], check=True)
        path.unlink()
    assert "RIGHT        packages     2 are here of 2" in _verified(unpacked)


def _verified(folder: Path) -> str:
    script = folder / "custody" / "verify_custody.py"
    ran = subprocess.run([sys.executable, "-I", script, folder], capture_output=True, text=True, check=False)
    assert ran.returncode == 3 and "WRONG" not in ran.stdout, ran.stdout  # no key and no checkpoint was given
    return ran.stdout


def _damages(life: Life) -> list[dict[str, str]]:
    from archive import assembly

    with assembly.reading(life.home) as archive:
        rows = archive.holdings.catalogue.damages(package=life.aip, location="second")
        assert all(row.repaired_at is not None and row.set_aside is not None for row in rows)
        return [{"path": row.path.decode()} for row in rows]
