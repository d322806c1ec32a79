"""What is written is valid, is read as it was, and loses nothing that the model does not know."""

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from premis_samples import (
    agents,
    events,
    every_agent,
    every_event,
    every_object,
    every_right,
    extensions,
    files,
    statements,
    uuid,
    written,
    written_again,
)

from premis.model import (
    Agent,
    Event,
    File,
    Format,
    Identifier,
    IntellectualEntity,
    ObjectCharacteristics,
    RightsStatement,
    UnknownAttribute,
    UnknownElement,
)
from premis.reader import read_premis
from premis.terms import local
from premis.validation import Schemas, validate

few = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ENTITY = IntellectualEntity((uuid(1),))


def read(document: bytes) -> list[object]:
    return list(read_premis(io.BytesIO(document)))


@pytest.fixture(scope="module")
def schemas(shared: Path) -> Schemas:
    return Schemas(shared / "standards")


def test_a_document_with_every_unit_is_valid(schemas: Schemas) -> None:
    document = written(every_object(), every_event(), every_agent(), every_right())
    assert validate(document, schemas) == []


def test_a_document_with_every_unit_is_read_as_it_was_written() -> None:
    document = written(every_object(), every_event(), every_agent(), every_right())
    assert read(document) == [*every_object(), *every_event(), *every_agent(), *every_right()]


def test_each_kind_of_entity_may_be_the_root() -> None:
    document = written(every_object(), every_event(), every_agent(), every_right()).decode()
    head, *lines = document.splitlines()[1:-1]
    namespaces = head.removeprefix("<premis").removesuffix(' version="3.0">')
    for line in lines:
        if line.startswith(("<event>", "<agent>")):
            name = line[1:6]
            alone = line.replace(f"<{name}>", f"<{name}{namespaces}>", 1)
            assert read(alone.encode()) == read(f"{head}{line}</premis>".encode())


@few
@given(files)
def test_a_file_is_read_as_it_was_written(file: File) -> None:
    assert read(written([file])) == [file]


@few
@given(events)
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    assert read(written([ENTITY], [event])) == [ENTITY, event]


@few
@given(agents)
def test_an_agent_is_read_as_it_was_written(agent: Agent) -> None:
    assert read(written([ENTITY], agents=[agent])) == [ENTITY, agent]


@few
@given(statements)
def test_a_rights_statement_is_read_as_it_was_written(statement: RightsStatement) -> None:
    assert read(written([ENTITY], rights=[statement])) == [ENTITY, statement]


@few
@given(extensions)
def test_extensions_are_read_as_they_were_written(given_extensions: tuple[bytes, ...]) -> None:
    file = File((uuid(3),), (ObjectCharacteristics(formats=(Format("unknown"),), extensions=given_extensions),))
    assert read(written([file])) == [file]


def test_the_example_package_is_written_back_octet_for_octet(shared: Path) -> None:
    documents = sorted((shared / "examples" / "aip" / "data").rglob("premis.xml"))
    assert documents
    for document in documents:
        assert written_again(read_premis(document)) == document.read_bytes()


FOREIGN = b"""<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:p="http://www.loc.gov/premis/v3" xmlns:x="urn:x" xmlns:y="urn:y" version="3.0">
  <!-- a comment is lost -->
  <p:object xsi:type="p:file" xmlID="o1" x:seen="yes" version="3.0">
    <objectIdentifier simpleLink="urn:link"><objectIdentifierType authority="us">UUID</objectIdentifierType>
      <objectIdentifierValue>1</objectIdentifierValue></objectIdentifier>
    <objectCharacteristics><compositionLevel unknown="yes">0</compositionLevel>
      <format><formatDesignation><formatName authority="mime">image/png</formatName><x:more>1</x:more>
      </formatDesignation>
        <formatRegistry simpleLink="urn:r"><formatRegistryName>PRONOM</formatRegistryName>
          <formatRegistryKey>fmt/11</formatRegistryKey></formatRegistry>
        <formatNote>a</formatNote><formatNote x:lang="be">b<!-- c -->d</formatNote></format>
      <objectCharacteristicsExtension>
        <x:e xsi:type="y:t"><y:in/> tail</x:e><plain xmlns=""/>
      </objectCharacteristicsExtension>
    </objectCharacteristics>
    <futureUnit xmlns="urn:future" y:at="1"><kept>text</kept></futureUnit>
    <originalName simpleLink="urn:n">n</originalName>
  </p:object>
  <event><eventIdentifier><eventIdentifierType>t</eventIdentifierType><eventIdentifierValue>v</eventIdentifierValue>
    </eventIdentifier><eventType>x</eventType><eventDateTime>2020</eventDateTime>
    <linkingObjectIdentifier LinkObjectXmlID="o1"><linkingObjectIdentifierType>UUID</linkingObjectIdentifierType>
    <linkingObjectIdentifierValue>1</linkingObjectIdentifierValue></linkingObjectIdentifier></event>
  <rights xmlID="r1"><rightsStatement><rightsStatementIdentifier>
    <rightsStatementIdentifierType>t</rightsStatementIdentifierType>
    <rightsStatementIdentifierValue>1</rightsStatementIdentifierValue></rightsStatementIdentifier><rightsBasis>b</rightsBasis>
    </rightsStatement><x:beside/></rights>
</premis>"""


def test_what_the_model_does_not_know_survives_reading_and_writing() -> None:
    again = written_again(read_premis(io.BytesIO(FOREIGN)))
    for kept in (
        b'xmlID="o1"',
        b'version="3.0"><objectIdentifier simpleLink="urn:link"><objectIdentifierType authority="us">UUID<',
        b'<compositionLevel unknown="yes">0<',
        b'<formatName authority="mime">image/png</formatName><x:more',
        b'<formatRegistry simpleLink="urn:r">',
        b'lang="be">bd</formatNote>',
        b'<futureUnit xmlns="urn:future"',
        b"<kept>text</kept>",
        b'<originalName simpleLink="urn:n">',
        b'LinkObjectXmlID="o1"',
        b'<rights xmlID="r1">',
        b"beside",
        b'xmlns:y="urn:y"',
        b"<y:in/> tail</x:e>",
        b'<plain xmlns=""/>',
    ):
        assert kept in again, kept
    assert b'="yes"' in again
    assert read(again) == read(FOREIGN)


def test_what_is_unknown_is_kept_with_the_unit_it_stood_in() -> None:
    file, event, statement = read(FOREIGN)
    assert isinstance(file, File) and isinstance(event, Event) and isinstance(statement, RightsStatement)
    assert UnknownAttribute("", "{urn:x}seen", "yes") in file.unknown
    assert file.identifiers[0].unknown == (
        UnknownAttribute("", "simpleLink", "urn:link"),
        UnknownAttribute("objectIdentifierType", "authority", "us"),
    )
    future = [item for item in file.unknown if isinstance(item, UnknownElement)]
    assert [item.xml.startswith(b"<futureUnit") for item in future] == [True]
    found = file.characteristics[0].formats[0]
    assert UnknownAttribute("formatNote", "{urn:x}lang", "be", 1) in found.unknown
    assert found.notes == ("a", "bd")
    assert event.objects[0].unknown == (UnknownAttribute("", "LinkObjectXmlID", "o1"),)


def test_a_second_unit_where_the_schema_allows_one_is_kept_as_unknown() -> None:
    document = written([ENTITY], every_event()[1:]).replace(b"</eventType>", b"</eventType><eventType>b</eventType>")
    event = read(document)[1]
    assert isinstance(event, Event) and event.type == local("own")
    assert event.unknown == (UnknownElement("", b'<eventType xmlns="http://www.loc.gov/premis/v3">b</eventType>'),)
    assert read(written([ENTITY], [event])) == [ENTITY, event]


def test_several_statements_in_one_rights_element_are_all_read() -> None:
    document = written([ENTITY], rights=every_right()[:2]).replace(b"</rights>\n<rights>", b"")
    assert read(document) == [ENTITY, *every_right()[:2]]


def test_an_unknown_attribute_of_no_known_namespace_is_declared_where_it_stands() -> None:
    identifier = Identifier("t", "v", (UnknownAttribute("", "{urn:a}b", "1"), UnknownAttribute("", "{urn:c}b", "2")))
    entity = IntellectualEntity((identifier,))
    assert read(written([entity])) == [entity]
