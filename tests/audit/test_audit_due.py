"""What is due is computed, never remembered: a missed night makes the next one longer and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.audit.campaign import due
from archive.catalogue.rows import ReplicaRow
from archive.config import AuditPolicy
from archive.model.identifiers import PackageId
from archive.model.moments import format_moment
from archive.model.packages import ReplicaState

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def replica(ago: timedelta | None, state: ReplicaState = ReplicaState.OK, package: str = "a") -> ReplicaRow:
    moment = None if ago is None else format_moment(NOW - ago)
    return ReplicaRow(
        leaf=0,
        package=PackageId(package),
        location="store",
        key=f"{package}/{package}",
        state=state,
        stored_at=format_moment(NOW - 400 * DAY),
        last_verified=moment,
    )


@pytest.mark.parametrize(
    "ago,state,is_due",
    [
        (timedelta(0), ReplicaState.OK, False),
        (89 * DAY, ReplicaState.OK, False),
        (90 * DAY - timedelta(microseconds=1), ReplicaState.OK, False),
        (90 * DAY, ReplicaState.OK, True),
        (91 * DAY, ReplicaState.OK, True),
        (4000 * DAY, ReplicaState.OK, True),
        (None, ReplicaState.OK, True),
        (timedelta(0), ReplicaState.DAMAGED, True),
        (timedelta(0), ReplicaState.MISSING, True),
        (timedelta(0), ReplicaState.FROZEN, True),
        (-DAY, ReplicaState.OK, True),
    ],
)
def test_a_replica_is_due_after_ninety_days_or_when_it_is_not_well(
    ago: timedelta | None, state: ReplicaState, is_due: bool
) -> None:
    one = replica(ago, state)
    assert due([one], now=NOW, policy=AuditPolicy()) == ([one] if is_due else [])


def test_every_days_is_the_policys() -> None:
    week = AuditPolicy(every_days=7)
    assert len(due([replica(6 * DAY), replica(7 * DAY)], now=NOW, policy=week)) == 1


def test_the_longest_unread_comes_first_and_the_order_does_not_vary() -> None:
    rows = [replica(100 * DAY, package="b"), replica(100 * DAY, package="a"), replica(200 * DAY), replica(None)]
    found = due(rows, now=NOW, policy=AuditPolicy())
    assert found == [rows[3], rows[2], rows[1], rows[0]]
    assert due(reversed(rows), now=NOW, policy=AuditPolicy()) == found


def test_missed_nights_add_up_and_nothing_is_forgotten() -> None:
    rows = [replica((80 + n) * DAY, package=str(n)) for n in range(20)]
    assert len(due(rows, now=NOW, policy=AuditPolicy())) == 10
    assert len(due(rows, now=NOW + 5 * DAY, policy=AuditPolicy())) == 15
    assert len(due(rows, now=NOW + 50 * DAY, policy=AuditPolicy())) == 20


def test_nothing_is_due_where_nothing_is_held() -> None:
    assert due([], now=NOW, policy=AuditPolicy()) == []
