"""Writes METS and PREMIS with ours: ``python premis_ours.py COUNT FOLDER``; prints memory used above the start's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from premis_content import AGENT, EVENT_TYPES, MOMENT, PACKAGE, facts, peak_memory

START = peak_memory()

# After the start's memory was taken: what a library needs to be imported counts as its own.
from premis.mets import (  # noqa: E402
    AIP_PROFILE,
    AgentNote,
    Div,
    FileGroup,
    MdRef,
    Mets,
    MetsAgent,
    MetsFile,
    NoteType,
    write_mets,
)
from premis.model import (  # noqa: E402
    Agent,
    Event,
    EventOutcome,
    File,
    Fixity,
    Format,
    Identifier,
    LinkingAgent,
    LinkingObject,
    ObjectCharacteristics,
)
from premis.terms import SHA256, term  # noqa: E402
from premis.writer import write_premis  # noqa: E402

SOFTWARE = Identifier("local", AGENT)
LINK = (LinkingAgent(SOFTWARE),)
OUTCOME = (EventOutcome(term("eventOutcome", "success")),)
TYPES = tuple(term("eventType", name) for name in EVENT_TYPES)
JPEG = Format(name="JPEG File Interchange Format", version="1.01", registry_name="PRONOM", registry_key="fmt/43")


def objects(count: int) -> Iterator[File]:
    for file in facts(count):
        yield File(
            identifiers=(Identifier("UUID", file.uuid),),
            characteristics=(
                ObjectCharacteristics(
                    composition_level=0, fixity=(Fixity(SHA256, file.sha256),), size=file.size, formats=(JPEG,)
                ),
            ),
            original_name=file.path,
        )


def events(count: int) -> Iterator[Event]:
    for file in facts(count):
        link = (LinkingObject(Identifier("UUID", file.uuid)),)
        for number, (identifier, kind) in enumerate(zip(file.events, TYPES, strict=True)):
            yield Event(
                identifier=Identifier("UUID", identifier),
                type=kind,
                date_time=MOMENT,
                outcomes=OUTCOME,
                agents=LINK if number == 0 else (),
                objects=link,
            )


def mets(count: int, premis: bytes) -> Mets:
    import hashlib

    files = (
        MetsFile(f"file-{file.uuid}", "image/jpeg", file.size, MOMENT, file.sha256, file.path) for file in facts(count)
    )
    return Mets(
        objid=f"urn:uuid:{PACKAGE}",
        type="Mixed",
        profile=AIP_PROFILE,
        content_information_type="OTHER",
        other_content_information_type="evidence",
        create_date=MOMENT,
        oais_package_type="AIP",
        agents=(
            MetsAgent(AGENT, type="OTHER", other_type="SOFTWARE", notes=(AgentNote("1", NoteType.SOFTWARE_VERSION),)),
        ),
        struct_map=Div("div-0", PACKAGE, children=(Div("div-1", "Metadata", admid=("digiprov-1",)),)),
        digiprov=(
            MdRef(
                "digiprov-1", "premis.xml", "PREMIS", "application/xml", 0, MOMENT, hashlib.sha256(premis).hexdigest()
            ),
        ),
        file_groups=(FileGroup("Data", "group-data", files),),
    )


def main() -> None:
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    with (folder / "premis.xml").open("wb") as out:
        write_premis(
            out, objects=objects(count), events=events(count), agents=(Agent(SOFTWARE, names=(AGENT,), version="1"),)
        )
    with (folder / "METS.xml").open("wb") as out:
        write_mets(out, mets(count, b""))
    print(peak_memory() - START)


if __name__ == "__main__":
    main()
