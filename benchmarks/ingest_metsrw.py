"""Writes one METS about a bag with metsrw: ``python ingest_metsrw.py BAG FILE``, by the Python of a venv that has it.

For each file a PREMIS object and three events, as in ``mets.py``; digests are taken from the bag's own manifest.
"""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

import metsrw
from premis_content import EVENT_TYPES, FileFacts
from premis_metsrw import premis_agent, premis_event, premis_object


def _uuid() -> str:
    return str(uuid.uuid4())


def main() -> None:
    bag, target = Path(sys.argv[1]), Path(sys.argv[2])
    document = metsrw.METSDocument()
    children = []
    for line in (bag / "manifest-sha256.txt").read_text().splitlines():
        digest, path = line.split(maxsplit=1)
        file = FileFacts(_uuid(), path, (bag / path).stat().st_size, digest, (_uuid(), _uuid(), _uuid()))
        entry = metsrw.FSEntry(path=path, file_uuid=file.uuid, checksum=digest, checksumtype="SHA-256", use="original")
        entry.add_premis_object(premis_object(file))
        for event in range(len(EVENT_TYPES)):
            entry.add_premis_event(premis_event(file, event))
        if not children:
            entry.add_premis_agent(premis_agent())
        children.append(entry)
    document.append_file(metsrw.FSEntry(path="data", type="Directory", children=children))
    document.write(str(target), pretty_print=False)


if __name__ == "__main__":
    main()
