"""Every E-ARK requirement has a check or a reason; our packages pass; the published table is what the checks say."""

from __future__ import annotations

import importlib.util
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from profiles_support import Packages

from profiles.eark import TABLES, check_package
from profiles.mets_checks import vocabulary
from profiles.requirement import Level, Requirement, Stance

REPOSITORY = Path(__file__).resolve().parents[2]
EVERY = [requirement for _, requirements in TABLES for requirement in requirements]
_PROFILE = "{http://www.loc.gov/METS_Profile/v2}requirement"


@pytest.mark.parametrize(
    ("place", "file"), [(0, "E-ARK-CSIP-v2-2-0.xml"), (1, "E-ARK-AIP-v2-2-0.xml")], ids=["CSIP", "AIP"]
)
def test_every_requirement_of_the_specification_is_there_with_its_level(place: int, file: str, shared: Path) -> None:
    profile = ElementTree.parse(shared / "standards" / "e-ark" / file)
    wanted = {(row.get("ID"), row.get("REQLEVEL")) for row in profile.iter(_PROFILE) if row.get("ID")}
    ours = [(requirement.identifier, str(requirement.level)) for requirement in TABLES[place][1]]
    assert len(ours) == len(set(ours))
    assert set(ours) == wanted


def test_the_vocabularies_are_those_of_the_specification(shared: Path) -> None:
    for path in (shared / "standards" / "e-ark").glob("CSIPVocabulary*.xml"):
        terms = [e.text or "" for e in ElementTree.parse(path).iter() if e.tag.endswith("}Term")]
        assert vocabulary(path.stem.removeprefix("CSIPVocabulary")) == {term.strip() for term in terms}


@pytest.mark.parametrize("requirement", EVERY, ids=lambda requirement: requirement.identifier)
def test_what_is_not_checked_or_not_met_says_why(requirement: Requirement) -> None:
    assert requirement.says.endswith(".")
    assert len(requirement.ours) > 5
    if requirement.check is None:
        assert requirement.identifier == "AIPM1" or requirement.level is Level.MAY
    if requirement.level is Level.MUST:
        assert requirement.stance is not Stance.DECLINED


def test_our_packages_fall_short_of_no_requirement_at_all(packages: Packages) -> None:
    assert check_package(packages.aip) == []
    assert check_package(packages.accession) == []


def test_the_published_table_is_what_the_checks_say() -> None:
    path = REPOSITORY / "docs" / "generate_eark.py"
    spec = importlib.util.spec_from_file_location("generate_eark", path)
    assert spec is not None and spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    assert generator.REFERENCE.read_text(encoding="utf-8") == generator.reference(), "run: python docs/generate_eark.py"


def test_a_finding_quotes_the_requirement_with_its_level(packages: Packages, tmp_path: Path) -> None:
    text = (packages.aip / "METS.xml").read_text("utf-8").replace(' TYPE="PHYSICAL"', "")
    (tmp_path / "METS.xml").write_text(text, "utf-8")
    (finding,) = (f for f in check_package(tmp_path) if f.code == "CSIP81")
    assert (finding.element, finding.severity, finding.source) == (
        "structMap",
        "error",
        "E-ARK CSIP 2.2.0 CSIP81 (MUST)",
    )
    assert finding.line == 1 + text[: text.index("<structMap")].count("\n")
    assert "CSIP81: Its type is PHYSICAL." in finding.message


@pytest.mark.parametrize(
    "name", ["documentation/one more.txt", "schemas/one more.xsd", "metadata/descriptive/more.xml"]
)
def test_a_file_of_the_package_that_no_reference_names_is_found(name: str, packages: Packages, tmp_path: Path) -> None:
    (tmp_path / "METS.xml").write_bytes((packages.aip / "METS.xml").read_bytes())
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(b"")
    assert [f.code for f in check_package(tmp_path) if name in f.message] in (["CSIP60"], ["CSIP113"], ["CSIP17"])


def test_the_texts_of_an_aip_are_utf_8_in_four_languages_and_small(packages: Packages) -> None:
    bag = packages.aip.parent
    readmes = ["README.txt", "README.fr.txt", "README.ru.txt", "README.be.txt"]
    size = 0
    for name in readmes:
        data = (bag / name).read_bytes()
        assert data == (packages.aip / "documentation" / name).read_bytes()
        text = data.decode("utf-8")
        assert "\r" not in text and not text.startswith("\ufeff")
        for tool in ("sha256sum -c", "certutil -hashfile", "Get-FileHash", "b3sum -c", "rights_basis", bag.name):
            assert tool in text, f"{name} does not speak of {tool}"
        assert all(len(line) <= 125 for line in text.splitlines()), name
        size += 2 * len(data)
    for name in ("codebook.txt", "formats.txt"):
        size += len((packages.aip / "documentation" / name).read_bytes())
    assert size < 300_000


def test_the_formats_in_words_count_every_file(packages: Packages) -> None:
    text = (packages.aip / "documentation" / "formats.txt").read_text("utf-8")
    counted = [int(line.split()[0]) for line in text.splitlines() if line[:6].strip().isdigit()]
    assert sum(counted) == sum(1 for p in (packages.aip / "representations/original/data").rglob("*") if p.is_file())
    assert "JPEG" in text and "PRONOM" in text


def test_the_codebook_knows_every_event_and_outcome_of_the_package(packages: Packages) -> None:
    from premis.model import Event
    from premis.reader import read_premis

    text = (packages.aip / "documentation" / "codebook.txt").read_text("utf-8")
    for folder in (packages.aip, packages.aip / "representations/original", packages.accession):
        for entity in read_premis(folder / "metadata/preservation/premis.xml"):
            if isinstance(entity, Event):
                assert f'"{entity.type.value}"' in text
                assert all(f'"{o.outcome.value}"' in text for o in entity.outcomes if o.outcome is not None)


def test_the_vocabulary_file_is_plain_json() -> None:
    text = (REPOSITORY / "profiles/data/eark/vocabularies-2.2.json").read_text("utf-8")
    assert all(json.loads(text).values())
