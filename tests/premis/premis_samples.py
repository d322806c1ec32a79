"""Entities for the tests of `premis`: a document that uses every unit, and hypothesis strategies."""

import io
from collections.abc import Iterable

from hypothesis import strategies as st

from premis.model import (
    Agent,
    Bitstream,
    CopyrightInformation,
    CreatingApplication,
    Detail,
    DocumentationIdentifier,
    Entity,
    EnvironmentDesignation,
    EnvironmentFunction,
    EnvironmentRegistry,
    Event,
    EventOutcome,
    File,
    Fixity,
    Format,
    Identifier,
    Inhibitor,
    IntellectualEntity,
    LicenseInformation,
    LinkingAgent,
    LinkingEnvironment,
    LinkingObject,
    Object,
    ObjectCharacteristics,
    OtherRightsInformation,
    Period,
    PreservationLevel,
    RelatedEvent,
    RelatedObject,
    Relationship,
    Representation,
    Rights,
    RightsExtension,
    RightsGranted,
    RightsStatement,
    Signature,
    SignatureInformation,
    SignificantProperties,
    StatuteInformation,
    Storage,
)
from premis.terms import BLAKE3, SHA256, Term, local, term
from premis.writer import write_premis

EXTENSION = b'<e:delivered xmlns:e="urn:example:1"><e:modified>2020-08-10</e:modified></e:delivered>'


def uuid(number: int) -> Identifier:
    return Identifier("UUID", f"00000000-0000-0000-0000-{number:012d}")


def characteristics() -> ObjectCharacteristics:
    return ObjectCharacteristics(
        composition_level=0,
        fixity=(Fixity(SHA256, "ab" * 32), Fixity(BLAKE3, "cd" * 32), Fixity(SHA256, "ab" * 32, "Вясна")),
        size=49,
        formats=(
            Format(
                "Portable Network Graphics", "1.2", "PRONOM", "fmt/13", term("formatRegistryRole", "spe"), ("a", "b")
            ),
            Format(registry_name="PRONOM", registry_key="fmt/11"),
            Format("unknown", notes=("no signature & no extension",)),
        ),
        creating_applications=(
            CreatingApplication("Camera <7>", "1", "2020-08-10", (EXTENSION,)),
            CreatingApplication(date_created="2020"),
        ),
        inhibitors=(Inhibitor(term("inhibitorType", "PGP"), (term("inhibitorTarget", "all"),), "key"),),
        extensions=(EXTENSION, EXTENSION + b"<plain>&#13;</plain>"),
    )


def every_object() -> tuple[Object, ...]:
    relationship = Relationship(
        term("relationshipType", "structural"),
        term("relationshipSubType", "represents"),
        (RelatedObject(uuid(1), 2), RelatedObject(uuid(2))),
        (RelatedEvent(uuid(10), 1),),
        (local("render"),),
        term("environmentCharacteristic", "minimum"),
    )
    levels = (
        PreservationLevel(
            local("full"),
            term("preservationLevelType", "blp"),
            term("preservationLevelRole", "int"),
            ("because", "law"),
            "2026-11-22",
        ),
    )
    properties = (SignificantProperties(local("colour"), "true", (EXTENSION,)), SignificantProperties(value="x"))
    storage = (
        Storage(local("path in package"), "data/допросы/a&b.txt"),
        Storage(medium=term("storageMedium", "hard disk")),
    )
    signatures = (
        SignatureInformation(
            Signature(
                term("signatureEncoding", "base64"),
                term("signatureMethod", "DSA-SHA1"),
                "AAAA",
                local("rules"),
                "signer",
                ("when",),
                (EXTENSION,),
            ),
            (EXTENSION,),
        ),
        SignatureInformation(extensions=(EXTENSION,)),
    )
    return (
        IntellectualEntity(
            (uuid(1), Identifier("local", "2026-04")),
            levels,
            properties,
            "Партия",
            (EnvironmentFunction(term("environmentFunctionType", "software"), "1"),),
            (EnvironmentDesignation("Linux", "6", "somewhere", ("note",), ("more",)),),
            (EnvironmentRegistry("a registry", "key", local("role")),),
            (EXTENSION,),
            (relationship,),
            (uuid(10),),
            (uuid(20),),
        ),
        Representation((uuid(2),), levels, properties, "name", storage, (relationship,), (uuid(10),), (uuid(20),)),
        File(
            (uuid(3),),
            (characteristics(),),
            "допросы/a\tb\r\n\u0085 <&>\"']]>.txt",
            storage,
            (relationship,),
            (uuid(10),),
            (uuid(20),),
            levels,
            properties,
            signatures,
        ),
        Bitstream(
            (uuid(4),),
            (characteristics(),),
            storage,
            (relationship,),
            (uuid(10),),
            (uuid(20),),
            properties,
            signatures,
        ),
    )


def every_event() -> tuple[Event, ...]:
    return (
        Event(
            uuid(10),
            term("eventType", "ingestion"),
            "2026-11-22T02:00:00Z",
            ("what & how", Detail(None, (EXTENSION,)), Detail("both", (EXTENSION,))),
            (
                EventOutcome(term("eventOutcome", "success"), ("fine", Detail("x", (EXTENSION, EXTENSION)))),
                EventOutcome(notes=("only a note",)),
            ),
            (LinkingAgent(Identifier("local", "software"), (term("eventRelatedAgentRole", "exe"), local("b"))),),
            (LinkingObject(uuid(3), (term("eventRelatedObjectRole", "source"),)), LinkingObject(uuid(4))),
        ),
        Event(uuid(11), local("own"), "2020-08~/.."),
    )


def every_agent() -> tuple[Agent, ...]:
    return (
        Agent(
            Identifier("local", "software"),
            ("evidence-archive", "второе имя"),
            term("agentType", "software"),
            "0.1.0",
            ("note",),
            (EXTENSION,),
            (Identifier("URI", "urn:x"),),
            (uuid(10),),
            (uuid(20),),
            (LinkingEnvironment(uuid(1), (term("linkingEnvironmentRole", "source code"),)),),
        ),
        Agent(Identifier("local", "person")),
    )


def every_right() -> tuple[Rights, ...]:
    period = Period("2026", "2030-01-01")
    documents = (DocumentationIdentifier(Identifier("URI", "urn:consent"), local("consent")),)
    return (
        RightsStatement(
            uuid(20),
            term("rightsBasis", "other"),
            CopyrightInformation(
                term("copyrightStatus", "unknown"), "by", "2026-01-01", ("note",), documents, Period("2020")
            ),
            LicenseInformation(documents, "terms", ("note",), period),
            (
                StatuteInformation("by", "Article 1", "2026", ("note",), documents, period),
                StatuteInformation("fr", "Article 2"),
            ),
            OtherRightsInformation(local("informed consent"), documents, period, ("note",)),
            (
                RightsGranted(
                    term("actionsGranted", "disseminate"), ("embargo",), period, Period("2026", "open"), ("note",)
                ),
            ),
            (LinkingObject(uuid(1)),),
            (LinkingAgent(Identifier("local", "person"), (term("rightsRelatedAgentRole", "grantor"),)),),
        ),
        RightsStatement(uuid(21), term("rightsBasis", "license"), license=LicenseInformation(notes=("n",))),
        RightsExtension(EXTENSION),
    )


def written(
    objects: Iterable[Object],
    events: Iterable[Event] = (),
    agents: Iterable[Agent] = (),
    rights: Iterable[Rights] = (),
) -> bytes:
    out = io.BytesIO()
    write_premis(out, objects=objects, events=events, agents=agents, rights=rights)
    return out.getvalue()


def written_again(entities: Iterable[Entity]) -> bytes:
    """Entities that were read, sorted into the writer's arguments."""
    kept = list(entities)
    return written(
        (item for item in kept if isinstance(item, Object)),
        (item for item in kept if isinstance(item, Event)),
        (item for item in kept if isinstance(item, Agent)),
        (item for item in kept if isinstance(item, Rights)),
    )


# Everything XML 1.0 can carry, with what is hard for parsers likely.
texts = st.text(
    st.one_of(
        st.sampled_from("<>&\"'\r\n\t ]\u0085\u2028\ufeff\u202e"),
        st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff").filter(
            lambda character: character in "\t\n\r" or ord(character) >= 32
        ),
    ),
    max_size=20,
)
optional_texts = st.none() | texts
notes = st.lists(texts, max_size=3).map(tuple)
terms = st.one_of(
    st.sampled_from([SHA256, BLAKE3, term("eventType", "ing")]),
    st.builds(Term, texts, optional_texts, optional_texts, optional_texts),
)
identifiers = st.builds(Identifier, texts, texts)
extensions = st.lists(st.sampled_from([EXTENSION, b"<plain><b>&#13;</b></plain>", EXTENSION * 2]), max_size=2).map(
    lambda given: tuple(given)
)
formats = st.one_of(
    st.builds(Format, texts, optional_texts, notes=notes),
    st.builds(
        Format,
        name=optional_texts,
        registry_name=texts,
        registry_key=texts,
        registry_role=st.none() | terms,
        notes=notes,
    ),
)
object_characteristics = st.builds(
    ObjectCharacteristics,
    st.none() | st.integers(0, 5),
    st.lists(st.builds(Fixity, terms, texts, optional_texts), max_size=3).map(tuple),
    st.none() | st.integers(0, 2**63 - 1),
    st.lists(formats, min_size=1, max_size=2).map(tuple),
    st.just(()),
    st.just(()),
    st.just(()),
)
files = st.builds(
    File,
    st.lists(identifiers, min_size=1, max_size=2).map(tuple),
    st.lists(object_characteristics, min_size=1, max_size=2).map(tuple),
    optional_texts,
    st.lists(st.builds(Storage, terms, texts, st.none() | terms), max_size=2).map(tuple),
)
details = st.lists(texts | st.just(Detail(None, (EXTENSION,))), max_size=2).map(tuple)
events = st.builds(
    Event,
    identifiers,
    terms,
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    details,
    st.lists(st.builds(EventOutcome, terms, details), max_size=2).map(tuple),
    st.lists(st.builds(LinkingAgent, identifiers, st.lists(terms, max_size=2).map(tuple)), max_size=2).map(tuple),
    st.lists(st.builds(LinkingObject, identifiers), max_size=2).map(tuple),
)
agents = st.builds(Agent, identifiers, notes, st.none() | terms, optional_texts, notes)
statements = st.builds(
    RightsStatement,
    identifiers,
    terms,
    granted=st.lists(st.builds(RightsGranted, terms, notes, notes=notes), max_size=2).map(tuple),
)
