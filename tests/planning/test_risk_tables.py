"""A newer risk table: what it changes for what is held is told, it is used from then on, and a bad one is refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from planning_support import PNG, Keep

from archive import assembly
from archive.catalogue.rows import FormatHolding
from archive.planning.risk_tables import compare
from profiles.format_policy import Action, shipped_policy
from profiles.format_risk import Advice, Risk, RiskEntry

TODAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
HEADING = "NARA Format ID,PRONOM URL,NARA Risk Level,NARA Preservation Action\r\n"


@pytest.fixture(autouse=True)
def _today(stop_clock: Callable[[datetime], None]) -> None:
    """Tables are newer or older than the one that is shipped, whatever the clock of this machine says."""
    stop_clock(TODAY)


def published(folder: Path, name: str = "plans_20261101.csv", **rated: str) -> Path:
    """A published table: ``fmt_11="High Risk,Transform"``."""
    lines = [f"NF{n:05d},{puid.replace('_', '/')},{said}\r\n" for n, (puid, said) in enumerate(rated.items())]
    path = folder / name
    path.write_text(HEADING + "".join(lines), "utf-8", newline="")
    return path


def own(folder: Path, *lines: str, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(["puid,risk,advice,source,date", *lines, ""]), "utf-8")
    return path


def actions(keep: Keep) -> dict[str | None, tuple[str, str]]:
    """Risk and action of each format held that is well known, by PUID."""
    lines = keep("formats", "report", "--json").json["formats"]
    return {line["puid"]: (line["risk"], line["action"]) for line in lines if line["puid"]}


def brief(changes: list[dict[str, Any]]) -> list[tuple[str, str, str, str, str, bool]]:
    return [
        (c["puid"], c["before"]["risk"], c["after"]["risk"], c["before"]["action"], c["after"]["action"], c["worse"])
        for c in changes
    ]


def test_what_got_riskier_is_listed_with_its_numbers_and_ends_with_3(keep: Keep, tmp_path: Path) -> None:
    table = published(tmp_path, fmt_11="High Risk,Transform", **{"x-fmt_111": "Moderate Risk,Retain"})
    said = keep("formats", "watch", table, "--json")
    assert said.code == 3
    assert brief(said.json["changes"]) == [
        ("fmt/11", "low", "high", "accept", "migrate", True),
        ("x-fmt/111", "low", "moderate", "accept", "watch", True),
    ]
    assert [(c["files"], c["bytes"]) for c in said.json["changes"]] == [(1, len(PNG)), (1, 7)]
    assert said.json["sha256"] == hashlib.sha256(table.read_bytes()).hexdigest()
    assert (said.json["form"], said.json["date"], said.json["formats"]) == ("published", "2026-11-01", 2)
    assert (said.json["taken"], said.json["in_use"], said.json["worse"]) == (True, True, 2)


def test_a_table_is_used_from_then_on_and_the_report_names_it(keep: Keep, tmp_path: Path) -> None:
    assert actions(keep) == {"fmt/11": ("low", "accept"), "x-fmt/111": ("low", "accept")}
    table = published(tmp_path, fmt_11="High Risk,Transform")
    assert keep("formats", "watch", table).code == 3
    table.unlink()
    assert actions(keep) == {"fmt/11": ("high", "migrate"), "x-fmt/111": ("unrated", "needs-a-person")}
    (used,) = keep("formats", "report", "--json").json["risk_tables"]
    assert (used["name"], used["date"], used["form"], used["formats"]) == (table.name, "2026-11-01", "published", 1)


def test_what_got_better_is_listed_and_is_no_alarm(keep: Keep, tmp_path: Path) -> None:
    bad = published(tmp_path, fmt_11="High Risk,Retain", **{"x-fmt_111": "Low Risk,Retain"})
    assert keep("formats", "watch", bad).code == 3
    good = published(
        tmp_path, "plans_20261102.csv", fmt_11="Moderate Risk,Retain", **{"x-fmt_111": "Low Risk,Transform"}
    )
    said = keep("formats", "watch", good, "--json")
    assert said.code == 0
    assert brief(said.json["changes"]) == [("fmt/11", "high", "moderate", "needs-a-person", "watch", False)]


def test_a_format_nobody_rates_any_more_got_riskier(keep: Keep, tmp_path: Path) -> None:
    said = keep("formats", "watch", published(tmp_path, fmt_11="Low Risk,Retain"), "--json")
    assert said.code == 3
    assert brief(said.json["changes"]) == [("x-fmt/111", "low", "unrated", "accept", "needs-a-person", True)]


def test_formats_that_are_not_held_are_not_listed(keep: Keep, tmp_path: Path) -> None:
    same = {"fmt_11": "Low Risk,Retain", "x-fmt_111": "Low Risk,Retain"}
    said = keep("formats", "watch", published(tmp_path, fmt_40="High Risk,Transform", **same))
    assert said.code == 0
    assert "changes nothing for the formats held" in said.out


def test_a_dry_run_tells_the_same_and_changes_nothing(keep: Keep, tmp_path: Path) -> None:
    table = published(tmp_path, fmt_11="High Risk,Transform")
    before, digest, held = keep.kinds(), keep.digest(), actions(keep)
    dry = keep("formats", "watch", table, "--dry-run", "--json")
    assert (keep.kinds(), keep.digest(), actions(keep)) == (before, digest, held)
    wet = keep("formats", "watch", table, "--json")
    assert dry.code == wet.code == 3
    assert dry.json["changes"] == wet.json["changes"]
    assert (dry.json["taken"], dry.json["in_use"]) == (False, False)


def test_given_again_a_table_tells_again_what_it_changed_and_is_recorded_once(keep: Keep, tmp_path: Path) -> None:
    table = published(tmp_path, fmt_11="High Risk,Transform")
    first = keep("formats", "watch", table, "--json")
    again = keep("formats", "watch", table, "--json")
    assert again.code == first.code == 3
    assert again.json["changes"] == first.json["changes"]
    assert (again.json["taken"], again.json["in_use"]) == (False, True)
    assert keep.kinds().count("risk-table") == 1
    newer = published(tmp_path, "plans_20261103.csv", fmt_11="Low Risk,Retain")
    assert keep("formats", "watch", newer, "--json").code == 0
    third = keep("formats", "watch", newer, "--json")
    assert brief(third.json["changes"]) == [("fmt/11", "high", "low", "migrate", "accept", False)]


def test_the_archives_own_word_goes_before_the_published_one_and_outlives_it(keep: Keep, tmp_path: Path) -> None:
    mine = own(tmp_path, "fmt/11,moderate,keep,our viewer shows it wrong,2026-11-05")
    assert keep("formats", "watch", mine, "--json").json["form"] == "own"
    assert actions(keep)["fmt/11"] == ("moderate", "watch")
    assert actions(keep)["x-fmt/111"] == ("low", "accept"), "the published table goes on for all others"
    table = published(tmp_path, fmt_11="High Risk,Transform", **{"x-fmt_111": "Low Risk,Retain"})
    said = keep("formats", "watch", table, "--json")
    assert (said.code, said.json["changes"]) == (0, [])
    assert actions(keep)["fmt/11"] == ("moderate", "watch")
    (line,) = (x for x in keep("formats", "report", "--json").json["formats"] if x["puid"] == "fmt/11")
    assert (line["risk_source"], line["risk_date"]) == ("our viewer shows it wrong", "2026-11-05")
    tables = keep("formats", "report", "--json").json["risk_tables"]
    assert [used["form"] for used in tables] == ["published", "own"]
    assert keep("formats", "watch", own(tmp_path, "fmt/12,low,keep,us,2026-11-06")).code == 3
    assert actions(keep)["fmt/11"] == ("high", "migrate"), "a newer own table takes the place of the one before"


def test_what_is_in_use_is_in_the_log_and_outlives_the_archives_folder(keep: Keep, tmp_path: Path) -> None:
    keep("formats", "watch", published(tmp_path, fmt_11="High Risk,Transform"))
    keep("formats", "watch", own(tmp_path, "x-fmt/111,high,keep,us,2026-11-05"))
    held, digest = actions(keep), keep.digest()
    anew = Keep(tmp_path / "anew", keep.capture)
    assert anew("catalogue", "rebuild", "--from", tmp_path / "second").code == 0
    assert actions(anew) == held == {"fmt/11": ("high", "migrate"), "x-fmt/111": ("high", "needs-a-person")}
    assert anew.digest() == digest


def test_the_record_says_what_was_read(keep: Keep, tmp_path: Path) -> None:
    table = published(tmp_path, fmt_11="High Risk,Transform")
    keep("formats", "watch", table)
    with assembly.reading(keep.home) as archive:
        (record,) = (r for _, r in archive.holdings.log.records(kinds=frozenset({"risk-table"})))
    assert (record.actor, record.name, record.date, record.form) == ("ak-1", table.name, "2026-11-01", "published")
    assert record.sha256 == hashlib.sha256(table.read_bytes()).hexdigest()
    (entry,) = record.entries
    assert (entry.puid, entry.risk, entry.advice) == ("fmt/11", "high", "transform")
    assert (entry.source, entry.date) == ("NARA NF00000", "2026-11-01")


def test_a_malformed_table_is_refused_by_line_and_changes_nothing(keep: Keep, tmp_path: Path) -> None:
    before = keep.kinds()
    table = published(tmp_path, fmt_11="High Risk,Transform", fmt_12="Some Risk,Retain", fmt_x="Low Risk,Retain")
    said = keep("formats", "watch", table, "--json")
    assert said.code == 1
    assert said.json["taken"] is False
    assert [finding["line"] for finding in said.json["findings"]] == [3, 4]
    told = keep("formats", "watch", table)
    assert told.code == 1 and "line 3" in told.out and "line 4" in told.out
    assert keep.kinds() == before


def test_contradictions_are_told(keep: Keep, tmp_path: Path) -> None:
    path = tmp_path / "plans_20261101.csv"
    path.write_text(HEADING + "NF00001,fmt/11,Low Risk,Retain\r\nNF00002,fmt/11,High Risk,Retain\r\n", newline="")
    said = keep("formats", "watch", path, "--json")
    assert [finding["code"] for finding in said.json["findings"]] == ["risk-contradiction"]
    assert actions(keep)["fmt/11"] == ("high", "needs-a-person")


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("table.csv", [], "does not tell the date"),
        ("plans_20991231.csv", [], "is dated 2099-12-31, and today is"),
        ("table.csv", ["--date", "2099-12-31"], "is dated 2099-12-31"),
        ("plans_20260319.csv", [], "the one in use is newer, of 2026-03-20"),
        ("plans_20261101.csv", ["--date", "2025-01-01"], "the one in use is newer"),
    ],
)
def test_a_date_that_cannot_be_is_refused(
    keep: Keep, tmp_path: Path, name: str, words: list[str], message: str
) -> None:
    said = keep("formats", "watch", published(tmp_path, name, fmt_11="High Risk,Transform"), *words)
    assert said.code == 2
    assert message in said.err
    assert "risk-table" not in keep.kinds()


def test_a_table_older_than_the_one_in_use_is_refused(keep: Keep, tmp_path: Path) -> None:
    keep("formats", "watch", published(tmp_path, "plans_20261102.csv", fmt_11="High Risk,Transform"))
    keep("formats", "watch", own(tmp_path, "fmt/12,low,keep,us,2026-11-06"))
    said = keep("formats", "watch", published(tmp_path, "plans_20261101.csv", fmt_11="Low Risk,Retain"))
    assert said.code == 2 and "of 2026-11-02" in said.err
    said = keep("formats", "watch", own(tmp_path, "fmt/12,low,keep,us,2026-11-05"))
    assert said.code == 2 and "of 2026-11-06" in said.err
    assert keep("formats", "watch", own(tmp_path, "fmt/12,high,keep,us,2026-11-06")).code == 0


def test_a_table_of_our_own_form_takes_no_date(keep: Keep, tmp_path: Path) -> None:
    said = keep("formats", "watch", own(tmp_path, "fmt/12,low,keep,us,2026-11-06"), "--date", "2026-11-06")
    assert said.code == 2 and "a date on each line" in said.err


def test_what_is_no_file_is_told(keep: Keep, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none.csv", tmp_path, tmp_path / "pipe"):
        said = keep("formats", "watch", path)
        assert said.code == 2 and "is not a file" in said.err


def test_a_name_that_is_not_utf8_is_recorded_as_it_is_shown(keep: Keep, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xcf\xf0_20261101.csv")
    published(tmp_path, fmt_11="Low Risk,Retain").rename(path)
    assert keep("formats", "watch", path, "--json").json["file"] == "\\xcf\\xf0_20261101.csv"


def test_people_are_told_in_a_table(keep: Keep, tmp_path: Path) -> None:
    said = keep("formats", "watch", published(tmp_path, fmt_11="High Risk,Transform"), "--dry-run")
    assert "would be taken in" in said.out
    assert "low -> high" in said.out and "accept -> migrate" in said.out
    assert said.out.splitlines()[-1] == "2 changes; riskier: 2 formats, 2 files"


def test_the_shared_published_table_changes_nothing_against_the_shipped_one(keep: Keep, shared: Path) -> None:
    (table,) = (shared / "standards" / "nara").glob("*.csv")
    said = keep("formats", "watch", table, "--json")
    assert (said.code, said.json["changes"], said.json["formats"]) == (0, [], 567)
    assert said.json["without_format"] == 166


def holding(puid: str | None, verdict: str = "agreed", files: int = 1) -> FormatHolding:
    return FormatHolding(puid, "a format", verdict, None, files, files * 10)


def rated(puid: str, risk: Risk, advice: Advice = Advice.KEEP) -> dict[str, RiskEntry]:
    return {puid: RiskEntry(puid, risk, advice, "us", date(2026, 1, 1))}


def test_files_of_one_format_are_one_change_where_the_same_is_done_with_them() -> None:
    held = [
        holding("fmt/1"),
        holding("fmt/1", "one-by-bytes", 2),
        holding("fmt/1", "damaged", 4),
        holding(None, files=8),
    ]
    before, after = rated("fmt/1", Risk.LOW), rated("fmt/1", Risk.MODERATE)
    found = compare(held, shipped_policy(), before=before, after=after)
    assert [(change.files, change.bytes, change.after.action) for change in found] == [
        (4, 40, Action.NEEDS_A_PERSON),
        (3, 30, Action.WATCH),
    ]
    assert compare(held, shipped_policy(), before=before, after=before) == ()


def test_the_worst_come_first_then_the_most() -> None:
    held = [holding("fmt/1", files=9), holding("fmt/2"), holding("fmt/3", files=5)]
    before = rated("fmt/1", Risk.HIGH) | rated("fmt/2", Risk.LOW) | rated("fmt/3", Risk.LOW)
    after = rated("fmt/1", Risk.LOW) | rated("fmt/2", Risk.HIGH) | rated("fmt/3", Risk.MODERATE)
    found = compare(held, shipped_policy(), before=before, after=after)
    assert [(change.puid, change.is_worse) for change in found] == [("fmt/3", True), ("fmt/2", True), ("fmt/1", False)]
