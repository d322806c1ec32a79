"""Faults are found by the official schemas, offline, and by following references; the world is not touched."""

import hashlib
import io
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from own_copies import own_copy
from premis_samples import every_agent, every_event, every_object, uuid, written

from premis.errors import PremisError
from premis.identifiers import Identifier
from premis.model import Agent, Event, IntellectualEntity, LinkingObject
from premis.terms import local
from premis.validation import Code, Schemas, check_premis, check_references, validate

REPRESENTATION = "representations/original"
ROOT_PREMIS = "metadata/preservation/premis.xml"
FILE_PREMIS = f"{REPRESENTATION}/{ROOT_PREMIS}"


@pytest.fixture
def package(shared: Path, tmp_path: Path) -> Path:
    """A copy of the example package's data folder."""
    return own_copy(shared / "examples" / "aip" / "data", tmp_path / "data")


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), "utf-8")


def codes(package: Path) -> list[Code]:
    return [fault.code for fault in check_references(package, package / "METS.xml")]


def restate(package: Path, mets: str, href: str) -> None:
    """Make a METS document say again what is true of a file that was edited."""
    octets = ((package / mets).parent / href).read_bytes()
    lines = (package / mets).read_text("utf-8").splitlines(keepends=True)
    (number,) = (n for n, line in enumerate(lines) if f'xlink:href="{href}"' in line and "CHECKSUM=" in line)
    lines[number] = re.sub(r' SIZE="\d+"', f' SIZE="{len(octets)}"', lines[number])
    lines[number] = re.sub(r"[0-9a-f]{64}", hashlib.sha256(octets).hexdigest(), lines[number])
    (package / mets).write_text("".join(lines), "utf-8")


# --- schemas


@pytest.fixture(scope="module")
def schemas(shared: Path) -> Schemas:
    return Schemas(shared / "standards", [shared / "examples" / "aip" / "data" / "schemas" / "evidence-extension.xsd"])


def test_the_example_package_is_valid(shared: Path, schemas: Schemas) -> None:
    data = shared / "examples" / "aip" / "data"
    documents = [*data.rglob("METS.xml"), *data.rglob("premis.xml")]
    assert len(documents) == 4
    assert [validate(document, schemas) for document in documents] == [[], [], [], []]


def test_a_fault_names_its_line_and_element(shared: Path, schemas: Schemas) -> None:
    document = (shared / "examples" / "aip" / "data" / "METS.xml").read_bytes()
    (fault,) = validate(document.replace(b'CHECKSUMTYPE="SHA-256"', b'CHECKSUMTYPE="BLAKE3"', 1), schemas)
    assert (fault.code, fault.line, fault.element) == (Code.SCHEMA, 4, "mdRef")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'OAISPACKAGETYPE="AIP"', b'OAISPACKAGETYPE="ZIP"'),
        (b'csip:CONTENTINFORMATIONTYPE="OTHER"', b'csip:CONTENTINFORMATIONTYPE="NEW"'),
        (b"<metsHdr", b"<metsHeader/><metsHdr"),
    ],
)
def test_the_attributes_of_csip_are_judged_too(old: bytes, new: bytes, shared: Path, schemas: Schemas) -> None:
    document = (shared / "examples" / "aip" / "data" / "METS.xml").read_bytes()
    assert [fault.code for fault in validate(document.replace(old, new, 1), schemas)] == [Code.SCHEMA]


def test_an_extension_of_the_callers_own_is_judged(shared: Path, schemas: Schemas) -> None:
    path = shared / "examples" / "aip" / "data" / FILE_PREMIS
    broken = path.read_bytes().replace(b"<e:nameBytes>", b"<e:unheardOf/><e:nameBytes>", 1)
    assert [fault.element for fault in validate(broken, schemas)] == ["unheardOf"]
    assert validate(broken, Schemas(shared / "standards")) == []


@pytest.mark.parametrize("document", [b"", b"<mets", b"<!DOCTYPE mets><mets xmlns='http://www.loc.gov/METS/'/>"])
def test_what_is_no_xml_of_ours_is_a_fault_and_no_exception(document: bytes, schemas: Schemas) -> None:
    assert [fault.code for fault in validate(document, schemas)] == [Code.NOT_XML]


@pytest.mark.parametrize("name", ["mets.xsd", "premis-v3-0.xsd", "xlink.xsd", "xml.xsd", "DILCISExtensionMETS.xsd"])
def test_a_missing_schema_is_named(name: str, shared: Path, tmp_path: Path) -> None:
    for schema in (shared / "standards").glob("*.xsd"):
        if schema.name != name:
            shutil.copyfile(schema, tmp_path / schema.name)
    with pytest.raises(PremisError, match=f"the schema {name} is missing"):
        Schemas(tmp_path)


def test_a_schema_that_asks_for_another_address_is_refused(shared: Path, tmp_path: Path) -> None:
    for schema in (shared / "standards").glob("*.xsd"):
        shutil.copyfile(schema, tmp_path / schema.name)
    edit(tmp_path / "mets.xsd", "http://www.loc.gov/standards/xlink/xlink.xsd", "http://127.0.0.1:9/other.xsd")
    with pytest.raises(PremisError, match=r"asks for http://127.0.0.1:9/other.xsd"):
        Schemas(tmp_path)


def test_a_broken_schema_does_not_compile(shared: Path, tmp_path: Path) -> None:
    for schema in (shared / "standards").glob("*.xsd"):
        shutil.copyfile(schema, tmp_path / schema.name)
    edit(tmp_path / "mets.xsd", 'type="structMapType"', 'type="noSuchType"')
    with pytest.raises(PremisError, match="do not compile"):
        Schemas(tmp_path)


def test_schemas_are_found_in_a_folder_with_a_foreign_name(shared: Path, tmp_path: Path) -> None:
    folder = own_copy(shared / "standards", tmp_path / "схемы 100%")
    assert validate(written(every_object()), Schemas(folder)) == []


# --- references


def test_the_example_package_is_without_fault(package: Path) -> None:
    assert codes(package) == []


METS_FAULTS: list[tuple[str, Callable[[Path], object], Code]] = [
    ("an ID given twice", lambda mets: edit(mets, 'ID="file-2"', 'ID="file-1"'), Code.ID_DUPLICATE),
    ("an ADMID without a target", lambda mets: edit(mets, 'ADMID="digiprov-1"', 'ADMID="none"'), Code.ID_UNRESOLVED),
    ("a DMDID without a target", lambda mets: edit(mets, 'DMDID="dmd-1"', 'DMDID="none"'), Code.ID_UNRESOLVED),
    ("a FILEID without a target", lambda mets: edit(mets, 'FILEID="file-3"', 'FILEID="none"'), Code.ID_UNRESOLVED),
    ("a FILEID of a division", lambda mets: edit(mets, 'FILEID="file-3"', 'FILEID="div-0"'), Code.ID_WRONG_TARGET),
    ("a DMDID of a digiprovMD", lambda mets: edit(mets, 'DMDID="dmd-1"', 'DMDID="digiprov-1"'), Code.ID_WRONG_TARGET),
    ("a wrong size", lambda mets: edit(mets, 'SIZE="57"', 'SIZE="58"'), Code.SIZE_WRONG),
    ("no size", lambda mets: edit(mets, 'SIZE="57"', ""), Code.SIZE_MISSING),
    ("a size that is none", lambda mets: edit(mets, 'SIZE="57"', 'SIZE="many"'), Code.SIZE_MISSING),
    ("a wrong digest", lambda mets: edit(mets, "d9f8b53f", "d9f8b53e"), Code.CHECKSUM_WRONG),
    ("no digest", lambda mets: edit(mets, 'CHECKSUMTYPE="SHA-256"', ""), Code.CHECKSUM_MISSING),
    ("a digest of another kind", lambda mets: edit(mets, '"SHA-256"', '"TIGER"'), Code.CHECKSUM_UNSUPPORTED),
    ("no href", lambda mets: edit(mets, 'xlink:href="documentation/README.txt"', ""), Code.HREF_MISSING),
    ("an href cut short", lambda mets: edit(mets, "documentation/README", "documentation/%D0"), Code.HREF_UNREADABLE),
    ("an href with a NUL", lambda mets: edit(mets, "documentation/README", "documentation/%00"), Code.HREF_UNREADABLE),
    ("an href upwards", lambda mets: edit(mets, "documentation/README", "../README"), Code.HREF_OUTSIDE),
    ("an href encoded upwards", lambda mets: edit(mets, "documentation/README", "%2e%2e/README"), Code.HREF_OUTSIDE),
    ("an href through a folder upwards", lambda mets: edit(mets, "documentation/R", "a/../../R"), Code.HREF_OUTSIDE),
    ("an absolute href", lambda mets: edit(mets, "documentation/README", "/etc/README"), Code.HREF_OUTSIDE),
    ("an href of a host", lambda mets: edit(mets, "documentation/README", "//host/README"), Code.HREF_OUTSIDE),
    ("an address", lambda mets: edit(mets, "documentation/README.txt", "file:///etc/passwd"), Code.HREF_OUTSIDE),
    ("an empty href", lambda mets: edit(mets, "documentation/README.txt", ""), Code.HREF_OUTSIDE),
    ("an href of nothing", lambda mets: edit(mets, "documentation/README", "documentation/NONE"), Code.FILE_MISSING),
    ("an href below a file", lambda mets: edit(mets, "README.txt", "README.txt/a"), Code.FILE_MISSING),
    ("an href of a folder", lambda mets: edit(mets, "documentation/README.txt", "schemas"), Code.FILE_NOT_REGULAR),
    ("no METS", lambda mets: mets.write_text("<a/>"), Code.NOT_METS),
]


@pytest.mark.parametrize(
    ("plant", "code"), [fault[1:] for fault in METS_FAULTS], ids=[fault[0] for fault in METS_FAULTS]
)
def test_a_planted_fault_in_mets_is_found(plant: Callable[[Path], object], code: Code, package: Path) -> None:
    plant(package / "METS.xml")
    faults = check_references(package, package / "METS.xml")
    assert code in [fault.code for fault in faults]
    assert {fault.document for fault in faults if fault.code is code} == {"METS.xml"}


PREMIS_FAULTS: list[tuple[str, Callable[[Path], object], Code]] = [
    (
        "an object given twice",
        lambda path: edit(path, "449921d1-8814-518b-9c12-1bbf78404dba", "67bcd037-c915-58d5-848e-ab21d8101671"),
        Code.IDENTIFIER_DUPLICATE,
    ),
    (
        "an event given twice",
        lambda path: edit(path, "1b9376c6-10b1-55a3-b02b-50854fc09e96", "f61187e1-c071-59e6-9ff8-2851f5180f39"),
        Code.IDENTIFIER_DUPLICATE,
    ),
    ("an empty identifier", lambda path: edit(path, "67bcd037-c915-58d5-848e-ab21d8101671", ""), Code.IDENTIFIER_EMPTY),
    (
        "an event about no object",
        lambda path: edit(path, "55fc846b-ae6c-5923-85c3-964e114ae5ed", "00000000-0000-0000-0000-000000000000"),
        Code.LINK_UNRESOLVED,
    ),
    (
        "an agent that is an object",
        lambda path: edit(path, "Value>software:evidence-archive", "Value>67bcd037-c915-58d5-848e-ab21d8101671"),
        Code.LINK_UNRESOLVED,
    ),
    ("an impossible date", lambda path: edit(path, "2026-11-22T02", "2026-11-31T02"), Code.DATETIME_UNREAL),
    ("an xmlID given twice", lambda path: edit(path, "<event>", '<event xmlID="a">', 2), Code.ID_DUPLICATE),
    (
        "an xmlID that is not there",
        lambda path: edit(path, "<linkingAgentIdentifier>", '<linkingAgentIdentifier LinkAgentXmlID="a">'),
        Code.ID_UNRESOLVED,
    ),
    ("PREMIS 2", lambda path: edit(path, "http://www.loc.gov/premis/v3", "info:lc/xmlns/premis-v2"), Code.NOT_PREMIS),
    ("no XML", lambda path: edit(path, "</premis>", ""), Code.NOT_PREMIS),
]


@pytest.mark.parametrize(
    ("plant", "code"), [fault[1:] for fault in PREMIS_FAULTS], ids=[fault[0] for fault in PREMIS_FAULTS]
)
def test_a_planted_fault_in_premis_is_found(plant: Callable[[Path], object], code: Code, package: Path) -> None:
    plant(package / FILE_PREMIS)
    restate(package, f"{REPRESENTATION}/METS.xml", ROOT_PREMIS)
    restate(package, "METS.xml", f"{REPRESENTATION}/METS.xml")
    faults = check_references(package, package / "METS.xml")
    assert code in [fault.code for fault in faults]
    assert {fault.document for fault in faults if fault.code is code} == {FILE_PREMIS}


def test_a_file_that_changed_is_found_in_the_representation(package: Path) -> None:
    with (package / REPRESENTATION / "data" / "photo[1].png").open("ab") as stream:
        stream.write(b"!")
    faults = check_references(package, package / "METS.xml")
    assert [fault.code for fault in faults] == [Code.SIZE_WRONG, Code.CHECKSUM_WRONG]
    assert {fault.document for fault in faults} == {f"{REPRESENTATION}/METS.xml"}


def test_a_symbolic_link_is_not_followed(package: Path) -> None:
    readme = package / "documentation" / "README.txt"
    outside = package.parent / "outside.txt"
    readme.rename(outside)
    readme.symlink_to(outside)
    assert codes(package) == [Code.HREF_SYMLINK]


def test_a_folder_that_is_a_symbolic_link_is_not_followed(package: Path) -> None:
    folder = package / REPRESENTATION
    folder.rename(package.parent / "elsewhere")
    folder.symlink_to(package.parent / "elsewhere")
    assert set(codes(package)) == {Code.HREF_SYMLINK}


def test_a_fifo_is_not_opened(package: Path) -> None:
    readme = package / "documentation" / "README.txt"
    readme.unlink()
    os.mkfifo(readme)
    assert codes(package) == [Code.FILE_NOT_REGULAR]


def test_mets_documents_that_point_to_each_other_are_read_once(package: Path) -> None:
    representation = package / REPRESENTATION / "METS.xml"
    pointer = '<mptr LOCTYPE="URL" xlink:type="simple" xlink:href="../../METS.xml" xlink:title="back"/>'
    edit(representation, '<div ID="div-0" LABEL="original">', f'<div ID="div-0" LABEL="original">{pointer}')
    restate(package, "METS.xml", f"{REPRESENTATION}/METS.xml")
    assert codes(package) == []


def test_identifiers_that_are_known_elsewhere_resolve(package: Path) -> None:
    mets = package / REPRESENTATION / "METS.xml"
    faults = check_references(package, mets)
    assert {fault.code for fault in faults} == {Code.LINK_UNRESOLVED}
    known = [Identifier("UUID", "55fc846b-ae6c-5923-85c3-964e114ae5ed")]
    assert check_references(package, mets, known=known) == []


def test_a_mets_document_outside_the_folder_is_the_callers_mistake(package: Path) -> None:
    with pytest.raises(ValueError, match="is not inside"):
        check_references(package / REPRESENTATION, package / "METS.xml")


def test_one_premis_document_can_be_judged_alone() -> None:
    event = Event(uuid(10), local("a"), "2020", objects=(LinkingObject(uuid(2)),))
    document = written([IntellectualEntity((uuid(1),))], [event])
    assert [fault.code for fault in check_premis(io.BytesIO(document))] == [Code.LINK_UNRESOLVED]
    assert check_premis(io.BytesIO(document), known=[uuid(2)]) == []


def test_links_of_every_kind_are_followed() -> None:
    document = written(every_object(), every_event(), every_agent())
    faults = check_premis(io.BytesIO(document))
    assert {fault.element for fault in faults} == {"linkingRightsStatementIdentifier"}
    again = written(every_object(), agents=[Agent(Identifier("local", "software"))])
    assert "relatedEventIdentifier" in {fault.element for fault in check_premis(io.BytesIO(again))}
