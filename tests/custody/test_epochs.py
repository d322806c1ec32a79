"""Epochs: the form of a note, who may sign one, and how a home stands by those that are shown. Pure but for keys."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from checkpoint_samples import NOON, ORIGIN, a_signed_log, verifiers
from custody_samples import some_records
from hypothesis import given
from hypothesis import strategies as st

from archive import canonical
from archive.custody.checkpoint import open_note, parse_note
from archive.custody.epoch_files import MOST_OCTETS
from archive.custody.epochs import (
    PREFIX,
    Epoch,
    EpochNote,
    Home,
    Judged,
    LogKey,
    Standing,
    decode_home,
    encode_home,
    judge,
    open_epoch,
    parse_epoch,
    sign_epoch,
)
from archive.custody.epochs import parse_note as parse_epoch_note
from archive.custody.issue import issue_epoch
from archive.custody.keys import SigningKey, create_key, is_signed_by, load_key
from archive.custody.signer import (
    Answer,
    AnyRequest,
    EpochRequest,
    Refused,
    Request,
    Signed,
    memory_path,
    parse_request,
    sign,
)
from archive.custody.tree import Tree
from archive.errors import ArchiveError
from archive.model.identifiers import new_identifier

HERE, THERE = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "12")


def epoch(number: int = 1, home: str = HERE, **changes: object) -> Epoch:
    made = Epoch(ORIGIN, number, home, 7, bytes(range(32)), NOON)
    return replace(made, **changes)  # type: ignore[arg-type]  # fields by name


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return create_key(tmp_path_factory.mktemp("keys"), "log-1")


_LAST = datetime(2100, 1, 1)  # noqa: DTZ001 - hypothesis puts the zone to it

epochs = st.builds(
    Epoch,
    origin=st.just(ORIGIN),
    number=st.integers(1, canonical.LARGEST),
    home=st.uuids(version=4).map(str),
    size=st.integers(0, canonical.LARGEST),
    root=st.binary(min_size=32, max_size=32),
    time=st.datetimes(max_value=_LAST, timezones=st.just(UTC)),
)
notes = st.builds(EpochNote, epochs, st.binary(min_size=4, max_size=4), st.binary(min_size=64, max_size=64))


@given(notes)
def test_a_note_and_a_home_are_read_as_they_were_written(note: EpochNote) -> None:
    assert parse_epoch_note(note.octets) == note
    assert parse_epoch(note.epoch.text) == note.epoch
    assert len(note.octets) <= MOST_OCTETS
    for home in (Home(note.epoch.home, note), Home(note.epoch.home, rehearsal=True), Home(note.epoch.home)):
        assert decode_home(encode_home(home)) == home


def test_what_is_signed_is_the_file_without_key_and_signature_behind_a_prefix(key: SigningKey) -> None:
    note = sign_epoch(epoch(), key)
    said = json.loads(note.octets)
    signature = note.signature
    rest = {name: value for name, value in said.items() if name not in ("key_id", "signature")}
    assert is_signed_by(key.public, signature, PREFIX + canonical.encode(rest))
    assert open_epoch(note.octets, 1, ORIGIN, [LogKey(key.public)]) == epoch()


def test_any_octet_changed_is_no_note_or_not_signed(key: SigningKey) -> None:
    octets = sign_epoch(epoch(), key).octets
    for at in range(len(octets)):
        changed = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
        with pytest.raises(ValueError):
            open_epoch(changed, 1, ORIGIN, [LogKey(key.public)])


def test_who_may_not_have_signed(key: SigningKey, tmp_path: Path) -> None:
    octets, other = sign_epoch(epoch(), key).octets, create_key(tmp_path, "other")
    known = [LogKey(other.public), LogKey(key.public, retired=7)]
    assert open_epoch(octets, 1, ORIGIN, known).size == 7
    for data, number, origin, keys in (
        (octets, 2, ORIGIN, known),
        (octets, 1, f"{ORIGIN[:-1]}0", known),
        (octets, 1, ORIGIN, [LogKey(other.public)]),
        (octets, 1, ORIGIN, []),
        (octets, 1, ORIGIN, [LogKey(key.public, retired=6)]),
        (octets[:-1], 1, ORIGIN, known),
        (octets + b" ", 1, ORIGIN, known),
        (b"", 1, ORIGIN, known),
        (b"[" * 100_000, 1, ORIGIN, known),
        (b"\xff", 1, ORIGIN, known),
    ):
        with pytest.raises(ValueError):
            open_epoch(data, number, origin, keys)


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": 0},
        {"epoch": True},
        {"epoch": "1"},
        {"home": "here"},
        {"origin": None},
        {"root": "00"},
        {"root": "zz"},
        {"size": -1},
        {"time": "noon"},
        {"v": 2},
        {"more": 1},
        {"key_id": 7},
        {"signature": "AA=="},
    ],
)
def test_a_note_of_another_form_is_none(key: SigningKey, changes: dict[str, object]) -> None:
    said = {**sign_epoch(epoch(), key).said(), **changes}
    with pytest.raises(ValueError):
        parse_epoch_note(canonical.encode(said) + b"\n")


def test_a_home_of_another_form_is_none(key: SigningKey) -> None:
    note = sign_epoch(epoch(), key)
    right = {"epoch": note.said(), "home": HERE, "rehearsal": False, "v": 1}
    assert decode_home(canonical.encode(right) + b"\n") == Home(HERE, note)
    wrong: dict[str, object]
    for wrong in ({"home": THERE}, {"home": "x"}, {"v": 2}, {"rehearsal": 1}, {"epoch": 1}, {"more": None}):
        with pytest.raises(ValueError):
            decode_home(canonical.encode(right | wrong) + b"\n")


# How a home stands


def a_home(number: int, key: SigningKey, home: str = HERE) -> Home:
    return Home(home, sign_epoch(epoch(number, home), key)) if number else Home(home)


def test_a_home_is_in_force_until_a_newer_one_is_shown(key: SigningKey) -> None:
    for home in (None, a_home(0, key)):
        assert judge(home, []) == Judged(Standing.IN_FORCE)
        assert judge(home, [("b", epoch(1, THERE))]) == Judged(Standing.SUPERSEDED, epoch(1, THERE), "b")
    seen = [("a", epoch(1, THERE)), ("b", epoch(2, HERE)), ("c", epoch(1, new_identifier()))]
    assert judge(a_home(2, key), seen) == Judged(Standing.IN_FORCE), "what contends below counts no more"
    assert judge(a_home(2, key), [*seen, ("c", epoch(4, THERE)), ("b", epoch(3, THERE))]) == Judged(
        Standing.SUPERSEDED, epoch(4, THERE), "c"
    )


def test_two_homes_of_one_number_are_contested_until_a_newer_one(key: SigningKey) -> None:
    both = [("a", epoch(1, HERE)), ("b", epoch(1, THERE))]
    assert judge(a_home(1, key, HERE), both) == Judged(Standing.CONTESTED, epoch(1, THERE), "b")
    assert judge(a_home(1, key, THERE), both) == Judged(Standing.CONTESTED, epoch(1, HERE), "a")
    both.append(("a", epoch(2, HERE)))
    assert judge(a_home(2, key, HERE), both).standing is Standing.IN_FORCE
    assert judge(a_home(1, key, THERE), both).standing is Standing.SUPERSEDED


def test_a_rehearsal_is_one_whatever_is_shown() -> None:
    for seen in ([], [("b", epoch(1, THERE))]):
        assert judge(Home(HERE, rehearsal=True), seen) == Judged(Standing.REHEARSAL)


# The signer


def test_an_epoch_is_signed_over_the_log_and_its_checkpoint_remembered(tmp_path: Path) -> None:
    log, _, file = a_signed_log(tmp_path, 9)
    log.append(some_records(9, 14))
    asked: list[AnyRequest] = []

    def ask(request: AnyRequest) -> Answer:
        asked.append(request)
        sent = parse_request(request.octets)
        assert sent == request
        return sign(sent, file)

    wanted = epoch(size=14, root=log.frontier.root())
    note = issue_epoch(log, wanted, known=verifiers(file), signer=ask)
    assert note.epoch == wanted
    assert [request.first for request in asked] == [9]
    remembered = open_note(memory_path(file).read_bytes(), verifiers(file)).checkpoint
    assert (remembered.size, remembered.root, remembered.time) == (14, log.frontier.root(), NOON)
    later = replace(wanted, number=2, time=NOON + timedelta(days=1))
    assert issue_epoch(log, later, known=verifiers(file), signer=ask).epoch == later
    assert open_note(memory_path(file).read_bytes(), verifiers(file)).checkpoint == remembered
    assert parse_note(memory_path(file).read_bytes()).octets == memory_path(file).read_bytes()


def test_no_epoch_is_signed_that_does_not_go_on_from_what_was_signed(tmp_path: Path) -> None:
    log, _, file = a_signed_log(tmp_path, 9)
    before = memory_path(file).read_bytes()
    tree = Tree(log)
    for wanted, first in (
        (epoch(size=9, root=bytes(32)), 9),
        (epoch(size=5, root=tree.root(5)), 5),
        (epoch(size=9, root=tree.root(9), origin=f"{ORIGIN[:-1]}0"), 9),
    ):
        answer = sign(EpochRequest(wanted.text, first, ()), file)
        assert isinstance(answer, Refused)
        assert answer.last == before
    assert isinstance(sign(EpochRequest(b"{}", 0, ()), file), Refused)
    assert isinstance(sign(Request(epoch().text, 0, ()), file), Refused)
    assert memory_path(file).read_bytes() == before


def test_a_signer_that_signs_something_else_is_not_believed(tmp_path: Path) -> None:
    log, _, file = a_signed_log(tmp_path, 9)
    wanted = epoch(size=9, root=log.frontier.root())
    secret = load_key(file.parent, file.stem)

    for note in (
        sign_epoch(replace(wanted, home=THERE), secret).octets,
        sign_epoch(wanted, create_key(tmp_path, "other")).octets,
        memory_path(file).read_bytes(),
    ):
        with pytest.raises(ArchiveError):
            issue_epoch(log, wanted, known=verifiers(file), signer=partial(_answering, Signed(note)))


def _answering(answer: Answer, _request: AnyRequest) -> Answer:
    return answer
