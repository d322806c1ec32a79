"""``archive/ingest/delivery.py`` is the picture in the README: one call per stage, in thirty lines."""

from __future__ import annotations

import ast
import inspect

from archive.ingest import delivery


def test_the_life_of_a_delivery_fits_on_a_screen() -> None:
    source = inspect.getsource(delivery.ingest)
    assert len(source.splitlines()) <= 30


def test_each_stage_is_called_once_and_in_order() -> None:
    calls = [
        node.func.id
        for node in ast.walk(ast.parse(inspect.getsource(delivery.ingest)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    stages = ["look", "open_accession", "_received", "examine", "weigh", "appraise", "seal", "place", "close"]
    assert [call for call in stages if calls.count(call) == 1] == stages
    source = inspect.getsource(delivery.ingest)
    assert sorted(stages, key=lambda stage: source.index(f"{stage}(")) == stages
