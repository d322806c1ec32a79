"""The writer refuses what XML or the schema would refuse, and writes in the schema's order."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from premis_samples import characteristics, every_agent, every_event, every_object, every_right, uuid, written

from premis.escaping import can_be_written
from premis.model import (
    Bitstream,
    CreatingApplication,
    Event,
    EventOutcome,
    File,
    Format,
    Identifier,
    IntellectualEntity,
    LicenseInformation,
    Object,
    ObjectCharacteristics,
    Relationship,
    Representation,
    SignatureInformation,
    SignificantProperties,
    Storage,
)
from premis.terms import BLAKE3, SHA256, Term, local, term, terms, vocabularies
from premis.writer import write_premis


def a_file(**changes: object) -> File:
    given: dict[str, object] = {"identifiers": (uuid(3),), "characteristics": (characteristics(),)}
    return File(**{**given, **changes})  # type: ignore[arg-type]  # any field


def with_extension(xml: bytes) -> File:
    return a_file(characteristics=(ObjectCharacteristics(formats=(Format("unknown"),), extensions=(xml,)),))


def test_markup_in_text_is_escaped() -> None:
    document = written([a_file(original_name="a<b>&c]]>\r.txt")])
    assert b"<originalName>a&lt;b&gt;&amp;c]]&gt;&#13;.txt</originalName>" in document


def test_markup_in_an_attribute_is_escaped() -> None:
    document = written([a_file(storage=(Storage(Term("t", 'a"<b>&\n'), "v"),))])
    assert b'<contentLocationType authority="a&quot;&lt;b&gt;&amp;&#10;">t<' in document


@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x1f", "\ud800", "\udcff", "\ufffe", "\uffff"])
def test_a_forbidden_character_is_refused_with_its_element(character: str) -> None:
    with pytest.raises(ValueError, match=rf"originalName: .*U\+{ord(character):04X}"):
        written([a_file(original_name=f"a&{character}b")])
    assert not can_be_written(character)


def test_a_forbidden_character_in_an_attribute_is_refused_with_its_element() -> None:
    with pytest.raises(ValueError, match=r"contentLocationType: .*U\+0001"):
        written([a_file(storage=(Storage(Term("t", "\x01"), "v"),))])


@pytest.mark.parametrize("character", ["\t", "\n", "\x7f", "\x85", "\u2028", "\u202e", "\ufffd", "\U0001f600"])
def test_a_character_that_xml_can_carry_is_carried(character: str) -> None:
    assert can_be_written(character)
    assert f"<originalName>a{character}b<".encode() in written([a_file(original_name=f"a{character}b")])


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"text",
        b"<a>",
        b"<a/>text",
        b"</a><a>",
        b"</x><x>",
        b'<?xml version="1.0"?><a/>',
        b"<!DOCTYPE a><a/>",
        b"<undeclared:a/>",
        b"<a>&undefined;</a>",
        b"<a>\xff</a>",
        b"<a>\x01</a>",
    ],
)
def test_an_extension_that_is_not_well_formed_is_refused(xml: bytes) -> None:
    with pytest.raises(ValueError, match="objectCharacteristicsExtension: "):
        written([with_extension(xml)])


def test_an_extension_in_no_namespace_stays_in_none() -> None:
    document = written([with_extension(b'<a><b/></a><c xmlns=""/><d xmlns="urn:d"/>')])
    inside = b'<a xmlns=""><b/></a><c xmlns=""/><d xmlns="urn:d"/>'
    assert b"<objectCharacteristicsExtension>" + inside + b"</objectCharacteristicsExtension>" in document


def test_a_document_without_an_object_is_refused_before_anything_is_written() -> None:
    out = io.BytesIO()
    with pytest.raises(ValueError, match="at least one object"):
        write_premis(out, objects=[], events=every_event())
    assert out.getvalue() == b""


def test_something_else_among_the_entities_is_refused() -> None:
    with pytest.raises(TypeError, match="Identifier is no PREMIS entity"):
        written([uuid(1)])  # type: ignore[list-item]  # the point


def test_objects_come_first_then_events_agents_and_rights() -> None:
    document = written(every_object(), every_event(), every_agent(), every_right())
    order = re.findall(rb"^<(object|event|agent|rights)\b", document, re.MULTILINE)
    assert order == [b"object"] * 4 + [b"event"] * 2 + [b"agent"] * 2 + [b"rights"] * 3


def test_entities_are_taken_one_at_a_time() -> None:
    class Counting(io.BytesIO):
        def write(self, data: object) -> int:  # type: ignore[override]  # any buffer
            events.append("written")
            return 0

    events: list[str] = []

    def objects() -> Iterator[Object]:
        for number in range(3):
            events.append("taken")
            yield IntellectualEntity((uuid(number),))

    write_premis(Counting(), objects=objects())
    assert events == ["taken", "written", "written", "taken", "written", "taken", "written", "written"]


@pytest.mark.parametrize(
    "build",
    [
        lambda: File((uuid(1),), ()),
        lambda: File((), (characteristics(),)),
        lambda: Bitstream((uuid(1),), ()),
        lambda: Representation(()),
        lambda: IntellectualEntity(()),
        lambda: ObjectCharacteristics(),
        lambda: ObjectCharacteristics(formats=(Format("x"),), size=-1),
        lambda: ObjectCharacteristics(formats=(Format("x"),), size=2**63),
        lambda: ObjectCharacteristics(formats=(Format("x"),), composition_level=-1),
        lambda: Format(),
        lambda: Format(version="1", registry_name="a", registry_key="b"),
        lambda: Format("x", registry_name="a"),
        lambda: Format("x", registry_key="a"),
        lambda: Format("x", registry_role=local("a")),
        lambda: Storage(),
        lambda: Storage(local("a")),
        lambda: CreatingApplication(),
        lambda: SignificantProperties(),
        lambda: SignatureInformation(),
        lambda: Relationship(local("a"), local("b"), ()),
        lambda: EventOutcome(),
        lambda: LicenseInformation(),
        lambda: Event(uuid(1), local("a"), "yesterday"),
    ],
)
def test_a_type_refuses_what_the_schema_refuses(build: object) -> None:
    with pytest.raises(ValueError):
        build()  # type: ignore[operator]  # a constructor


def test_a_term_carries_its_authority() -> None:
    assert term("eventType", "ingestion") == term("eventType", "ing")
    assert term("eventType", "ing") == Term(
        "ingestion",
        "eventType",
        "http://id.loc.gov/vocabulary/preservation/eventType",
        "http://id.loc.gov/vocabulary/preservation/eventType/ing",
    )
    assert SHA256.value == "SHA-256"
    assert Term("BLAKE3") == BLAKE3


def test_an_unknown_term_or_vocabulary_is_refused() -> None:
    with pytest.raises(ValueError, match="eventType has no term 'Ingestion'"):
        term("eventType", "Ingestion")
    with pytest.raises(ValueError, match="no preservation vocabulary"):
        term("eventtype", "ingestion")
    with pytest.raises(ValueError, match="no preservation vocabulary"):
        terms("nothing")


def test_all_183_terms_can_be_had_by_label_and_code() -> None:
    every = [found for vocabulary in vocabularies() for found in terms(vocabulary)]
    assert len(every) == 183
    for found in every:
        assert found.authority is not None and found.valueURI is not None
        assert term(found.authority, found.value) == found == term(found.authority, found.valueURI.rpartition("/")[2])


def test_the_writers_do_not_import_lxml() -> None:
    code = "import premis, premis.writer, premis.mets, premis.model, sys; print('lxml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_an_unidentified_format_says_so() -> None:
    assert Format("unknown").is_unknown
    assert not Format("unknown", registry_name="PRONOM", registry_key="fmt/1").is_unknown
    assert Identifier("UUID", "1") != Identifier("local", "1")
