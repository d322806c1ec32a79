from __future__ import annotations

import pytest

from archive.inspection.identification import EMPTY, FormatMatch, Identification
from archive.inspection.verdict import SENTENCES, decide, of_interest, summary
from archive.model.formats import Basis, Kind

Said = tuple[str, Basis]
BY_BYTES, INSIDE, TEXT, NAME = Basis.SIGNATURE, Basis.CONTAINER, Basis.TEXT, Basis.EXTENSION


def answer(
    tool: str, *said: Said, warning: str | None = None, damaged: bool = False, failed: bool = False
) -> Identification:
    matches = tuple(FormatMatch(puid, f"the format {puid}", None, None, basis) for puid, basis in said)
    signatures = "local signatures 1" if tool == "ours" else "PRONOM v1"
    return Identification(matches, tool, "1", signatures, warning, damaged, failed, ours=tool == "ours")


def fido(*said: Said, warning: str | None = None, damaged: bool = False, failed: bool = False) -> Identification:
    return answer("fido", *said, warning=warning, damaged=damaged, failed=failed)


def siegfried(*said: Said, warning: str | None = None, damaged: bool = False, failed: bool = False) -> Identification:
    return answer("siegfried", *said, warning=warning, damaged=damaged, failed=failed)


def ours(*said: Said) -> Identification:
    return answer("ours", *said)


TABLE: dict[str, tuple[tuple[Identification, ...], Kind, str | None, Basis | None]] = {
    "both by bytes, the same": (
        (fido(("fmt/11", BY_BYTES)), siegfried(("fmt/11", BY_BYTES))),
        Kind.AGREED,
        "fmt/11",
        BY_BYTES,
    ),
    "both from inside, the same": (
        (fido(("fmt/412", INSIDE)), siegfried(("fmt/412", INSIDE))),
        Kind.AGREED,
        "fmt/412",
        INSIDE,
    ),
    "one hesitates, the other has one of its formats": (
        (fido(("fmt/61", BY_BYTES), ("fmt/62", BY_BYTES)), siegfried(("fmt/61", INSIDE))),
        Kind.AGREED,
        "fmt/61",
        INSIDE,
    ),
    "one by bytes, one by name": (
        (fido(("fmt/11", NAME), ("fmt/12", NAME)), siegfried(("fmt/13", BY_BYTES))),
        Kind.ONE_BY_BYTES,
        "fmt/13",
        BY_BYTES,
    ),
    "one by bytes, one by the same name": (
        (fido(("fmt/13", BY_BYTES)), siegfried(("fmt/13", NAME))),
        Kind.ONE_BY_BYTES,
        "fmt/13",
        BY_BYTES,
    ),
    "one by bytes, one silent": ((fido(), siegfried(("fmt/13", BY_BYTES))), Kind.ONE_BY_BYTES, "fmt/13", BY_BYTES),
    "both by bytes, different": (
        (fido(("fmt/199", BY_BYTES)), siegfried(("fmt/2094", BY_BYTES))),
        Kind.DIFFERENT,
        None,
        BY_BYTES,
    ),
    "different, one of them from inside": (
        (fido(("fmt/290", BY_BYTES)), siegfried(("fmt/291", INSIDE))),
        Kind.DIFFERENT,
        "fmt/291",
        INSIDE,
    ),
    "different, both from inside": (
        (fido(("fmt/1187", INSIDE)), siegfried(("fmt/1441", INSIDE))),
        Kind.DIFFERENT,
        None,
        INSIDE,
    ),
    "one sees only the wrapping": (
        (fido(("x-fmt/263", BY_BYTES)), siegfried(("fmt/1840", INSIDE))),
        Kind.REFINED,
        "fmt/1840",
        INSIDE,
    ),
    "FIDO's own word for any Word file": (
        (fido(("fido-fmt/189.word", BY_BYTES)), siegfried(("fmt/412", INSIDE))),
        Kind.REFINED,
        "fmt/412",
        INSIDE,
    ),
    "one alone, and it hesitates": (
        (fido(("fmt/61", BY_BYTES), ("fmt/62", BY_BYTES)), siegfried()),
        Kind.SEVERAL,
        None,
        BY_BYTES,
    ),
    "both hesitate between the same": (
        (fido(("fmt/1", BY_BYTES), ("fmt/2", BY_BYTES)), siegfried(("fmt/2", BY_BYTES), ("fmt/1", BY_BYTES))),
        Kind.SEVERAL,
        None,
        BY_BYTES,
    ),
    "unknown to both": ((fido(), siegfried()), Kind.UNKNOWN, None, None),
    "by name only": ((fido(("fmt/18", NAME)), siegfried(("fmt/18", NAME))), Kind.SUGGESTED, None, NAME),
    "by one name only": ((fido(), siegfried(("fmt/208", NAME))), Kind.SUGGESTED, None, NAME),
    "reads as text": ((fido(("x-fmt/18", NAME)), siegfried(("x-fmt/18", TEXT))), Kind.TEXT, "x-fmt/18", TEXT),
    "text goes behind bytes": (
        (fido(("fmt/101", BY_BYTES)), siegfried(("x-fmt/111", TEXT))),
        Kind.ONE_BY_BYTES,
        "fmt/101",
        BY_BYTES,
    ),
    "damaged within": (
        (fido(("fmt/111", BY_BYTES), warning="incomplete", damaged=True), siegfried(("fmt/111", BY_BYTES))),
        Kind.DAMAGED,
        "fmt/111",
        BY_BYTES,
    ),
    "damaged, recognised by its first octets": (
        (fido(("x-fmt/263", NAME)), siegfried(warning="no zip", damaged=True), ours(("local/magic-zip", Basis.MAGIC))),
        Kind.DAMAGED,
        None,
        Basis.MAGIC,
    ),
    "a format of ours, against a name": (
        (fido(("fmt/294", NAME)), siegfried(("fmt/294", NAME)), ours(("local/opentimestamps", BY_BYTES))),
        Kind.LOCAL,
        "local/opentimestamps",
        BY_BYTES,
    ),
    "a format of ours, in a wrapping": (
        (fido(("x-fmt/263", BY_BYTES)), siegfried(("x-fmt/263", BY_BYTES)), ours(("local/proofmode-export", INSIDE))),
        Kind.LOCAL,
        "local/proofmode-export",
        INSIDE,
    ),
    "a registry goes before ours": (
        (fido(("x-fmt/263", BY_BYTES)), siegfried(("fmt/1840", INSIDE)), ours(("local/wacz", INSIDE))),
        Kind.REFINED,
        "fmt/1840",
        INSIDE,
    ),
    "an empty file": ((fido(("fmt/95", NAME), warning=EMPTY), siegfried(warning=EMPTY)), Kind.UNKNOWN, None, NAME),
    "nobody got to an answer": (
        (fido(warning="unreadable", failed=True), siegfried(warning="unreadable", failed=True), ours()),
        Kind.NOT_EXAMINED,
        None,
        None,
    ),
    "one did not get to an answer": (
        (fido(("fmt/11", BY_BYTES)), siegfried(warning="given up", failed=True)),
        Kind.ONE_BY_BYTES,
        "fmt/11",
        BY_BYTES,
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_verdict(case: str) -> None:
    answers, kind, puid, basis = TABLE[case]
    verdict = decide(answers)
    assert (verdict.kind, verdict.format and verdict.format.puid, verdict.basis) == (kind, puid, basis)


@pytest.mark.parametrize("case", TABLE)
def test_the_order_of_the_witnesses_changes_nothing(case: str) -> None:
    answers, kind, puid, _ = TABLE[case]
    verdict = decide(answers[::-1])
    assert (verdict.kind, verdict.format and verdict.format.puid) == (kind, puid)


@pytest.mark.parametrize("case", TABLE)
def test_a_name_is_never_the_format(case: str) -> None:
    named = decide(TABLE[case][0]).format
    assert named is None or named.basis not in (Basis.EXTENSION, Basis.MAGIC)


@pytest.mark.parametrize("case", TABLE)
def test_the_summary_names_what_the_verdict_names(case: str) -> None:
    answers = TABLE[case][0]
    assert summary(answers).format == decide(answers).format
    assert all(answer.tool in summary(answers).tool for answer in answers)


def test_every_kind_has_a_sentence_and_a_case() -> None:
    assert set(SENTENCES) == set(Kind)
    assert {kind for _, kind, _, _ in TABLE.values()} == set(Kind)


def test_disagreement_hesitation_damage_and_silence_need_a_person() -> None:
    assert {kind for kind in Kind if kind.needs_a_person} == {
        Kind.DIFFERENT,
        Kind.SEVERAL,
        Kind.DAMAGED,
        Kind.NOT_EXAMINED,
    }


def test_of_our_own_answer_only_what_adds_something_is_kept() -> None:
    known = (fido(("fmt/11", BY_BYTES)), siegfried(("fmt/11", BY_BYTES)))
    unknown = (fido(), siegfried())
    magic, signature = ours(("local/magic-png", Basis.MAGIC)), ours(("local/wacz", INSIDE))
    assert of_interest((*known, magic)) == known
    assert of_interest((*unknown, magic)) == (*unknown, magic)
    assert of_interest((*known, signature)) == (*known, signature)
    assert of_interest((*unknown, ours())) == unknown
