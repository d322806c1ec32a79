"""The outline is METS as a tree of its own elements, with lines; terms of id.loc.gov are known or named."""

import io

import pytest

from premis.errors import PremisError
from premis.mets_outline import MetsElement, read_outline
from premis.terms import Term, local, term, unknown_term

METS = b"""<?xml version="1.0"?>
<m:mets xmlns:m="http://www.loc.gov/METS/" xmlns:c="https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
        xmlns:x="http://www.w3.org/1999/xlink" OBJID="a" c:CONTENTINFORMATIONTYPE="MIXED">
  <!-- passed over -->
  <m:amdSec ID="amd"><m:digiprovMD ID="d"><m:mdWrap MDTYPE="OTHER"><m:xmlData>
    <other xmlns="urn:example"><m:file ID="hidden"/></other>
  </m:xmlData></m:mdWrap></m:digiprovMD></m:amdSec>
  <m:fileSec>
    <m:fileGrp USE="Schemas"><m:file ID="1"><m:FLocat x:href="a"/></m:file></m:fileGrp>
    <m:fileGrp USE="Representations/b"><m:file ID="2"/><m:file ID="3"/></m:fileGrp>
  </m:fileSec>
</m:mets>"""


@pytest.fixture
def root() -> MetsElement:
    return read_outline(io.BytesIO(METS))


def test_attributes_are_named_by_what_they_mean_and_not_by_their_prefix(root: MetsElement) -> None:
    assert (root.get("OBJID"), root.get("csip:CONTENTINFORMATIONTYPE"), root.get("TYPE")) == ("a", "MIXED", "")
    (location,) = root.find("fileSec/fileGrp/file/FLocat")
    assert location.get("xlink:href") == "a"


def test_paths_find_elements_in_order_with_and_without_conditions(root: MetsElement) -> None:
    assert [file.get("ID") for file in root.find("fileSec/fileGrp/file")] == ["1", "2", "3"]
    assert [file.get("ID") for file in root.find("fileSec/fileGrp[USE=Schemas]/file")] == ["1"]
    assert [file.get("ID") for file in root.find("fileSec/fileGrp[USE^=Representations]/file")] == ["2", "3"]
    assert list(root.find("")) == [root]
    assert list(root.find("structMap")) == []


def test_every_element_has_its_line_and_other_namespaces_are_left_out(root: MetsElement) -> None:
    assert [(e.name, e.line) for e in root.find("fileSec/fileGrp")] == [("fileGrp", 9), ("fileGrp", 10)]
    assert "hidden" not in {element.get("ID") for element in root.everything()}


@pytest.mark.parametrize("path", ["a//b", "a[b]", "/a", "a b", "a/"])
def test_a_path_that_is_none_is_the_callers_mistake(path: str, root: MetsElement) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        list(root.find(path))


@pytest.mark.parametrize("document", [b"", b"<a/>", b"<!DOCTYPE mets><mets xmlns='http://www.loc.gov/METS/'/>"])
def test_what_is_no_mets_has_no_outline(document: bytes) -> None:
    with pytest.raises(PremisError):
        read_outline(io.BytesIO(document))


BASE = "http://id.loc.gov/vocabulary/preservation"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (term("eventType", "ingestion"), None),
        (local("anything"), None),
        (Term("anything", "ours", "https://example.org/words", "https://example.org/words/1"), None),
        (Term("ingestion", "eventType", f"{BASE}/eventType"), None),
        (Term("ingesting", "eventType", f"{BASE}/eventType"), "no term 'ingesting'"),
        (Term("ingestion", "eventType", f"{BASE}/eventType", f"{BASE}/eventType/vir"), "is not the URI of 'ingestion'"),
        (Term("ingestion", None, None, f"{BASE}/eventType/zzz"), "is not the URI"),
        (Term("ingestion", "events", f"{BASE}/events"), "no preservation vocabulary 'events'"),
        (Term("ingestion", "eventType", "https://id.loc.gov/vocabulary/preservation/eventType"), None),
    ],
)
def test_a_term_of_the_library_of_congress_is_one_it_has(given: Term, said: str | None) -> None:
    wrong = unknown_term(given)
    assert wrong is None if said is None else said in (wrong or "")
