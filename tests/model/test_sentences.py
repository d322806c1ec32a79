"""The sentences of 0.1 that are still read: in sealed papers, in receipts on the desk, in records."""

from __future__ import annotations

import pytest

from archive.ingest.papers import findings_from
from archive.ingest.told import AT_MOST, kindred, told
from archive.model.malware import Unchecked
from archive.model.sentences import behind_the_log, why_unchecked, with_data
from profiles.finding import Finding, Severity, finding_as_json

PACKAGE = "0b5f2b5e-3d0c-4f0f-9f5e-5d9d0a4f1c11"

QUARANTINED_IN_0_1 = [
    f"infected(Eicar-Test-Signature); kept apart in package {PACKAGE}; "
    f"decide about it: archive quarantine decide {PACKAGE}",
    f"belongs to an infected file and is kept apart with it in package {PACKAGE}",
    f"1 file has no row in the producer's table and is kept apart; "
    f"decide about it: archive quarantine decide {PACKAGE}",
    f"12 files have no row in the producer's table and are kept apart; "
    f"decide about it: archive quarantine decide {PACKAGE}",
]


def sealed(code: str, subject: str, message: str) -> dict[str, str]:
    """A finding as findings.json of 0.1 has it."""
    return {"code": code, "severity": "warning", "subject": subject, "message": message, "source": ""}


@pytest.mark.parametrize("message", QUARANTINED_IN_0_1)
def test_the_package_of_a_quarantined_file_is_read_from_papers_of_0_1(message: str) -> None:
    (found,) = findings_from([sealed("quarantined", "a.exe", message)])
    assert dict(found.data) == {"package": PACKAGE}
    assert found.message == message


def test_findings_that_were_cut_are_counted_in_papers_of_0_1() -> None:
    (found,) = findings_from([sealed("file-without-row", "", "1,234 more; unmatched.csv lists them")])
    assert dict(found.data) == {"more": "1234", "where": "unmatched.csv lists them"}
    some = kindred([found])
    assert (some.count, some.elsewhere) == (1234, "unmatched.csv lists them")


@pytest.mark.parametrize(
    ("code", "subject", "message"),
    [
        ("format-review", "a", f"it lies in package {PACKAGE}"),
        ("file-without-row", "a", "1,234 more; unmatched.csv lists them"),
        ("file-without-row", "", "nothing more; to say"),
        ("quarantined", "a", "it lies nowhere"),
    ],
)
def test_nothing_is_read_into_other_sentences(code: str, subject: str, message: str) -> None:
    (found,) = findings_from([sealed(code, subject, message)])
    assert dict(found.data) == {}


def test_data_that_is_there_is_not_read_from_the_sentence() -> None:
    found = Finding("quarantined", Severity.WARNING, "a", QUARANTINED_IN_0_1[0], data={"package": "another"})
    assert with_data(found) is found


def test_findings_told_now_say_as_data_what_their_sentence_says() -> None:
    many = [Finding("duplicate-row", Severity.WARNING, str(n), "m") for n in range(AT_MOST + 7)]
    for found in told(many, where="there"):
        old = finding_as_json(found)
        old.pop("data", None)
        assert findings_from([old]) == (found,)


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ("system, synchronised", None),
        ("system, not synchronised; behind the log by 12 s", 12),
        ("injected; behind the log by 86400 s", 86400),
        ("system; behind the log by 12 s, they say", None),
    ],
)
def test_the_clock_of_a_record_says_how_far_it_was_behind(clock: str, seconds: int | None) -> None:
    assert behind_the_log(clock) == seconds


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("larger than 1000 octets", Unchecked.OVER_OUR_LIMIT),
        ("larger than the scanner's stream limit", Unchecked.OVER_ITS_LIMIT),
        ("beyond the scanner's limits: Heuristics.Limits.Exceeded.MaxFiles", Unchecked.BEYOND_ITS_LIMITS),
        ("encrypted", Unchecked.ENCRYPTED),
        ("no scanner", None),
        ("no scanner: it did not answer", None),
        ("the scanner hung up without a word", None),
        ("never asked", None),
        ("", None),
    ],
)
def test_the_reason_in_a_record_says_whether_asking_again_may_help(reason: str, why: Unchecked | None) -> None:
    assert why_unchecked(reason) is why
