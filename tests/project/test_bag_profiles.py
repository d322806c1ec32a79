"""Our packages are what our BagIt profiles (profiles/data/bagit) say they are."""

from __future__ import annotations

import fnmatch
import json
from pathlib import Path
from typing import Any

import pytest
from project_support import REPOSITORY

from archive.cli import run
from archive.packages.accession import ACCESSION_BAG_PROFILE
from archive.packages.aip import AIP_BAG_PROFILE
from archive.packages.quarantine import QUARANTINE_BAG_PROFILE

PROFILES = REPOSITORY / "profiles" / "data" / "bagit"
RESERVED = ("bagit.txt", "bag-info.txt", "manifest-*.txt", "tagmanifest-*.txt")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One sealed package of each kind, by the profile it claims."""
    ground = tmp_path_factory.mktemp("profiles")
    delivery = ground / "delivery"
    delivery.mkdir()
    (delivery / "запись.txt").write_text("a statement")
    (delivery / "без строки.txt").write_text("nobody says whose")
    (ground / "t.toml").write_text('name = "t"\nversion = 1\ntitle = "T"\n[files]\nwithout_row = "quarantine"\n')
    (ground / "table.csv").write_text("path;place\nзапись.txt;Минск\n", encoding="utf-8")
    assert run(["init", str(ground / "archive")]) == 0
    assert run(["--archive", str(ground / "archive"), "producer", "add", "p", "--profile", str(ground / "t.toml")]) == 0
    ingest = ["ingest", str(delivery), "--producer", "p", "--metadata", str(ground / "table.csv")]
    assert run(["--archive", str(ground / "archive"), *ingest]) == 3, "something is in quarantine"
    bags = [path.parent for path in (ground / "archive" / "store").rglob("bagit.txt")]
    return {_info(bag)["BagIt-Profile-Identifier"][0]: bag for bag in bags}


def _info(bag: Path) -> dict[str, list[str]]:
    labels: dict[str, list[str]] = {}
    for line in (bag / "bag-info.txt").read_text(encoding="utf-8").splitlines():
        label, _, value = line.partition(": ")
        labels.setdefault(label, []).append(value)
    return labels


def _differences(bag: Path, profile: dict[str, Any]) -> list[str]:
    """What keeps ``bag`` from fitting ``profile`` (BagIt Profiles 1.4)."""
    info, wrong = _info(bag), []
    for label, rule in profile["Bag-Info"].items():
        values = info.get(label, [])
        if rule.get("required") and not values:
            wrong.append(f"{label} is required")
        if not rule.get("repeatable", True) and len(values) > 1:
            wrong.append(f"{label} is there more than once")
        if rule.get("values") and not set(values) <= set(rule["values"]):
            wrong.append(f"{label} is {values}")
    wrong += [f"{label} is not in the profile" for label in info if label not in profile["Bag-Info"]]
    version = (bag / "bagit.txt").read_text(encoding="utf-8").split("\n")[0].removeprefix("BagIt-Version: ")
    if version not in profile["Accept-BagIt-Version"]:
        wrong.append(f"version {version}")
    for kind, prefix in (("Manifests", "manifest-"), ("Tag-Manifests", "tagmanifest-")):
        found = {path.name.removeprefix(prefix).removesuffix(".txt") for path in bag.glob(f"{prefix}*.txt")}
        if not set(profile[f"{kind}-Required"]) <= found <= set(profile[f"{kind}-Allowed"]):
            wrong.append(f"{kind}: {sorted(found)}")
    tags = {path.name for path in bag.iterdir() if path.is_file()}
    own = {name for name in tags if not any(fnmatch.fnmatch(name, pattern) for pattern in RESERVED)}
    wrong += [f"no {name}" for name in profile["Tag-Files-Required"] if name not in own]
    allowed = profile["Tag-Files-Allowed"]
    wrong += [f"tag file {name}" for name in own if not any(fnmatch.fnmatch(name, pattern) for pattern in allowed)]
    wrong += [f"no {path}" for path in profile["Payload-Files-Required"] if not (bag / path).is_file()]
    if not profile["Allow-Fetch.txt"] and (bag / "fetch.txt").exists():
        wrong.append("fetch.txt")
    return wrong


@pytest.mark.parametrize(
    ("file", "identifier"),
    [
        ("aip-1.json", AIP_BAG_PROFILE),
        ("accession-package-1.json", ACCESSION_BAG_PROFILE),
        ("quarantine-package-1.json", QUARANTINE_BAG_PROFILE),
    ],
)
def test_a_sealed_package_fits_the_profile_it_claims(file: str, identifier: str, packages: dict[str, Path]) -> None:
    profile = json.loads((PROFILES / file).read_text(encoding="utf-8"))
    assert profile["BagIt-Profile-Info"]["BagIt-Profile-Identifier"] == identifier
    assert _differences(packages[identifier], profile) == []


def test_a_package_does_not_fit_the_profile_of_the_other_kind(packages: dict[str, Path]) -> None:
    profile = json.loads((PROFILES / "accession-package-1.json").read_text(encoding="utf-8"))
    assert _differences(packages[AIP_BAG_PROFILE], profile)
