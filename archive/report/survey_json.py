"""A survey as one JSON object; its fields stand in docs/reference/json.md."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from archive.ingest.candidates import HINTS
from archive.ingest.facts import Placed, Share, Survey
from archive.ingest.noticed import MEANINGS
from archive.model.names import shown
from profiles.finding import Finding, finding_as_json


def survey_as_json(survey: Survey) -> dict[str, Any]:
    """The object."""
    shape, dates = survey.shape, survey.shape.dates
    return {
        "delivery": path_as_json(os.fsencode(survey.source))["path"],
        "files": survey.files,
        "items": survey.items,
        "folders": survey.folders,
        "bytes": survey.bytes,
        "bag": survey.bag is not None,
        "bag_judged": None if survey.bag is None else _bag(survey),
        "packages": survey.packages,
        "groups": survey.groups,
        "terms": survey.terms,
        "names": {
            **{str(kind): count for kind, count in survey.names.items()},
            "guess": None if survey.guess is None else _guess(survey),
        },
        "noticed": [
            {
                "what": str(what),
                "severity": str(MEANINGS[what].severity),
                "title": MEANINGS[what].title,
                "meaning": MEANINGS[what].sentence,
                "count": count.count,
                "bytes": count.bytes,
                "examples": [{**path_as_json(one.path), "note": shown(one.note)} for one in count.examples],
                "more": count.more,
            }
            for what, count in survey.noticed.items()
        ],
        "by_extension": _shares(shape.by_extension, "extension"),
        "by_beginning": None if survey.quick else _shares(shape.by_beginning, "beginning"),
        "by_size": [
            {"from": 0 if digits == 1 else 10 ** (digits - 1), "files": files, "bytes": size}
            for digits, (files, size) in shape.by_digits.items()
        ],
        "by_month": [{"month": f"{y}-{m:02d}", "files": files} for (y, m), files in dates.by_month.items()],
        "before_1990": dates.early,
        "in_future": dates.future,
        "largest": _placed(shape.largest, "size"),
        "deepest": _placed(shape.deepest, "parts"),
        "longest": _placed(shape.longest, "characters"),
        "hard_links": asdict(survey.hard_links),
        "lists": [
            {**path_as_json(one.path), "role": str(one.role), "hint": HINTS[one.role]} for one in survey.candidates
        ],
        "lists_more": survey.candidates_more,
        "metadata": None if survey.table is None else _table(survey),
        "digests": asdict(survey.digests),
        "room": [
            {"locations": list(r.locations), "needed": r.needed, "free": r.free, "enough": r.enough}
            for r in survey.room
        ],
        "quick": survey.quick,
        "findings": _findings(survey.findings),
    }


def path_as_json(path: bytes) -> dict[str, str]:
    """A path as a person reads it, and byte for byte where that is not the same."""
    text = shown(path)
    if text.encode("utf-8", "surrogateescape") == path:
        return {"path": text}
    return {"path": text, "path_b64": base64.b64encode(path).decode("ascii")}


def _bag(survey: Survey) -> dict[str, Any]:
    bag = survey.bag
    if bag is None:
        return {}
    return {
        "version": bag.version,
        "algorithms": list(bag.algorithms),
        "files": bag.files,
        "complete": bag.complete,
        "valid": bag.valid,
        "findings": _findings(bag.findings),
    }


def _guess(survey: Survey) -> dict[str, Any]:
    guess = survey.guess
    if guess is None:
        return {}
    return {
        "encoding": guess.codec,
        "clear": guess.clear,
        "rival": guess.rival,
        "examples": [{**path_as_json(name), "readings": dict(readings)} for name, readings in guess.examples],
    }


def _table(survey: Survey) -> dict[str, Any]:
    table = survey.table
    if table is None:
        return {}
    return {
        "name": shown(table.name),
        "reading": dict(table.reading),
        "rows": table.rows,
        "files_with_row": table.files_with_row,
        "rows_without_file": table.rows_without_file,
        "items_without_row": table.items_without_row,
        "files_without_row": table.files_without_row,
    }


def _shares(shares: Iterable[Share], word: str) -> list[dict[str, Any]]:
    return [{word: share.what, "files": share.files, "bytes": share.bytes} for share in shares]


def _placed(placed: Iterable[Placed], word: str) -> list[dict[str, Any]]:
    return [{**path_as_json(one.path), word: one.number} for one in placed]


def _findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [finding_as_json(finding) for finding in findings]
