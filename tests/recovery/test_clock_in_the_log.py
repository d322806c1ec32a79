"""A machine's clock is set back: everything is recorded all the same, says so, and a person is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from archive import assembly
from archive.audit.campaign import audit, due
from archive.audit.incidents import close_incident
from archive.cli import run
from archive.config import AuditPolicy
from archive.custody.checkpoint import parse_note, parse_text
from archive.errors import ExitCode
from archive.holdings.checkpoints import make_checkpoint
from archive.holdings.program import this_program
from archive.holdings.rebuild import catalogue_digest
from archive.model.log_records import ClockRecord
from archive.model.moments import format_moment
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
        ("clock", "injected; behind the log by 3600 s"),
        ("producer", "injected; behind the log by 3600 s"),
    ]


def times(home: Path) -> list[datetime]:
    with assembly.reading(home) as archive:
        return [record.time for _, record in archive.holdings.log.records()]


def falls(home: Path) -> list[ClockRecord]:
    """The ``clock`` records, after a look at the times: they fall there and nowhere else."""
    with assembly.reading(home) as archive:
        records = [record for _, record in archive.holdings.log.records()]
    lower = [later for earlier, later in pairwise(records) if later.time < earlier.time]
    found = [record for record in records if isinstance(record, ClockRecord)]
    assert lower == found
    return found


def test_time_falls_at_a_clock_record_and_nowhere_else(home: Path) -> None:
    act(home, at=NOON + timedelta(hours=1), code="a")
    act(home, at=NOON, code="b")
    act(home, at=NOON + timedelta(minutes=5), code="c")
    act(home, at=NOON - timedelta(days=400), code="d")
    first, second = falls(home)
    assert (first.last, first.time) == (NOON + timedelta(hours=1), NOON)
    assert (second.last, second.time) == (NOON + timedelta(minutes=5), NOON - timedelta(days=400))
    assert first.incident == second.incident, "nobody has closed it in between"
    assert (first.stamped, first.cosigned) == (None, None)


def test_a_step_back_of_less_than_a_second_is_evened_out_and_not_told(home: Path) -> None:
    act(home, at=NOON, code="a")
    assert act(home, at=NOON - timedelta(milliseconds=999), code="b") == []
    assert falls(home) == []
    assert times(home)[-2:] == [NOON, NOON]
    assert clocks(home)[-1] == ("producer", "injected")


def test_what_was_made_before_another_command_recorded_something_is_dated_as_that(home: Path) -> None:
    hand = [NOON]
    with assembly.changing(home, doing="a test", clock=lambda: hand[0]) as archive:
        holdings = archive.holdings
        early, late = (holdings.stamp() for hand[0] in (NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)))
        holdings.record([ProducerRecord(**late, code="late", name="late")])
        (recorded,) = holdings.record([ProducerRecord(**early, code="early", name="early")])
    assert recorded.time == times(home)[-1] == NOON + timedelta(minutes=2)
    assert clocks(home)[-1] == ("producer", "made 60 s earlier; injected")
    assert falls(home) == []


def test_a_clock_set_back_while_a_batch_is_made_falls_inside_it(home: Path) -> None:
    hand = [NOON + timedelta(hours=1)]
    with assembly.changing(home, doing="a test", clock=lambda: hand[0]) as archive:
        stamp = archive.holdings.stamp
        first = ProducerRecord(**stamp(), code="a", name="a")
        hand[0] = NOON
        archive.holdings.record([first, ProducerRecord(**stamp(), code="b", name="b")])
    assert [kind for kind, _ in clocks(home)] == ["producer", "clock", "producer"]
    assert times(home)[-3:] == [NOON + timedelta(hours=1), NOON, NOON]
    assert len(falls(home)) == 1


def test_where_another_program_takes_over_under_a_clock_set_back_it_says_so_before_time_falls(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(home, at=NOON + timedelta(hours=1), code="a")
    other = replace(this_program(), commit="another")
    monkeypatch.setattr("archive.holdings.holdings.this_program", lambda: other)
    act(home, at=NOON, code="b")
    with assembly.reading(home) as archive:
        kinds = [record.kind for _, record in archive.holdings.log.records()]
    assert kinds[-3:] == ["program", "clock", "producer"]
    assert times(home)[-3:] == [NOON + timedelta(hours=1), NOON, NOON]
    assert len(falls(home)) == 1


def test_a_checkpoint_under_a_clock_set_back_is_not_dated_before_the_log(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    act(home, at=NOON + timedelta(days=9), code="a")
    with assembly.changing(home, doing="a test", clock=lambda: NOON + timedelta(days=9)) as archive:
        make_checkpoint(archive.holdings)
    with assembly.changing(home, doing="a test", clock=lambda: NOON + timedelta(days=1)) as archive:
        note = parse_text(parse_note(make_checkpoint(archive.holdings)).text)
        assert make_checkpoint(archive.holdings) == make_checkpoint(archive.holdings)
    assert (note.time, note.size) == (NOON + timedelta(days=1), len(times(home)))
    assert len(falls(home)) == 1
    capfd.readouterr()
    assert run(["--archive", str(home), "custody", "verify", "--json"]) == 0
    checks = json.loads(capfd.readouterr().out)["checks"]
    assert not [one for check in checks for one in check["findings"] if one["severity"] != "info"]


def test_an_incident_closed_and_a_clock_set_back_again_is_another_incident(home: Path) -> None:
    act(home, at=NOON + timedelta(hours=1), code="a")
    act(home, at=NOON, code="b")
    (first,) = falls(home)
    with assembly.changing(home, doing="a test", clock=lambda: NOON) as archive:
        close_incident(archive.holdings, first.incident, reason="battery changed")
    act(home, at=NOON - timedelta(hours=1), code="c")
    _, second = falls(home)
    assert second.incident != first.incident
    with assembly.reading(home) as archive:
        (row,) = archive.holdings.catalogue.incidents(only_open=True)
    assert (row.id, row.type) == (second.incident, "clock")
    assert row.summary.startswith(
        f"the clock of machine '{second.machine}' ran backwards: it is 3600 s behind the last"
    )


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


def test_what_was_read_by_a_clock_that_ran_ahead_is_due_again(home: Path, tmp_path: Path) -> None:
    (tmp_path / "delivery").mkdir()
    (tmp_path / "delivery/a.txt").write_text("a\n")
    assert run(["--archive", str(home), "ingest", str(tmp_path / "delivery"), "--producer", "p"]) == 0
    now = datetime.now(UTC)

    def read(at: datetime) -> list[str | None]:
        """Read all copies at a moment; when each was read last, by the catalogue."""
        with assembly.changing(home, doing="a test", clock=lambda: at) as archive:
            assert not audit(archive.holdings, archive.holdings.catalogue.replicas(), policy=AuditPolicy()).findings
            return [replica.last_verified for replica in archive.holdings.catalogue.replicas()]

    ahead = now + timedelta(days=400)
    assert read(ahead) == [format_moment(ahead)] * 2
    act(home, at=now + timedelta(hours=1), code="back")
    with assembly.reading(home) as archive:
        replicas = archive.holdings.catalogue.replicas()
    assert [replica.last_verified for replica in replicas] == [None, None]
    assert due(replicas, now=now + timedelta(hours=2), policy=AuditPolicy()) == replicas
    assert read(now + timedelta(hours=3)) == [format_moment(now + timedelta(hours=3))] * 2
    again = tmp_path / "again"
    assert run(["--archive", str(again), "catalogue", "rebuild", "--from", str(home / "store")]) == 0
    digests = []
    for one in (home, again):
        with assembly.reading(one) as archive:
            digests.append(catalogue_digest(archive.holdings.catalogue))
    assert digests[0] == digests[1]
