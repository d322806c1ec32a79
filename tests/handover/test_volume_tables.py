"""The tables on a volume: every column of octets is there in base64, whoever added it."""

from __future__ import annotations

import base64
import csv
import io
from pathlib import Path

from sqlalchemy import Column, LargeBinary, MetaData

from archive.catalogue import schema
from archive.handover.volume import write_table


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_a_column_of_octets_added_later_is_exported_in_base64(tmp_path: Path) -> None:
    table = schema.key.to_metadata(MetaData())
    table.append_column(Column("thumbprint", LargeBinary))
    columns = schema.columns_of([table])[table.name]
    row: dict[str, object] = dict.fromkeys(columns) | {"thumbprint": b"\xfe=\0", "public_key": b"\x01"}
    assert write_table(tmp_path, table.name, columns, iter([row, dict.fromkeys(columns)])) == 2
    full, empty = _rows(tmp_path / f"{table.name}.csv")
    assert base64.b64decode(full["thumbprint_b64"]) == b"\xfe=\0"
    assert base64.b64decode(full["public_key_b64"]) == b"\x01"
    assert "b'" not in full["thumbprint"] and 'b"' not in full["thumbprint"]
    assert empty["thumbprint"] == empty["thumbprint_b64"] == ""
    assert "name_b64" not in full
