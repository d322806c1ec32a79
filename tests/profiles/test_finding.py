from __future__ import annotations

import copy
import json
import pickle

import pytest

from profiles.finding import Finding, Severity, finding_as_json, finding_from_json
from profiles.finding_codes import FindingCode
from profiles.requirement import LocatedFinding, located

FOUND = Finding(FindingCode.QUARANTINED, Severity.WARNING, "a", "m", data={"package": "p", "count": "2"})


def test_data_is_frozen_ordered_and_a_copy() -> None:
    given = {"z": "1", "a": "2"}
    found = Finding("c", Severity.INFO, "", "", data=given)
    given["z"] = "changed"
    assert list(found.data.items()) == [("z", "1"), ("a", "2")]
    with pytest.raises(TypeError):
        found.data["z"] = "3"  # type: ignore[index]


def test_findings_with_data_are_compared_and_hashed_by_it() -> None:
    again = Finding("quarantined", Severity.WARNING, "a", "m", data={"count": "2", "package": "p"})
    other = Finding("quarantined", Severity.WARNING, "a", "m")
    assert again == FOUND and hash(FOUND) == hash(again) and other != FOUND
    assert pickle.loads(pickle.dumps(FOUND)) == copy.deepcopy(FOUND) == FOUND


def test_a_finding_comes_back_from_json_as_it_was() -> None:
    told = json.loads(json.dumps(finding_as_json(FOUND)))
    assert told == {
        **{"code": "quarantined", "severity": "warning", "subject": "a", "message": "m", "source": ""},
        "data": {"package": "p", "count": "2"},
    }
    assert finding_from_json(told) == FOUND


def test_without_data_the_json_is_that_of_0_1() -> None:
    told = finding_as_json(Finding(FindingCode.LINK, Severity.WARNING, "a", "m", "s"))
    assert json.dumps(told) == json.dumps(
        {"code": "link", "severity": "warning", "subject": "a", "message": "m", "source": "s"}
    )


@pytest.mark.parametrize(
    "given", [{}, {"code": "c"}, {"code": "c", "severity": "grave", "subject": "", "message": ""}, {"severity": "info"}]
)
def test_what_is_no_finding_is_refused(given: dict[str, str]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        finding_from_json(given)


def test_a_place_keeps_the_data_of_its_finding() -> None:
    found = located(FOUND, 7, "mets")
    assert isinstance(found, LocatedFinding) and found.data == FOUND.data
    assert finding_as_json(found) | {"line": 7, "element": "mets"} == finding_as_json(found)
