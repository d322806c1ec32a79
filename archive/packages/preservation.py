"""Facts into PREMIS 3.0: the objects, events, agents and rights of a package (DESIGN §5).

An event that is the same for all files is said once, at the representation, and holds for every file unless an event
of that type stands at the file itself.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from xml.sax.saxutils import escape

from archive.inspection.identification import Answers, FormatMatch, Identification
from archive.inspection.verdict import REMEMBERED, SENTENCES, decide
from archive.model.moments import format_moment, moment_from_ns
from archive.model.names import in_xml
from archive.model.transfer import SealState, Transfer
from archive.packages.content import AipContent, PackagedFile, Provenance
from archive.packages.folder import CONTENT
from premis.model import (
    Agent,
    Event,
    EventOutcome,
    File,
    Fixity,
    Format,
    Identifier,
    IntellectualEntity,
    LinkingAgent,
    LinkingObject,
    ObjectCharacteristics,
    OtherRightsInformation,
    RelatedObject,
    Relationship,
    Representation,
    RightsGranted,
    RightsStatement,
    Storage,
)
from premis.terms import Term, local, term

EXTENSION_NAMESPACE = "urn:uuid:5b7c0a5e-9d0e-4a43-8f0c-6a1d7a5a2f31"
"""Namespace of our own elements, whose schema ships in every package (``schemas/``)."""

_SHA256 = term("cryptographicHashFunctions", "SHA-256")
_DIGEST_TERMS = {
    "sha256": _SHA256,
    "blake3": local("BLAKE3"),  # the vocabulary of id.loc.gov has no term for it
    "sha512": term("cryptographicHashFunctions", "SHA-512"),
    "sha384": term("cryptographicHashFunctions", "SHA-384"),
    "sha1": term("cryptographicHashFunctions", "SHA-1"),
    "md5": term("cryptographicHashFunctions", "MD5"),
}
VERDICT = "verdict: "
"""How the note begins that says what was made of the identifiers' answers; the kind of verdict follows it."""

_PATH_IN_PACKAGE = local("path in package")
SUCCESS = term("eventOutcome", "success")
FAIL = term("eventOutcome", "fail")
WARNING = term("eventOutcome", "warning")
_EXECUTING = term("eventRelatedAgentRole", "executing program")
_SOURCE_ROLE = local("producer")
_HANDED_OVER = local("handed over by")
_RECEIVED = local("received by")
SOFTWARE = Identifier("local", "software:evidence-archive")


def uuid_identifier(value: str) -> Identifier:
    """An identifier of ours as PREMIS spells it."""
    return Identifier("UUID", value)


def new_event(
    kind: str,
    *,
    at: datetime,
    objects: tuple[Identifier, ...],
    outcome: Term = SUCCESS,
    detail: str | None = None,
    note: str | None = None,
    agent: Identifier = SOFTWARE,
) -> Event:
    """One event of an id.loc.gov type; ``detail`` says what was done, ``note`` what came of it."""
    return Event(
        identifier=uuid_identifier(str(uuid.uuid4())),
        type=term("eventType", kind),
        date_time=format_moment(at),
        details=() if detail is None else (detail,),
        outcomes=(EventOutcome(outcome, () if note is None else (note,)),),
        agents=(LinkingAgent(agent, (_EXECUTING,)),),
        objects=tuple(LinkingObject(identifier) for identifier in objects),
    )


def software_agents(version: str, *tools: Identification) -> list[Agent]:
    """Ourselves and each tool that spoke, with versions."""
    software = term("agentType", "software")
    agents = [Agent(SOFTWARE, names=("evidence-archive",), type=software, version=version)]
    for tool in {(t.tool, t.tool_version, t.signatures): t for t in tools}.values():
        agents.append(
            Agent(
                tool_identifier(tool),
                names=(tool.tool,),
                type=software,
                version=tool.tool_version,
                notes=(f"signatures: {tool.signatures}",),
            )
        )
    return agents


def producer_agent(code: str) -> Agent:
    """The producer, by its code; who that is stands in the agreement, not in a package."""
    return Agent(Identifier("local", f"producer:{code}"), names=(code,), type=term("agentType", "organization"))


def person_agents(transfers: Iterable[Transfer]) -> list[Agent]:
    """Who handed over and who received, by code; who that is stands elsewhere."""
    codes = (code for one in transfers for code in (one.handed_over_by, one.received_by) if code is not None)
    return [Agent(_person(code), names=(code,), type=term("agentType", "person")) for code in dict.fromkeys(codes)]


def transfer_event(transfer: Transfer, *, of: Identifier, before: datetime) -> Event:
    """The hand-over of a delivery. Where nobody said when it was, it was ``before`` the accession was opened."""
    roles = ((transfer.handed_over_by, _HANDED_OVER), (transfer.received_by, _RECEIVED))
    return Event(
        identifier=uuid_identifier(str(uuid.uuid4())),
        type=term("eventType", "transfer"),
        date_time=transfer.handed_over_at or format_moment(before),
        details=(xml_text(transfer.in_words()),),
        outcomes=(EventOutcome(WARNING if transfer.seal_state not in (None, SealState.INTACT) else SUCCESS),),
        agents=tuple(LinkingAgent(_person(code), (role,)) for code, role in roles if code is not None),
        objects=(LinkingObject(of),),
    )


def _person(code: str) -> Identifier:
    return Identifier("local", f"agent:{code}")


def tool_identifier(tool: Identification) -> Identifier:
    """The identifier of an identification tool as an agent."""
    return Identifier("local", f"software:{tool.tool}")


def package_entity(provenance: Provenance, *, relationships: tuple[Relationship, ...] = ()) -> IntellectualEntity:
    """The package itself."""
    return IntellectualEntity((uuid_identifier(provenance.package),), relationships=relationships)


def group_entities(content: AipContent, package: Identifier) -> Iterator[IntellectualEntity]:
    """The person, case or folder of which a package holds files, by an identifier that tells nothing."""
    if content.group is not None:
        yield IntellectualEntity((uuid_identifier(content.group.id),), relationships=(structural("has Part", package),))


def representation(identifier: Identifier, *, of: Identifier) -> Representation:
    """The delivered files of a package, taken together."""
    return Representation((identifier,), relationships=(structural("represents", of),))


def structural(kind: str, *of: Identifier) -> Relationship:
    """A structural relationship of that kind (id.loc.gov relationshipSubType) to other objects."""
    return Relationship(
        type=term("relationshipType", "structural"),
        sub_type=term("relationshipSubType", kind),
        related_objects=tuple(RelatedObject(identifier) for identifier in of),
    )


def file_object(file: PackagedFile) -> File:
    """One delivered file: digests with their originators, format, original name, and what our extension carries."""
    fixity = [Fixity(_DIGEST_TERMS["sha256"], file.sha256), Fixity(_DIGEST_TERMS["blake3"], file.blake3)]
    fixity += [Fixity(_DIGEST_TERMS[algorithm], digest) for algorithm, digest in file.digests]
    for given in file.producer_digests:
        fixity.append(
            Fixity(_DIGEST_TERMS.get(given.algorithm, local(given.algorithm)), given.digest, given.originator)
        )
    characteristics = ObjectCharacteristics(
        composition_level=0,
        fixity=tuple(fixity),
        size=file.size,
        formats=_formats(file.answers),
        extensions=(_extension(file),),
    )
    return File(
        identifiers=(uuid_identifier(file.id),),
        characteristics=(characteristics,),
        original_name=in_xml(file.name),
        storage=(Storage(_PATH_IN_PACKAGE, (CONTENT + file.path).removeprefix("data/")),),
        relationships=() if file.item is None else (structural("is Part Of", uuid_identifier(file.item)),),
    )


@lru_cache(REMEMBERED)
def _formats(answers: Answers) -> tuple[Format, ...]:
    """The format the verdict names, with the answers that say the same; then each answer that says something else."""
    verdict = decide(answers)
    named = None if verdict.format is None else verdict.format.puid
    same: list[Identification] = []
    other: list[Identification] = []
    for answer in answers:
        puid = None if answer.format is None else answer.format.puid
        (same if puid == named else other).append(answer)
    verdict_note = f"{VERDICT}{verdict.kind}; {SENTENCES[verdict.kind]}"
    first = _format(verdict.format, (verdict_note, *(answer.note for answer in same)))
    return (first, *(_format(answer.format, (answer.note,)) for answer in other))


def _format(match: FormatMatch | None, notes: tuple[str, ...]) -> Format:
    if match is None:
        return Format(name="unknown", notes=notes)
    return Format(
        name=match.name,
        version=match.version,
        registry_name=match.registry,
        registry_key=match.puid,
        registry_role=term("formatRegistryRole", "specification"),
        notes=notes,
    )


def _extension(file: PackagedFile) -> bytes:
    name = base64.b64encode(file.name).decode()
    group = "" if file.hard_link_group is None else f"<e:hardLinkGroup>{escape(file.hard_link_group)}</e:hardLinkGroup>"
    return (
        f'<e:delivered xmlns:e="{EXTENSION_NAMESPACE}"><e:nameBytes>{name}</e:nameBytes>'
        f"<e:modified>{moment_from_ns(file.mtime_ns)}</e:modified>{group}</e:delivered>"
    ).encode()


def shared_events(content: AipContent, of: Identifier) -> Iterator[Event]:
    """What was done alike to every file of an AIP; ``of`` is the representation."""
    at = content.received_at
    names = ["SHA-256", "BLAKE3", *(_DIGEST_TERMS[algorithm].value for algorithm in content.more_digests)]
    computed = f"{', '.join(names[:-1])} and {names[-1]}, in one reading"
    yield new_event("message digest calculation", at=at, objects=(of,), detail=computed)
    compared = sum(1 for file in content.files if file.producer_digests)
    if compared:
        yield new_event(
            "fixity check",
            at=at,
            objects=(of,),
            detail="the producer's digests compared with the bytes received, in the same reading",
            note=f"{compared} of {len(content.files)} files came with a digest",
        )
    for tool in {answer.tool: answer for file in content.files for answer in file.answers}.values():
        yield new_event(
            "format identification",
            at=content.provenance.sealed_at,
            objects=(of,),
            detail=f"{tool.tool} {tool.tool_version}, {tool.signatures}",
            agent=tool_identifier(tool),
        )


def file_events(content: AipContent) -> Iterator[Event]:
    """What happened to single files and not to all."""
    for file in content.files:
        this = (uuid_identifier(file.id),)
        if file.path.encode() != file.name:
            yield new_event(
                "filename change",
                at=content.received_at,
                objects=this,
                detail="spelled so that every tool agrees on the name; the delivered name is kept byte for byte",
            )
        for given in file.producer_digests:
            if not given.agrees:
                yield new_event(
                    "fixity check",
                    at=content.received_at,
                    objects=this,
                    outcome=FAIL,
                    detail=f"{given.algorithm} from {given.originator}",
                    note="the bytes received do not have the digest the producer gave",
                )
        yield from _format_events(file, at=content.provenance.sealed_at)


def _format_events(file: PackagedFile, *, at: datetime) -> Iterator[Event]:
    """What each tool warned of, and the verdict where a person should look at it."""
    this = (uuid_identifier(file.id),)
    warned = [answer for answer in file.answers if answer.warning is not None]
    kind = decide(file.answers).kind
    if not warned and not kind.needs_a_person:
        return
    # An event of this type at the file replaces the one at the representation, so every tool is named here.
    for answer in file.answers:
        yield new_event(
            "format identification",
            at=at,
            objects=this,
            outcome=WARNING if answer.warning is not None else SUCCESS,
            detail=f"{answer.tool} {answer.tool_version}, {answer.signatures}",
            note=None if answer.warning is None else xml_text(answer.warning),
            agent=tool_identifier(answer),
        )
    if kind.needs_a_person:
        note = f"{VERDICT}{kind}; {SENTENCES[kind]}"
        yield new_event("format identification", at=at, objects=this, outcome=WARNING, note=note)


def package_events(content: AipContent, of: Identifier) -> Iterator[Event]:
    """The receipt and the making of the package itself."""
    provenance = content.provenance
    yield Event(
        identifier=uuid_identifier(str(uuid.uuid4())),
        type=term("eventType", "ingestion"),
        date_time=format_moment(content.received_at),
        details=(f"accession {provenance.accession}",),
        outcomes=(EventOutcome(SUCCESS),),
        agents=(
            LinkingAgent(SOFTWARE, (_EXECUTING,)),
            LinkingAgent(Identifier("local", f"producer:{provenance.producer}"), (_SOURCE_ROLE,)),
        ),
        objects=(LinkingObject(of),),
    )
    note = None if content.group is None else content.group.in_words
    yield new_event("information package creation", at=provenance.sealed_at, objects=(of,), note=note)


def embargo(of: tuple[Identifier, ...], *, notes: tuple[str, ...]) -> RightsStatement:
    """Nothing may be passed on: what holds wherever it is not known what may be done."""
    return RightsStatement(
        identifier=uuid_identifier(str(uuid.uuid4())),
        basis=term("rightsBasis", "other"),
        other=OtherRightsInformation(basis=local("embargo"), notes=notes),
        granted=(RightsGranted(act=local("disseminate"), restrictions=("disallow",)),),
        objects=tuple(LinkingObject(identifier) for identifier in of),
    )


def xml_text(text: str) -> str:
    """``text`` with characters that XML cannot carry made visible."""
    return "".join(c if in_xml(c.encode("utf-8", "surrogatepass")) is not None else repr(c)[1:-1] for c in text)
