"""Hostile tables: a row is compared with the names that were delivered, and opens nothing."""

from __future__ import annotations

import codecs

from hostile_case import Case, State, files, outcomes

CONTENT: dict[str | bytes, bytes] = {"a.txt": b"a", "b.txt": b"b"}
ROWS = "path,note\na.txt,one\nb.txt,two\n"


def table(id: str, delivered: str, data: str | bytes, *codes: str, exit: int = 0) -> Case:
    octets = data if isinstance(data, bytes) else data.encode()
    return Case(
        id=id,
        delivered=delivered,
        make=files(CONTENT),
        files={} if exit == 1 else outcomes(*CONTENT),
        table=octets,
        codes=frozenset(codes),
        exit=exit,
        state=State.REFUSED if exit == 1 else State.CLOSED,
    )


CASES = (
    table(
        "table-climbs",
        "rows about `../../etc/passwd`",
        ROWS + "../../etc/passwd,x\n../a.txt,y\n",
        "row-without-file",
        exit=3,
    ),
    table(
        "table-absolute",
        "rows about `/etc/passwd` and `C:\\x`",
        ROWS + "/etc/passwd,x\nC:\\x,y\nfile:///etc/passwd,z\n",
        "row-without-file",
        exit=3,
    ),
    table(
        "table-formulas",
        "cells that a spreadsheet would carry out",
        ROWS + "=cmd|' /C calc'!A0,=1+1\n",
        "row-without-file",
        exit=3,
    ),
    table(
        "table-contradicts",
        "two rows about one file that contradict",
        "path,note,rights\na.txt,1,embargo\na.txt,2,\nb.txt,,\n",
        "contradicting-rows",
        exit=3,
    ),
    table(
        "table-with-bom",
        "a byte order mark, and lines that end in CR",
        codecs.BOM_UTF8 + ROWS.replace("\n", "\r").encode(),
    ),
    table("table-utf-16", "UTF-16", codecs.BOM_UTF16_LE + ROWS.encode("utf-16-le")),
    table(
        "table-with-nul", "NUL bytes and terminal sequences", ROWS + "\x1b[2J\x00,\x00\n", "row-without-file", exit=3
    ),
    table("table-huge-cell", "a cell of two megabytes", ROWS.replace("one", "x" * 2_000_000)),
    table(
        "table-quote-never-closed",
        "a quotation mark that is never closed",
        ROWS + 'c.txt,"never closed\n' + "x,y\n" * 1000,
        "duplicate-row",
        "row-malformed",
        "row-without-file",
        exit=3,
    ),
    table(
        "table-wrong-digests",
        "digests that do not fit and some that are none",
        f"path,sha256,md5\na.txt,{'0' * 64},zz\nb.txt,,\n",
        "digest-malformed",
        "digest-mismatch",
        exit=3,
    ),
    table(
        "table-of-a-thousand-columns",
        "a thousand columns, rows of other lengths",
        "path" + ",c" * 999 + "\na.txt\nb.txt" + ",x" * 2000 + "\n",
        "column-twice",
        "ragged-row",
    ),
    table("table-is-no-workbook", "a ZIP file where a table should be", b"PK\x03\x04" + bytes(100), exit=1),
    table("table-is-empty", "an empty file", b"", exit=1),
    table("table-without-paths", "no column that names files", "file,note\na.txt,1\n", exit=1),
)
