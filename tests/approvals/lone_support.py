"""What the stand-alone program says of the same records: a second witness beside ``archive.holdings.docket``."""

from __future__ import annotations

import importlib.util
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from archive.codec.record_codec import spell_record
from archive.handover.verifier import ACTS_VERIFIER
from archive.model.records import Record

DATA = Path(__file__).resolve().parents[2] / "archive" / "handover" / "data"


def program() -> ModuleType:
    """The program as a module; it does nothing when it is only loaded."""
    spec = importlib.util.spec_from_file_location("lone_acts", DATA / ACTS_VERIFIER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LONE = program()


def refused(archive: str, records: Sequence[Record]) -> list[bool]:
    """Of each record whether the stand-alone program says that it should not be there."""
    docket, said = LONE.Docket(archive), []
    told = [json.loads(spell_record(record, secrets.token_bytes).record) for record in records]
    for _, spelled in LONE.counted(list(enumerate(told))):
        try:
            docket.take(spelled)
            said.append(False)
        except LONE.Wrong:
            said.append(True)
    return said
