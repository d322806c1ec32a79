"""Writes one METS with metsrw: ``python premis_metsrw.py COUNT FOLDER``, by the Python of a venv that has it (AGPL).

Prints the memory used above the start's. Nothing of ours is imported here but plain facts.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from premis_content import AGENT, EVENT_TYPES, MOMENT, FileFacts, facts, peak_memory

START = peak_memory()

import metsrw  # noqa: E402
from metsrw.plugins import premisrw  # noqa: E402

META = premisrw.PREMIS_3_0_META


def premis_object(file: FileFacts) -> Any:
    return premisrw.PREMISObject(
        data=(
            "object",
            {**META, "xsi:type": "premis:file"},
            ("object_identifier", ("object_identifier_type", "UUID"), ("object_identifier_value", file.uuid)),
            (
                "object_characteristics",
                ("composition_level", "0"),
                ("fixity", ("message_digest_algorithm", "SHA-256"), ("message_digest", file.sha256)),
                ("size", str(file.size)),
                (
                    "format",
                    (
                        "format_designation",
                        ("format_name", "JPEG File Interchange Format"),
                        ("format_version", "1.01"),
                    ),
                    ("format_registry", ("format_registry_name", "PRONOM"), ("format_registry_key", "fmt/43")),
                ),
            ),
            ("original_name", file.path),
        )
    )


def premis_event(file: FileFacts, number: int) -> Any:
    agent = (
        (
            "linking_agent_identifier",
            ("linking_agent_identifier_type", "local"),
            ("linking_agent_identifier_value", AGENT),
        ),
    )
    return premisrw.PREMISEvent(
        data=(
            "event",
            META,
            (
                "event_identifier",
                ("event_identifier_type", "UUID"),
                ("event_identifier_value", file.events[number]),
            ),
            ("event_type", EVENT_TYPES[number]),
            ("event_date_time", MOMENT),
            ("event_outcome_information", ("event_outcome", "success")),
            *(agent if number == 0 else ()),
            (
                "linking_object_identifier",
                ("linking_object_identifier_type", "UUID"),
                ("linking_object_identifier_value", file.uuid),
            ),
        )
    )


def premis_agent() -> Any:
    return premisrw.PREMISAgent(
        data=(
            "agent",
            META,
            ("agent_identifier", ("agent_identifier_type", "local"), ("agent_identifier_value", AGENT)),
            ("agent_name", AGENT),
            ("agent_version", "1"),
        )
    )


def main() -> None:
    count, folder = int(sys.argv[1]), Path(sys.argv[2])
    document = metsrw.METSDocument()
    children = []
    for number, file in enumerate(facts(count)):
        entry = metsrw.FSEntry(
            path=file.path, file_uuid=file.uuid, checksum=file.sha256, checksumtype="SHA-256", use="original"
        )
        entry.add_premis_object(premis_object(file))
        for event in range(len(EVENT_TYPES)):
            entry.add_premis_event(premis_event(file, event))
        if number == 0:
            entry.add_premis_agent(premis_agent())
        children.append(entry)
    document.append_file(metsrw.FSEntry(path="objects", type="Directory", children=children))
    document.write(str(folder / "METS.xml"), pretty_print=False)
    print(peak_memory() - START)


if __name__ == "__main__":
    main()
