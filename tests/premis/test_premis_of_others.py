"""PREMIS 3 as other archives write it is read into our types without loss; PREMIS 2 is refused with a clear word.

The documents are written here, in the manner of Archivematica and of E-ARK tools; none is copied from them.
"""

import io

import pytest

from premis.embedded import Embedded, read_embedded
from premis.errors import PremisError
from premis.model import Agent, Event, File, Identifier, IntellectualEntity, Representation, RightsStatement
from premis.reader import read_mets, read_premis
from premis.writer import write_premis

PREFIXES = (
    'xmlns:mets="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:premis="http://www.loc.gov/premis/v3"'
)
OBJECT = """\
<premis:object xsi:type="premis:file" version="3.0"
    xsi:schemaLocation="http://www.loc.gov/premis/v3 http://www.loc.gov/standards/premis/v3/premis.xsd">
  <premis:objectIdentifier>
    <premis:objectIdentifierType>UUID</premis:objectIdentifierType>
    <premis:objectIdentifierValue>6b9f2f0a-71a4-4d9c-8f6c-2a7b4f3e1d11</premis:objectIdentifierValue>
  </premis:objectIdentifier>
  <premis:objectCharacteristics>
    <premis:compositionLevel>0</premis:compositionLevel>
    <premis:fixity>
      <premis:messageDigestAlgorithm>sha256</premis:messageDigestAlgorithm>
      <premis:messageDigest>9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08</premis:messageDigest>
    </premis:fixity>
    <premis:size>4</premis:size>
    <premis:format>
      <premis:formatDesignation>
        <premis:formatName>Plain Text File</premis:formatName>
        <premis:formatVersion/>
      </premis:formatDesignation>
      <premis:formatRegistry>
        <premis:formatRegistryName>PRONOM</premis:formatRegistryName>
        <premis:formatRegistryKey>x-fmt/111</premis:formatRegistryKey>
      </premis:formatRegistry>
    </premis:format>
    <premis:creatingApplication>
      <premis:dateCreatedByApplication>2020-08-10T01:01:00Z</premis:dateCreatedByApplication>
    </premis:creatingApplication>
    <premis:objectCharacteristicsExtension>
      <report xmlns="urn:example:tool" tool="x"><finding level="1">text</finding></report>
    </premis:objectCharacteristicsExtension>
  </premis:objectCharacteristics>
  <premis:originalName>%transferDirectory%objects/допрос.txt</premis:originalName>
  <premis:relationship>
    <premis:relationshipType>derivation</premis:relationshipType>
    <premis:relationshipSubType>is source of</premis:relationshipSubType>
    <premis:relatedObjectIdentifier>
      <premis:relatedObjectIdentifierType>UUID</premis:relatedObjectIdentifierType>
      <premis:relatedObjectIdentifierValue>0a0e1f36-1c9b-4c66-a2d2-2f9c7a2b1c22</premis:relatedObjectIdentifierValue>
    </premis:relatedObjectIdentifier>
  </premis:relationship>
</premis:object>"""
EVENT = """\
<premis:event version="3.0">
  <premis:eventIdentifier>
    <premis:eventIdentifierType>UUID</premis:eventIdentifierType>
    <premis:eventIdentifierValue>3d2c1b0a-5e4f-4a6b-9c8d-7e6f5a4b3c33</premis:eventIdentifierValue>
  </premis:eventIdentifier>
  <premis:eventType>format identification</premis:eventType>
  <premis:eventDateTime>2020-08-11T12:34:56.789012+00:00</premis:eventDateTime>
  <premis:eventDetailInformation>
    <premis:eventDetail>program="Siegfried"; version="1.9.6"</premis:eventDetail>
  </premis:eventDetailInformation>
  <premis:eventOutcomeInformation>
    <premis:eventOutcome>Positive</premis:eventOutcome>
    <premis:eventOutcomeDetail>
      <premis:eventOutcomeDetailNote>x-fmt/111</premis:eventOutcomeDetailNote>
    </premis:eventOutcomeDetail>
  </premis:eventOutcomeInformation>
  <premis:linkingAgentIdentifier>
    <premis:linkingAgentIdentifierType>preservation system</premis:linkingAgentIdentifierType>
    <premis:linkingAgentIdentifierValue>Archivematica-1.16</premis:linkingAgentIdentifierValue>
  </premis:linkingAgentIdentifier>
</premis:event>"""
AGENT = """\
<premis:agent version="3.0">
  <premis:agentIdentifier>
    <premis:agentIdentifierType>preservation system</premis:agentIdentifierType>
    <premis:agentIdentifierValue>Archivematica-1.16</premis:agentIdentifierValue>
  </premis:agentIdentifier>
  <premis:agentName>Archivematica</premis:agentName>
  <premis:agentType>software</premis:agentType>
</premis:agent>"""
RIGHTS = """\
<premis:rightsStatement>
  <premis:rightsStatementIdentifier>
    <premis:rightsStatementIdentifierType>UUID</premis:rightsStatementIdentifierType>
    <premis:rightsStatementIdentifierValue>9e8d7c6b-5a4f-4e3d-8c2b-1a0f9e8d7c44</premis:rightsStatementIdentifierValue>
  </premis:rightsStatementIdentifier>
  <premis:rightsBasis>Statute</premis:rightsBasis>
  <premis:statuteInformation>
    <premis:statuteJurisdiction>dk</premis:statuteJurisdiction>
    <premis:statuteCitation>§ 1</premis:statuteCitation>
  </premis:statuteInformation>
  <premis:rightsGranted>
    <premis:act>disseminate</premis:act>
    <premis:restriction>Disallow</premis:restriction>
    <premis:termOfRestriction><premis:startDate>2020-08-10</premis:startDate></premis:termOfRestriction>
  </premis:rightsGranted>
</premis:rightsStatement>"""


def wrapped(section: str, number: int, kind: str, xml: str) -> str:
    return (
        f'<mets:{section} ID="{section}_{number}"><mets:mdWrap MDTYPE="{kind}">'
        f"<mets:xmlData>{xml}</mets:xmlData></mets:mdWrap></mets:{section}>"
    )


ARCHIVEMATICA = (
    f"<?xml version='1.0' encoding='ASCII'?>\n<mets:mets {PREFIXES}>"
    '<mets:metsHdr CREATEDATE="2020-08-11T13:00:00"/>'
    '<mets:dmdSec ID="dmdSec_1"><mets:mdWrap MDTYPE="PREMIS:OBJECT"><mets:xmlData/></mets:mdWrap></mets:dmdSec>'
    '<mets:amdSec ID="amdSec_1">'
    + wrapped("techMD", 1, "PREMIS:OBJECT", OBJECT)
    + wrapped("rightsMD", 1, "PREMIS:RIGHTS", RIGHTS)
    + wrapped("digiprovMD", 1, "PREMIS:EVENT", EVENT)
    + wrapped("digiprovMD", 2, "PREMIS:AGENT", AGENT)
    + wrapped("digiprovMD", 3, "OTHER", "<note xmlns='urn:example:note'/>")
    + '</mets:amdSec><mets:fileSec><mets:fileGrp USE="original"><mets:file ID="file-6b9f" ADMID="amdSec_1">'
    '<mets:FLocat LOCTYPE="OTHER" OTHERLOCTYPE="SYSTEM" xlink:href="objects/%D0%B0.txt"/></mets:file></mets:fileGrp>'
    '</mets:fileSec><mets:structMap ID="structMap_1" TYPE="physical"><mets:div/></mets:structMap></mets:mets>'
).encode("ascii", "xmlcharrefreplace")

EARK = f"""\
<?xml version="1.0" encoding="utf-8"?>
<premis:premis {PREFIXES} version="3.0">
  <!-- a tool's remark -->
  <premis:object xsi:type="premis:intellectualEntity">
    <premis:objectIdentifier>
      <premis:objectIdentifierType>local</premis:objectIdentifierType>
      <premis:objectIdentifierValue>uuid-ECF80C33</premis:objectIdentifierValue>
    </premis:objectIdentifier>
  </premis:object>
  <premis:object xsi:type="premis:representation">
    <premis:objectIdentifier>
      <premis:objectIdentifierType>local</premis:objectIdentifierType>
      <premis:objectIdentifierValue>rep1</premis:objectIdentifierValue>
    </premis:objectIdentifier>
    <premis:relationship>
      <premis:relationshipType authority="relationshipType"
        authorityURI="http://id.loc.gov/vocabulary/preservation/relationshipType"
        valueURI="http://id.loc.gov/vocabulary/preservation/relationshipType/str">structural</premis:relationshipType>
      <premis:relationshipSubType>represents</premis:relationshipSubType>
      <premis:relatedObjectIdentifier>
        <premis:relatedObjectIdentifierType>local</premis:relatedObjectIdentifierType>
        <premis:relatedObjectIdentifierValue>uuid-ECF80C33</premis:relatedObjectIdentifierValue>
      </premis:relatedObjectIdentifier>
    </premis:relationship>
  </premis:object>
  {OBJECT}
  {EVENT}
  {AGENT}
</premis:premis>
""".encode()


def rewritten(entities: list[object]) -> list[object]:
    """What reading gives after the entities were written by us."""
    out = io.BytesIO()
    kinds = {File: "objects", Representation: "objects", IntellectualEntity: "objects", Event: "events"}
    kinds |= {Agent: "agents", RightsStatement: "rights"}
    parts: dict[str, list[object]] = {"objects": [], "events": [], "agents": [], "rights": []}
    for entity in entities:
        parts[kinds[type(entity)]].append(entity)
    write_premis(out, **parts)  # type: ignore[arg-type]  # sorted above
    return list(read_premis(io.BytesIO(out.getvalue())))


def test_premis_wrapped_in_mets_is_read_into_our_types() -> None:
    found = list(read_embedded(io.BytesIO(ARCHIVEMATICA)))
    assert [(e.section, e.administrative_section) for e in found] == [
        ("techMD_1", "amdSec_1"),
        ("rightsMD_1", "amdSec_1"),
        ("digiprovMD_1", "amdSec_1"),
        ("digiprovMD_2", "amdSec_1"),
    ]
    file, rights, event, agent = (e.entity for e in found)
    assert isinstance(file, File) and isinstance(event, Event)
    assert isinstance(agent, Agent) and isinstance(rights, RightsStatement)
    assert file.identifiers == (Identifier("UUID", "6b9f2f0a-71a4-4d9c-8f6c-2a7b4f3e1d11"),)
    assert file.characteristics[0].size == 4
    assert file.characteristics[0].formats[0].registry_key == "x-fmt/111"
    assert b"urn:example:tool" in file.characteristics[0].extensions[0]
    assert file.original_name == "%transferDirectory%objects/допрос.txt"
    assert event.agents[0].identifier == agent.identifier
    assert event.details == ('program="Siegfried"; version="1.9.6"',)
    assert rights.statutes[0].citation == "§ 1" and rights.granted[0].restrictions == ("Disallow",)


def test_nothing_of_it_is_lost_when_we_write_it() -> None:
    entities: list[object] = [e.entity for e in read_embedded(io.BytesIO(ARCHIVEMATICA))]
    order = [entities[0], entities[2], entities[3], entities[1]]
    assert rewritten(entities) == order


def test_premis_of_a_package_in_the_manner_of_e_ark_is_read_and_written_without_loss() -> None:
    entities: list[object] = list(read_premis(io.BytesIO(EARK)))
    assert [type(entity) for entity in entities] == [IntellectualEntity, Representation, File, Event, Agent]
    assert rewritten(entities) == entities


def test_the_light_view_reads_such_mets_too() -> None:
    mets = read_mets(io.BytesIO(ARCHIVEMATICA))
    (file,) = mets.files
    assert (file.id, file.group, file.target.href) == ("file-6b9f", "original", "objects/а.txt")
    assert mets.profile is None and mets.oais_package_type is None


def test_several_entities_in_one_section_are_all_read() -> None:
    whole = f"<premis:premis version='3.0'>{OBJECT}{EVENT}</premis:premis>"
    section = wrapped("digiprovMD", 1, "PREMIS", whole)
    mets = f'<mets:mets {PREFIXES}><mets:amdSec ID="a">{section}</mets:amdSec></mets:mets>'
    found: list[Embedded] = list(read_embedded(io.BytesIO(mets.encode())))
    assert [type(e.entity) for e in found] == [File, Event]


def test_premis_2_inside_mets_is_refused_with_its_line() -> None:
    old = ARCHIVEMATICA.replace(
        b'xmlns:premis="http://www.loc.gov/premis/v3"', b'xmlns:premis="info:lc/xmlns/premis-v2"'
    )
    with pytest.raises(PremisError, match=r"line \d+: the document is PREMIS 2; only PREMIS 3.0 is read here"):
        list(read_embedded(io.BytesIO(old)))


def test_premis_2_by_itself_is_refused() -> None:
    old = EARK.replace(b"http://www.loc.gov/premis/v3", b"info:lc/xmlns/premis-v2")
    with pytest.raises(PremisError, match="PREMIS 2"):
        list(read_premis(io.BytesIO(old)))


@pytest.mark.parametrize("document", [b"<a/>", b"", b"<!DOCTYPE m><m/>"])
def test_what_is_no_mets_is_refused(document: bytes) -> None:
    with pytest.raises(PremisError):
        list(read_embedded(io.BytesIO(document)))
