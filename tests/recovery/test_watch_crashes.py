"""A process that dies at any durable call of watching or reporting, then the same command again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from recovery_support import (
    KILLED,
    command,
    command_counting,
    command_dying,
    copy_of,
    kinds,
    new_archive,
)

from archive import assembly

TABLE = "NARA Format ID,PRONOM URL,NARA Risk Level,NARA Preservation Action\r\nNF00001,fmt/11,High Risk,Transform\r\n"
RISKIER = 3
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
    b"\0\0\0\nIDATx\x9cc`\0\0\0\2\0\1\x48\xaf\xa4\x71\0\0\0\0IEND\xaeB`\x82"
)


def in_use(home: Path) -> list[tuple[str, str, int]]:
    with assembly.reading(home) as archive:
        assert archive.holdings.log.verify() == []
        return [(row.form, row.sha256, row.formats) for row in archive.holdings.catalogue.risk_tables()]


def test_watch_that_died_anywhere_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    base = tmp_path / "base"
    home = new_archive(base)
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery" / "a.png").write_bytes(PNG)
    assert command(home, "ingest", str(tmp_path / "delivery"), "--producer", "p") == 0
    table = tmp_path / "table.csv"
    table.write_text(TABLE, newline="")
    watch = ("formats", "watch", str(table), "--date", "2026-03-20")
    undisturbed = copy_of(base, tmp_path / "undisturbed")
    code, calls = command_counting(undisturbed, *watch)
    assert code == RISKIER
    assert len(calls) > 3
    assert len(in_use(undisturbed)) == 1
    assert kinds(undisturbed) - kinds(home) == Counter({"risk-table": 1})
    for at in range(len(calls)):
        resumed = copy_of(base, tmp_path / f"at-{at}")
        assert command_dying(resumed, at, *watch) == KILLED, calls[at]
        assert command(resumed, *watch) == RISKIER, calls[at]
        assert in_use(resumed) == in_use(undisturbed), calls[at]
        assert kinds(resumed) == kinds(undisturbed), calls[at]


def test_a_page_that_was_being_written_is_whole_or_not_there(tmp_path: Path) -> None:
    home = new_archive(tmp_path / "base")
    page = tmp_path / "page.html"
    assert command_dying(home, 0, "formats", "report", "--html", str(page)) == KILLED
    assert not page.exists()
    assert command(home, "formats", "report", "--html", str(page)) == 0
    assert page.read_text("utf-8").rstrip().endswith("</html>")
