"""Single faults planted into the documents of a package of ours: each is refused with line, element and requirement."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from premis.schemas import Schemas
from profiles.finding import Severity
from profiles.judgement import Judgement, judge_mets, judge_premis
from profiles.requirement import LocatedFinding

REPRESENTATION = "representations/original"
ROOT = "METS.xml"
INNER = f"{REPRESENTATION}/METS.xml"
PREMIS = "metadata/preservation/premis.xml"
FILES = f"{REPRESENTATION}/{PREMIS}"


class Planted(NamedTuple):
    """``old`` becomes ``new``, once; the finding with ``code`` is about ``element``. DAY and YEAR stand for those
    on which the document was made.

    ``by_schema``: whether the official schemas see it, too.
    """

    name: str
    old: str
    new: str
    code: str
    element: str
    by_schema: bool = False

    @property
    def source(self) -> str:
        """How the source of the finding ends that quotes the requirement; nothing where no requirement is quoted."""
        return f"{self.code} (MUST)" if self.code.startswith(("CSIP", "AIPM")) else ""


TITLED = 'LABEL="Representations/original"'
MPTR_HREF = 'xlink:href="representations/original/METS.xml" xlink:title'

ROOT_FAULTS = [
    Planted("no OBJID", ' OBJID="urn:', ' LABEL="urn:', "CSIP1", "mets"),
    Planted("no TYPE", ' TYPE="Mixed"', "", "CSIP2", "mets"),
    Planted("a TYPE of no vocabulary", '"Mixed"', '"mixed up"', "CSIP2", "mets"),
    Planted("no PROFILE", "PROFILE=", "LABEL=", "CSIP6", "mets"),
    Planted("another PROFILE", "E-ARK-AIP-v2-2-0", "E-ARK-AIP", "AIPM2", "mets"),
    Planted("no CREATEDATE", ' CREATEDATE="2', ' LASTMODDATE="2', "CSIP7", "metsHdr"),
    Planted("a day that is none", 'CREATEDATE="DAY', 'CREATEDATE="YEAR-02-30', "CSIP7", "metsHdr", True),
    Planted("a package type of no vocabulary", 'PE="AIP"', 'PE="ZIP"', "CSIP9", "metsHdr", True),
    Planted("another package type", 'PE="AIP"', 'PE="SIP"', "AIPM3", "metsHdr"),
    Planted("nobody created it", '"CREATOR"', '"EDITOR"', "CSIP11", "agent"),
    Planted("an organisation created it", '"OTHER" OTHERTYPE', '"ORGANIZATION" OTHERTYPE', "CSIP12", "agent"),
    Planted("no software", '"SOFTWARE"', '"HARDWARE"', "CSIP13", "agent"),
    Planted("a nameless program", ">evidence-archive<", "><", "CSIP14", "agent"),
    Planted("no version", ">0.1.0<", "><", "CSIP15", "agent"),
    Planted("a version not marked", ' csip:NOTETYPE="SOFTWARE VERSION"', "", "CSIP16", "agent"),
    Planted("a section without ID", ' ID="dmd-2"', "", "CSIP18", "dmdSec", True),
    Planted("a section without date", 'dmd-1" CREATED="YEAR', 'dmd-1" GROUPID="YEAR', "CSIP19", "dmdSec"),
    Planted("another locator", 'LOCTYPE="URL"', 'LOCTYPE="PURL"', "CSIP22", "mdRef"),
    Planted("no link type", 'xlink:type="simple" xlink:href="metadata/d', 'xlink:href="metadata/d', "CSIP23", "mdRef"),
    Planted("no address", 'xlink:href="metadata/preservation/premis.xml" ', "", "CSIP38", "mdRef"),
    Planted("metadata of no type", 'MDTYPE="DC"', 'MDTYPE="RDF"', "CSIP25", "mdRef", True),
    Planted("no media type", 'MIMETYPE="text/csv"', "", "CSIP26", "mdRef"),
    Planted("a media type that is none", '"text/csv"', '"comma separated"', "CSIP26", "mdRef"),
    Planted("a checksum without type", ' CHECKSUMTYPE="SHA-256"', "", "CSIP30", "mdRef"),
    Planted("a checksum of no type", '"SHA-256"', '"BLAKE3"', "CSIP30", "mdRef", True),
    Planted("a checksum of another type", '"SHA-256"', '"MD5"', "CSIP29", "mdRef"),
    Planted("a file section without ID", '<fileSec ID="files">', "<fileSec>", "CSIP59", "fileSec"),
    Planted("documentation under another name", 'USE="Documentation"', 'USE="Docs"', "CSIP60", "mets"),
    Planted("schemas under another name", 'USE="Schemas"', 'USE="XSD"', "CSIP113", "mets"),
    Planted("representations under another name", 'USE="Representations/original"', 'USE="Content"', "CSIP114", "mets"),
    Planted("a group for nothing", ' USE="Schemas"', "", "CSIP64", "fileGrp"),
    Planted("a file without media type", '1" MIMETYPE="text/plain"', '1"', "CSIP68", "file"),
    Planted("a structural map of another kind", '"PHYSICAL"', '"LOGICAL"', "CSIP81", "structMap"),
    Planted("a structural map of nobody", 'LABEL="CSIP"', 'LABEL="OURS"', "CSIP82", "structMap"),
    Planted("no metadata division", 'LABEL="Metadata"', 'LABEL="Data"', "CSIP88", "div"),
    Planted("a division spelled small", 'LABEL="Schemas"', 'LABEL="schemas"', "CSIP99", "div"),
    Planted(
        "documentation that is schemas", 'FILEID="group-documentation"', 'FILEID="group-schemas"', "CSIP116", "fptr"
    ),
    Planted("a representation under another name", TITLED, 'LABEL="original"', "CSIP107", "div"),
    Planted("a pointer to no group", MPTR_HREF + '="group-representation"', MPTR_HREF + '="group"', "CSIP108", "mptr"),
    Planted(
        "a pointer of another kind",
        'div-original" ' + TITLED + '><mptr LOCTYPE="URL"',
        'div-original" ' + TITLED + '><mptr LOCTYPE="ARK"',
        "CSIP112",
        "mptr",
    ),
    Planted(
        "an ID given twice", 'ID="file-documentation-2"', 'ID="file-documentation-1"', "id-duplicate", "file", True
    ),
    Planted("an ID of nothing", 'DMDID="dmd-1', 'DMDID="dmd-9', "id-unresolved", "div"),
    Planted("a file that is not there", "documentation/codebook.txt", "documentation/code.txt", "file-missing", "file"),
    Planted("a file outside", "documentation/codebook.txt", "../bagit.txt", "href-outside", "file"),
    Planted("an element of nobody", "<fileSec", "<fileSection/><fileSec", "schema", "fileSection", True),
]

INNER_FAULTS = [
    Planted("a file without ID", '<file ID="file-1"', "<file", "CSIP67", "file", True),
    Planted("no size", ' SIZE="30"', "", "CSIP69", "file"),
    Planted("a size in words", 'SIZE="30"', 'SIZE="thirty"', "CSIP69", "file", True),
    Planted("a wrong size", 'SIZE="30"', 'SIZE="31"', "size-wrong", "file"),
    Planted("no file date", 'SIZE="30" CREATED=', 'SIZE="30" BEGIN=', "CSIP70", "file"),
    Planted("no checksum", 'CHECKSUM="92f7', 'OWNERID="92f7', "CSIP71", "file"),
    Planted("a wrong checksum", 'CHECKSUM="92f7', 'CHECKSUM="92f6', "checksum-wrong", "file"),
    Planted(
        "no location", '<FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="data/note.xml"/>', "", "CSIP76", "file"
    ),
    Planted(
        "another locator",
        'URL" xlink:type="simple" xlink:href="data/note',
        'URN" xlink:type="simple" xlink:href="data/note',
        "CSIP77",
        "FLocat",
    ),
    Planted("an address cut short", "data/note.xml", "data/%D0", "CSIP79", "FLocat"),
    Planted(
        "a second main division",
        "</div></structMap>",
        '</div><div ID="again"/></structMap>',
        "CSIP84",
        "structMap",
        True,
    ),
]

PREMIS_FAULTS = [
    Planted("a version of no schema", 'version="3.0"', 'version="3"', "schema", "premis", True),
    Planted("no size", "<size>30</size>", "<size>much</size>", "schema", "size", True),
    Planted("no digest", "<messageDigest>92f7", "<digest/><messageDigest>92f7", "schema", "digest", True),
    Planted("an object of no category", '"file"', '"folder"', "schema", "object", True),
    Planted(
        "an extension that breaks its schema", "<e:modified>", "<e:modifed/><e:modified>", "schema", "modifed", True
    ),
    Planted("a level in words", "<compositionLevel>0", "<compositionLevel>no", "schema", "compositionLevel", True),
    Planted(
        "an event on a day that is none",
        "<eventDateTime>YEAR-",
        "<eventDateTime>YEAR-02-30/",
        "datetime-unreal",
        "eventDateTime",
    ),
    Planted("an event type of nobody", ">filename change<", ">renaming<", "term-unknown", "eventType"),
    Planted("an event type with another's URI", ">filename change<", ">ingestion<", "term-unknown", "eventType"),
    Planted("a digest algorithm of nobody", ">SHA-256<", ">SHA-257<", "term-unknown", "messageDigestAlgorithm"),
    Planted(
        "an agent that is not there",
        "<linkingAgentIdentifierValue>software:",
        "<linkingAgentIdentifierValue>hardware:",
        "link-unresolved",
        "linkingAgentIdentifier",
    ),
]


@pytest.fixture(scope="module")
def schemas(shared: Path, small: Path) -> Schemas:
    return Schemas(shared / "standards", [small / "schemas" / "evidence-extension-1.xsd"])


@pytest.fixture
def package(small: Path, tmp_path: Path) -> Path:
    """The small package, by links: what is changed is written anew."""
    return Path(shutil.copytree(small, tmp_path / "data", copy_function=os.link))


def plant(path: Path, fault: Planted) -> int:
    """Change the document and answer the line on which that was."""
    text = path.read_text("utf-8")
    year, rest = r"(?P<year>[0-9]{4})", r"-[0-9]{2}-[0-9]{2}"
    found = re.search(re.escape(fault.old).replace("DAY", year + rest).replace("YEAR", year), text)
    assert found is not None, fault.name
    old, new = found[0], fault.new
    if "year" in found.groupdict():
        new = new.replace("DAY", text[found.start("year") :][:10]).replace("YEAR", found["year"])
    path.unlink()
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def refused(judgement: Judgement, fault: Planted) -> list[LocatedFinding]:
    """The findings that refuse the fault, among whatever else it broke."""
    assert not judgement.valid
    errors = [f for f in judgement.findings if f.severity is Severity.ERROR]
    assert any(f.code == "schema" for f in errors) == fault.by_schema
    return [f for f in errors if (f.code, f.element) == (fault.code, fault.element) and f.source.endswith(fault.source)]


@pytest.mark.parametrize("fault", ROOT_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_in_the_root_mets_is_refused(fault: Planted, package: Path, schemas: Schemas) -> None:
    line = plant(package / ROOT, fault)
    found = refused(judge_mets(package / ROOT, schemas), fault)
    assert found, judge_mets(package / ROOT, schemas).findings
    # What is missing altogether is missed at the root element.
    assert {f.line for f in found} <= {line, 2}


@pytest.mark.parametrize("fault", INNER_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_in_the_mets_of_a_representation_is_refused(fault: Planted, package: Path, schemas: Schemas) -> None:
    line = plant(package / INNER, fault)
    found = refused(judge_mets(package / INNER, schemas), fault)
    assert [f.line for f in found] == [line], judge_mets(package / INNER, schemas).findings


@pytest.mark.parametrize("fault", PREMIS_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_in_premis_is_refused(fault: Planted, package: Path, schemas: Schemas) -> None:
    line = plant(package / FILES, fault)
    found = refused(judge_premis(package / FILES, schemas), fault)
    assert line in {f.line for f in found}, judge_premis(package / FILES, schemas).findings


def test_the_package_itself_is_not_refused(package: Path, schemas: Schemas) -> None:
    judgement = judge_mets(package / ROOT, schemas)
    assert judgement.findings == () and judgement.valid
    assert set(judgement.documents) == {ROOT, INNER, PREMIS, FILES}
    assert judge_premis(package / FILES, schemas).findings == ()


def test_there_are_forty_faults_of_both_kinds() -> None:
    every = [*ROOT_FAULTS, *INNER_FAULTS, *PREMIS_FAULTS]
    assert len(every) >= 40
    assert sum(fault.by_schema for fault in every) >= 10
    assert sum(not fault.by_schema for fault in every) >= 30
