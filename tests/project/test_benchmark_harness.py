"""The harness counts right; nothing here looks at a clock."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest
from project_support import REPOSITORY


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("harness", REPOSITORY / "benchmarks" / "harness.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "harness", module)  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def test_contenders_run_in_turn_and_the_warm_up_is_not_counted(harness: ModuleType) -> None:
    now, runs = [0.0], []

    def contender(name: str, seconds: float) -> object:
        def run() -> None:
            runs.append(name)
            now[0] += seconds

        return harness.Contender(name, run)

    us, peer = contender("a", 2.0), contender("b", 3.0)
    ours, theirs = harness.compare(us, [peer], rounds=2, warm_up=1, stopwatch=lambda: now[0])
    assert runs == ["a", "b", "a", "b", "a", "b"]
    assert ours.seconds == (2.0, 2.0) and ours.ratios == (1.0, 1.0)
    assert theirs.seconds == (3.0, 3.0) and theirs.ratio == 1.5


def test_the_table_names_who_is_left_out(harness: ModuleType) -> None:
    results = [harness.Result("us", (1.0,), (1.0,)), harness.Result("them", (2.0,), (2.0,))]
    text = harness.table("work", results, absent=["other"])
    assert "2.00 (2.00 - 2.00)" in text
    assert text.endswith("left out, not installed: other")
