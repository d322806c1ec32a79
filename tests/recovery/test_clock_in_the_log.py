"""A machine's clock is set back: everything is recorded all the same, says so, and a person is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import assembly
from archive.cli import run
from archive.errors import ExitCode
from archive.model.records import ProducerRecord

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=30)
"""Some time ago: commands in these tests ask the machine's clock, and nothing here comes after that."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assembly.create(tmp_path / "home", locations={}, clock=lambda: NOON).holdings.catalogue.close()
    return tmp_path / "home"


def act(home: Path, *, at: datetime, code: str) -> list[str]:
    """Record something at a moment; the codes of the findings that were told."""
    with assembly.changing(home, doing="a test", clock=lambda: at) as archive:
        archive.holdings.record([ProducerRecord(**archive.holdings.stamp(), code=code, name=code)])
    return [finding.code for finding in archive.afterwards]


SETTING_UP = ("program", "location", "key", "policy")
"""What a new archive records first."""


def clocks(home: Path) -> list[tuple[str, str]]:
    with assembly.reading(home) as archive:
        records = [record for _, record in archive.holdings.log.records()]
    return [(record.kind, record.clock) for record in records if record.kind not in SETTING_UP]


def test_a_record_made_by_a_clock_set_back_is_kept_and_says_so(home: Path) -> None:
    assert act(home, at=NOON + timedelta(hours=1), code="a") == []
    assert act(home, at=NOON, code="b") == ["clock-behind"]
    assert clocks(home) == [
        ("producer", "injected"),
        ("producer", "injected; behind the log by 3600 s"),
        ("incident", "injected; behind the log by 3600 s"),
    ]


def test_order_is_that_of_the_numbers_and_the_catalogue_follows_it(home: Path) -> None:
    act(home, at=NOON + timedelta(days=2), code="first")
    act(home, at=NOON + timedelta(days=1), code="second")
    with assembly.reading(home) as archive:
        first, second = (archive.holdings.catalogue.producer(code) for code in ("first", "second"))
    assert first is not None and second is not None
    assert first.leaf < second.leaf


def test_a_clock_set_back_is_one_incident_until_a_person_closes_it(home: Path) -> None:
    act(home, at=NOON + timedelta(hours=1), code="a")
    act(home, at=NOON, code="b")
    act(home, at=NOON - timedelta(hours=1), code="c")
    with assembly.reading(home) as archive:
        (incident,) = archive.holdings.catalogue.incidents(only_open=True)
    assert incident.type == "clock"
    assert "3600 s behind" in incident.summary
    assert run(["--archive", str(home), "incident", "close", incident.id, "--reason", "battery changed"]) == 0
    with assembly.reading(home) as archive:
        last = archive.holdings.log.record(archive.holdings.log.size - 1).time
    act(home, at=last - timedelta(days=1), code="d")
    with assembly.reading(home) as archive:
        assert len(archive.holdings.catalogue.incidents(only_open=True)) == 1


def test_a_clock_that_was_right_again_leaves_no_mark(home: Path) -> None:
    act(home, at=NOON + timedelta(hours=1), code="a")
    act(home, at=NOON, code="b")
    assert act(home, at=NOON + timedelta(minutes=1), code="c") == []
    assert clocks(home)[-1] == ("producer", "injected")


def test_status_shows_a_clock_that_is_behind_the_log(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["--archive", str(home), "status", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["clock_right"] and told["clock"].startswith("system")
    act(home, at=datetime.now(UTC) + timedelta(days=400), code="a")  # a battery that failed, the other way round
    assert run(["--archive", str(home), "status", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert not told["clock_right"]
    assert "behind the log by" in told["clock"]
    assert run(["--archive", str(home), "status"]) == 0
    assert "not to be trusted" in capfd.readouterr().out


def test_the_command_line_ends_with_3_where_the_clock_is_behind(
    home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    act(home, at=datetime.now(UTC) + timedelta(days=400), code="a")
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery/x.txt").write_text("x")
    code = run(["--archive", str(home), "ingest", str(tmp_path / "delivery"), "--producer", "p"])
    assert code == ExitCode.NEEDS_PERSON
    assert "behind the last record in the log" in capfd.readouterr().err
    with assembly.reading(home) as archive:
        assert archive.holdings.catalogue.totals().accepted == 1, "evidence first"
