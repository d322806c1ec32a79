"""The PREMIS of what is left of a package: the same story, told of fewer files, and what happened to the others.

What was said of the representation as a whole holds for each file that stays, so it is said of the new representation.
What happened to the old package is kept under the old package's identifier; both are objects of the new document.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from datetime import datetime

from archive.model.identifiers import PackageId
from archive.packages import preservation
from archive.packages.folder import PackageFolder
from premis.model import (
    Agent,
    Bitstream,
    Entity,
    Event,
    File,
    Identifier,
    IntellectualEntity,
    LinkingAgent,
    LinkingObject,
    Object,
    RelatedObject,
    Relationship,
    Representation,
    Rights,
    RightsStatement,
)
from premis.terms import term
from premis.writer import write_premis

_OBJECTS = (IntellectualEntity, Representation, File, Bitstream)


@dataclass(frozen=True, slots=True)
class Authority:
    """By what right files were taken out: the request, the codes of the persons who asked and approved, and when."""

    request: str
    persons: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Derivation:
    """Where a package comes from: its source, pinned by its tagmanifest, ``count`` files of which were taken out."""

    source: PackageId
    tagmanifest_sha256: str
    count: int
    authority: Authority


@dataclass(frozen=True, slots=True)
class Documents:
    """The PREMIS documents of an AIP: of the package, and of its files."""

    package: tuple[Entity, ...]
    files: tuple[Entity, ...]


def write_remaining_premis(
    folder: PackageFolder,
    documents: Documents,
    *,
    package: PackageId,
    source: PackageId,
    source_tagmanifest_sha256: str,
    keep: Set[str],
    gone: Set[str],
    authority: Authority,
    at: datetime,
    software_version: str,
) -> None:
    """Write both documents of the new package ``package`` into its folder."""
    new = preservation.uuid_identifier(package)
    representation = preservation.uuid_identifier(str(uuid.uuid4()))
    before = [entity.identifiers[0] for entity in documents.package if isinstance(entity, Representation)]
    moved = {identifier.value: representation for identifier in before}
    staying = _staying(documents.files, keep)
    forgotten = {entity.identifiers[0].value for entity in documents.files if isinstance(entity, _OBJECTS)}
    forgotten -= {entity.identifiers[0].value for entity in staying}
    with folder.writing("data/representations/original/metadata/preservation/premis.xml") as out:
        write_premis(
            out,
            objects=(_without(entity, forgotten) for entity in staying),
            events=_events(documents.files, gone=forgotten, moved={}),
            agents=_agents(documents.files),
            rights=_rights(documents.files, gone=forgotten, moved={}),
        )
    derivation = Derivation(source, source_tagmanifest_sha256, len(gone), authority)
    event = deaccession_event(derivation, new)
    made = preservation.new_event("information package creation", at=at, objects=(new,))
    with folder.writing("data/metadata/preservation/premis.xml") as out:
        write_premis(
            out,
            objects=(
                IntellectualEntity((new,), relationships=(derived_from(source),)),
                preservation.representation(representation, of=new),
                *(entity for entity in documents.package if isinstance(entity, IntellectualEntity)),
            ),
            events=[*_events(documents.package, gone=forgotten, moved=moved), event, made],
            agents=with_persons(_agents(documents.package), authority, software_version),
            rights=_rights(documents.package, gone=forgotten, moved={**moved, source: new}),
        )


def _staying(entities: Iterable[Entity], keep: Set[str]) -> list[Object]:
    """The files that stay, and whatever else stands among the objects and belongs to one of them."""
    objects = [entity for entity in entities if isinstance(entity, _OBJECTS)]
    files = [entity for entity in objects if isinstance(entity, File) and entity.identifiers[0].value in keep]
    needed = {other for file in files for other in _related(file)} | keep
    return [
        entity
        for entity in objects
        if entity in files
        or (not isinstance(entity, File) and ({entity.identifiers[0].value, *_related(entity)} & needed))
    ]


def _related(entity: Object) -> Iterator[str]:
    for relationship in entity.relationships:
        for other in relationship.related_objects:
            yield other.identifier.value


def _without(entity: Object, gone: Set[str]) -> Object:
    """An object without what relates it to objects that are gone."""
    related = []
    for relationship in entity.relationships:
        others = tuple(other for other in relationship.related_objects if other.identifier.value not in gone)
        if others:
            related.append(replace(relationship, related_objects=others))
    return replace(entity, relationships=tuple(related))


def _events(entities: Iterable[Entity], *, gone: Set[str], moved: dict[str, Identifier]) -> Iterator[Event]:
    for entity in entities:
        if isinstance(entity, Event):
            objects = _links(entity.objects, gone=gone, moved=moved)
            if objects or not entity.objects:
                yield replace(entity, objects=objects)


def _rights(entities: Iterable[Entity], *, gone: Set[str], moved: dict[str, Identifier]) -> Iterator[Rights]:
    for entity in entities:
        if isinstance(entity, RightsStatement):
            objects = _links(entity.objects, gone=gone, moved=moved)
            if objects or not entity.objects:
                yield replace(entity, objects=objects)


def _links(
    links: tuple[LinkingObject, ...], *, gone: Set[str], moved: dict[str, Identifier]
) -> tuple[LinkingObject, ...]:
    return tuple(
        replace(link, identifier=moved.get(link.identifier.value, link.identifier))
        for link in links
        if link.identifier.value not in gone
    )


def _agents(entities: Iterable[Entity]) -> list[Agent]:
    return [entity for entity in entities if isinstance(entity, Agent)]


def with_persons(agents: Iterable[Agent], authority: Authority, software_version: str) -> list[Agent]:
    """``agents`` with this program and the persons who decided."""
    known = list(agents)
    identifiers = {agent.identifier.value for agent in known}
    more = [*preservation.software_agents(software_version), *map(_person, authority.persons)]
    return [*known, *(agent for agent in more if agent.identifier.value not in identifiers)]


def _person(code: str) -> Agent:
    """Somebody who decided, by a code; who that is stands on paper elsewhere."""
    return Agent(_person_identifier(code), names=(code,), type=term("agentType", "person"))


def _person_identifier(code: str) -> Identifier:
    return Identifier("local", f"agent:{code}")


def derived_from(source: PackageId) -> Relationship:
    """That a package was made from another one."""
    return Relationship(
        type=term("relationshipType", "derivation"),
        sub_type=term("relationshipSubType", "has Source"),
        related_objects=(RelatedObject(preservation.uuid_identifier(source)),),
    )


def deaccession_event(derivation: Derivation, new: Identifier) -> Event:
    """What happened between the source and the package ``new``, and who authorised it."""
    count = derivation.count
    files = "1 file was" if count == 1 else f"{count} files were"
    event = preservation.new_event(
        "deaccession",
        at=derivation.authority.at,
        objects=(),
        detail=f"{files} deaccessioned and deleted, on request {derivation.authority.request}, signed by two persons; "
        "everything else was taken over from the source package, whose tagmanifest-sha256.txt has the SHA-256 "
        f"{derivation.tagmanifest_sha256}",
    )
    authorizers = tuple(
        LinkingAgent(_person_identifier(code), (term("eventRelatedAgentRole", "authorizer"),))
        for code in derivation.authority.persons
    )
    old, role = preservation.uuid_identifier(derivation.source), "eventRelatedObjectRole"
    return replace(
        event,
        agents=(*event.agents, *authorizers),
        objects=(LinkingObject(old, (term(role, "source"),)), LinkingObject(new, (term(role, "outcome"),))),
    )
