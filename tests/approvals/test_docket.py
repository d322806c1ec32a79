"""The docket, which is pure: who may sign, how a request stands, and which acts a log may hold."""

from __future__ import annotations

import base64
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lone_support import refused

from archive import canonical
from archive.custody.keys import SigningKey, create_key
from archive.holdings.docket import Docket, Standing, counted, examine_acts, fallen_in, key_subject
from archive.holdings.statements import (
    Draft,
    approval_statement,
    parse_request_statement,
    reason_paper,
    request_statement,
)
from archive.model.acts import Act, HoldScope
from archive.model.digests import sha256_hex
from archive.model.governance_records import ED25519_SPKI
from archive.model.log_records import ClockRecord, ErasedLine, ErasedOpening, ErasureRecord, SetAsideRecord
from archive.model.packages import PackageKind
from archive.model.records import (
    ApprovalRecord,
    CarriedOutRecord,
    HandoverVolumeRecord,
    KeyRecord,
    KeyRetiredRecord,
    LegalHoldLiftedRecord,
    LegalHoldRecord,
    LocationRetiredRecord,
    Octets,
    PolicyRecord,
    Record,
    RequestRecord,
    RequestWithdrawnRecord,
    SealRecord,
    TombstoneRecord,
)

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
ARCHIVE = "11111111-1111-4111-8111-111111111111"
REQUEST = "22222222-2222-4222-8222-222222222222"
PACKAGE = "33333333-3333-4333-8333-333333333333"
FILE = "44444444-4444-4444-8444-444444444444"
ACCESSION = "55555555-5555-4555-8555-555555555555"
SETTINGS = {
    "approvals.delay_hours": "72",
    "approvals.valid_days": "30",
    "audit.every_days": "90",
    "audit.repair_limit": "100",
    "copies.required": "3",
}
SALT = bytes(range(32))
READY = NOON + timedelta(hours=72)
EXPIRED = READY + timedelta(days=30)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SigningKey]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: create_key(folder, name) for name in ("anna", "anna2", "boris", "clara", "log", "stranger")}


def stamp(at: datetime = NOON, **more: Any) -> dict[str, Any]:
    return {"time": at, "actor": "a", "machine": "m", "version": "0", **more}


HOLDERS = {"anna": "p1", "anna2": "p1", "boris": "p2", "clara": "p3", "log": ""}


def key_record(keys: dict[str, SigningKey], name: str, **more: Any) -> KeyRecord:
    role = "log" if name == "log" else "approver"
    fields = {
        "name": name,
        "role": role,
        "public_key": ED25519_SPKI + keys[name].public,
        "holder": HOLDERS[name],
        **more,
    }
    return KeyRecord(**stamp(), **fields)


def beginning(keys: dict[str, SigningKey]) -> list[Record]:
    """Policy and keys of an archive; the second person's key comes last, so that all are free."""
    names = ("anna", "anna2", "log", "boris")
    return [PolicyRecord(**stamp(), settings=SETTINGS, request=None), *(key_record(keys, name) for name in names)]


def subjects(act: Act) -> list[dict[str, object]]:
    return {
        Act.DELETION: [{"package": PACKAGE, "files": [FILE], "lines": [], "tagmanifest_sha256": "ab" * 32}],
        Act.LOCATION_RETIREMENT: [{"location": "second"}],
        Act.POLICY: [{"setting": "audit.every_days", "from": 90, "to": 180}],
        Act.HOLD_LIFT: [{"hold": "hold-1"}],
        Act.KEY_RETIREMENT: [{"key": "anna2"}],
        Act.EXPORT: [{"handover": "handover-1"}],
        Act.SET_ASIDE: [{"record": 3, "commitment": "cd" * 32, "code": "record-contradicts"}],
        Act.ERASURE: [
            {"n": 3, "i": 1},
            {"n": 3, "i": 2},
            {"n": 4, "kind": "receipt", "v": 1, "kept": {"outcome": "accepted"}},
        ],
    }[act]


def request(
    keys: dict[str, SigningKey],
    act: Act = Act.DELETION,
    *,
    by: str = "anna",
    listed: list[dict[str, object]] | None = None,
    at: datetime = NOON,
    **more: Any,
) -> RequestRecord:
    text = canonical.encode(subjects(act) if listed is None else listed).decode()
    delay, valid = more.pop("delay_hours", 72), more.pop("valid_days", 30)
    record = RequestRecord(
        **stamp(at, reason="consent withdrawn"),
        request=more.pop("request", REQUEST),
        act=act,
        archive=more.pop("archive", ARCHIVE),
        subjects=text,
        subjects_sha256=sha256_hex(text.encode()),
        reason_sha256=sha256_hex(reason_paper("consent withdrawn", SALT)),
        reason_salt=SALT,
        requested_by=by,
        delay_hours=delay,
        valid_days=valid,
        not_before=at + timedelta(hours=delay),
        expires=at + timedelta(hours=delay) + timedelta(days=valid),
        signature=b"",
    )
    return replace(record, signature=keys[by].sign(request_statement(record)), **more)


def approval(
    keys: dict[str, SigningKey], asked: RequestRecord, *, by: str = "boris", at: datetime = NOON, **more: Any
) -> ApprovalRecord:
    signature = keys[by].sign(approval_statement(asked, by))
    return ApprovalRecord(**{**stamp(at), "request": asked.request, "key": by, "signature": signature, **more})


def take(records: list[Record]) -> tuple[Docket, list[str | None]]:
    """The docket and what it says of each record; the program that travels with the evidence says the same."""
    docket, numbered = Docket(ARCHIVE), list(enumerate(records))
    wrong = [docket.take(n, record) for n, record in counted(numbered, fallen_in(numbered))]
    assert refused(ARCHIVE, records) == [why is not None for why in wrong], wrong
    return docket, wrong


def tombstone(at: datetime = READY, **more: Any) -> TombstoneRecord:
    fields = {"request": REQUEST, "package": PACKAGE, "remainder": None, "files": (FILE,), "bytes": Octets(1)}
    return TombstoneRecord(**stamp(at), **{**fields, **more})


def test_a_request_is_ready_exactly_from_its_delay_to_its_expiry(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    docket, wrong = take([*beginning(keys), asked, approval(keys, asked)])
    assert not any(wrong)
    filed = docket.requests[REQUEST]
    tick = timedelta(microseconds=1)
    assert filed.standing(READY - tick) is Standing.DELAYED
    assert filed.standing(READY) is Standing.READY
    assert filed.standing(EXPIRED - tick) is Standing.READY
    assert filed.standing(EXPIRED) is Standing.EXPIRED


HOUR = timedelta(hours=1)


def set_back(to: datetime, *, last: datetime) -> ClockRecord:
    return ClockRecord(**stamp(to), incident="incident-1", last=last, stamped=None, cosigned=None)  # type: ignore[arg-type]


def carried_out(at: datetime) -> CarriedOutRecord:
    return CarriedOutRecord(**stamp(at), request=REQUEST)


def test_a_delay_that_passed_by_a_clock_set_ahead_alone_did_not_pass(keys: dict[str, SigningKey]) -> None:
    """The clock is put ahead, the act is carried out, the clock is put back: all is dated as it should be."""
    asked = request(keys)
    ahead = [*beginning(keys), asked, approval(keys, asked, at=NOON + HOUR), tombstone(READY)]
    back = set_back(NOON + 2 * HOUR, last=READY)
    _, wrong = take([*ahead, back])
    assert wrong[:-2] == [None] * (len(wrong) - 2) and "was delayed" in str(wrong[-2])
    assert not any(take(ahead)[1])
    docket = Docket.of(ARCHIVE, enumerate([*ahead, carried_out(READY), back]))
    assert docket.requests[REQUEST].done, "what was done is not done again"


def test_a_clock_set_back_takes_nothing_from_what_is_dated_before(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    done = [*beginning(keys), asked, approval(keys, asked), tombstone(READY), carried_out(READY)]
    hold = LegalHoldRecord(**stamp(EXPIRED), hold="h", subject=FILE, scope=HoldScope.FILE)
    assert not any(take([*done, hold, set_back(READY + HOUR, last=EXPIRED)])[1])


def test_no_request_expires_by_a_clock_set_ahead(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    late = approval(keys, asked, at=EXPIRED + HOUR)
    assert "expired" in str(take([*beginning(keys), asked, late])[1][-1])
    assert not any(take([*beginning(keys), asked, late, set_back(NOON + HOUR, last=EXPIRED + HOUR)])[1])


def test_a_request_made_by_a_clock_set_ahead_keeps_its_delay(keys: dict[str, SigningKey]) -> None:
    asked = request(keys, at=EXPIRED)
    records = [*beginning(keys), asked, set_back(NOON, last=EXPIRED), approval(keys, asked), tombstone(READY)]
    docket, wrong = take(records)
    assert wrong[:-1] == [None] * (len(wrong) - 1) and "was delayed" in str(wrong[-1])
    assert docket.requests[REQUEST].record.not_before == EXPIRED + timedelta(hours=72)


def test_a_request_nobody_else_approved_is_never_ready(keys: dict[str, SigningKey]) -> None:
    docket, _ = take([*beginning(keys), request(keys)])
    assert docket.requests[REQUEST].standing(READY) is Standing.WAITING
    assert docket.requests[REQUEST].standing(EXPIRED) is Standing.EXPIRED


@pytest.mark.parametrize(
    ("by", "why"),
    [("anna", "asked for this itself"), ("anna2", "of the same person"), ("log", "role log"), ("stranger", "no key")],
)
def test_only_another_person_with_an_approvers_key_can_approve(keys: dict[str, SigningKey], by: str, why: str) -> None:
    asked = request(keys)
    docket, wrong = take([*beginning(keys), asked, approval(keys, asked, by=by)])
    assert why in (wrong[-1] or "")
    assert docket.requests[REQUEST].approvals == ()


@pytest.mark.parametrize("by", ["log", "stranger"])
def test_only_an_approvers_key_can_ask(keys: dict[str, SigningKey], by: str) -> None:
    docket, wrong = take([*beginning(keys), request(keys, by=by)])
    assert wrong[-1]
    assert docket.requests[REQUEST].standing(READY) is Standing.VOID


def test_a_retired_key_neither_asks_nor_approves(keys: dict[str, SigningKey]) -> None:
    start = [*beginning(keys), KeyRetiredRecord(**stamp(), name="boris", request=None)]
    asked = request(keys)
    docket, wrong = take([*start, asked, approval(keys, asked)])
    assert "retired" in (wrong[-1] or "")
    assert docket.requests[REQUEST].approvals == ()
    other = request(keys, by="boris")
    docket, wrong = take([*start, other])
    assert "retired" in (wrong[-1] or "")
    assert docket.requests[REQUEST].standing(READY) is Standing.VOID


@pytest.mark.parametrize("name", ["anna", "boris"])
def test_a_key_that_is_retired_takes_its_open_requests_with_it(keys: dict[str, SigningKey], name: str) -> None:
    asked = request(keys)
    docket, _ = take([*beginning(keys), asked, approval(keys, asked), KeyRetiredRecord(**stamp(), name=name)])
    assert docket.requests[REQUEST].standing(READY) is Standing.VOID
    assert f"'{name}'" in (docket.requests[REQUEST].void or "")


@pytest.mark.parametrize(
    "change",
    [
        {"act": Act.EXPORT},
        {"reason_sha256": "ab" * 32},
        {"request": "66666666-6666-4666-8666-666666666666"},
        {"archive": "66666666-6666-4666-8666-666666666666"},
        {"delay_hours": 71},
        {"valid_days": 31},
        {"requested_by": "boris"},
        {"subjects": "[]"},
        {"subjects": "[]", "subjects_sha256": sha256_hex(b"[]")},
        {"subjects_sha256": "00" * 32},
        {"not_before": NOON},
        {"expires": EXPIRED + timedelta(days=1)},
        {"not_before": NOON, "time": NOON - timedelta(hours=72), "expires": NOON + timedelta(days=30)},
        {"signature": b""},
        {"signature": bytes(64)},
    ],
)
def test_whatever_is_changed_in_a_request_makes_it_void_or_another_one(
    keys: dict[str, SigningKey], change: dict[str, Any]
) -> None:
    asked = request(keys)
    changed = replace(asked, **change)
    docket, wrong = take([*beginning(keys), changed, approval(keys, asked)])
    filed = docket.requests[changed.request]
    if "time" in change:  # a request back-dated as a whole is sound by itself; its place in the log betrays it
        assert filed.record.time < NOON
        assert filed.approvals == (), "and the approval was given to another request"
        return
    assert filed.standing(READY) is Standing.VOID, change
    assert wrong[len(beginning(keys))]


def test_every_flipped_bit_of_a_signature_is_refused(keys: dict[str, SigningKey]) -> None:
    asked, chance = request(keys), random.Random(7)
    given = approval(keys, asked)
    for place in [*range(0, 512, 37), *(chance.randrange(512) for _ in range(20))]:
        flipped = bytearray(given.signature)
        flipped[place // 8] ^= 1 << place % 8
        _, wrong = take([*beginning(keys), asked, replace(given, signature=bytes(flipped))])
        assert "signature" in (wrong[-1] or ""), place
        flipped = bytearray(asked.signature)
        flipped[place // 8] ^= 1 << place % 8
        docket, _ = take([*beginning(keys), replace(asked, signature=bytes(flipped)), given])
        assert docket.requests[REQUEST].standing(READY) is Standing.VOID, place


def test_an_approval_of_one_request_is_none_of_another(keys: dict[str, SigningKey]) -> None:
    first = request(keys)
    second = request(keys, request="66666666-6666-4666-8666-666666666666")
    moved = replace(approval(keys, first), request=second.request)
    docket, wrong = take([*beginning(keys), first, second, moved])
    assert "signature" in (wrong[-1] or "")
    assert docket.requests[second.request].approvals == ()


def test_an_approval_that_comes_too_late_counts_for_nothing(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    docket, wrong = take([*beginning(keys), asked, approval(keys, asked, at=EXPIRED)])
    assert "expired" in (wrong[-1] or "")
    assert docket.requests[REQUEST].approvals == ()


def test_a_request_that_was_withdrawn_is_over(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    records = [*beginning(keys), asked, approval(keys, asked), RequestWithdrawnRecord(**stamp(), request=REQUEST)]
    docket, wrong = take([*records, tombstone()])
    assert docket.requests[REQUEST].standing(READY) is Standing.WITHDRAWN
    assert "withdrawn" in (wrong[-1] or "")


def test_a_delay_or_validity_weaker_than_the_policy_is_refused(keys: dict[str, SigningKey]) -> None:
    for weaker in ({"delay_hours": 71}, {"valid_days": 31}):
        docket, wrong = take([*beginning(keys), request(keys, **weaker)])
        assert "policy" in (wrong[-1] or "")
        assert docket.requests[REQUEST].standing(READY) is Standing.VOID
    _, wrong = take([*beginning(keys), request(keys, delay_hours=100, valid_days=3)])
    assert not any(wrong)


def test_a_request_signed_for_another_archive_allows_nothing_here(keys: dict[str, SigningKey]) -> None:
    asked = request(keys, archive="66666666-6666-4666-8666-666666666666")
    docket, wrong = take([*beginning(keys), asked, approval(keys, asked)])
    assert "another archive" in (wrong[len(beginning(keys))] or "")
    assert docket.requests[REQUEST].standing(READY) is Standing.VOID


def acts(keys: dict[str, SigningKey], act: Act, *, request: str | None, at: datetime) -> Record:
    """The record of an act, as ``subjects`` names it."""
    common = stamp(at)
    return {
        Act.DELETION: lambda: tombstone(at, request=request or "none"),
        Act.LOCATION_RETIREMENT: lambda: LocationRetiredRecord(**common, name="second", request=request or "none"),
        Act.POLICY: lambda: PolicyRecord(**common, settings={**SETTINGS, "audit.every_days": "180"}, request=request),
        Act.HOLD_LIFT: lambda: LegalHoldLiftedRecord(**common, hold="hold-1", request=request or "none"),
        Act.KEY_RETIREMENT: lambda: KeyRetiredRecord(**common, name="anna2", request=request),
        Act.SET_ASIDE: lambda: SetAsideRecord(**common, number=3, commitment="cd" * 32, request=request or "none"),
        Act.ERASURE: lambda: ErasureRecord(
            **common,
            request=request or "none",
            lines=(ErasedLine(3, 1), ErasedLine(3, 2)),
            openings=(ErasedOpening(4, "receipt", 1, {"outcome": "accepted"}),),
        ),
        Act.EXPORT: lambda: HandoverVolumeRecord(
            **common,
            handover="handover-1",
            volume=1,
            packages=1,
            files=1,
            bytes=Octets(1),
            sha256sums_sha256="ab" * 32,
            request=request,
        ),
    }[act]()


EVERY_ACT = [act for act in Act if act is not Act.KEY_ADDITION]


@pytest.mark.parametrize("act", EVERY_ACT)
def test_an_act_with_an_approved_request_is_allowed_when_its_time_has_come(
    keys: dict[str, SigningKey], act: Act
) -> None:
    asked = request(keys, act)
    records = [*beginning(keys), asked, approval(keys, asked), acts(keys, act, request=REQUEST, at=READY)]
    docket, wrong = take([*records, CarriedOutRecord(**stamp(READY), request=REQUEST)])
    assert not any(wrong), wrong
    assert docket.requests[REQUEST].standing(EXPIRED) is Standing.DONE


WITHOUT = [
    (act, how)
    for act in EVERY_ACT
    for how in ("no request", "unknown", "unapproved", "too early", "withdrawn", "another act", "twice")
    if (act, how) != (Act.POLICY, "twice")  # a policy that says again what holds lowers nothing
]


@pytest.mark.parametrize(("act", "how"), WITHOUT)
def test_an_act_without_a_request_that_allows_it_is_found(keys: dict[str, SigningKey], act: Act, how: str) -> None:
    other = Act.LOCATION_RETIREMENT if act is Act.DELETION else Act.DELETION
    asked = request(keys, other if how == "another act" else act)
    approved = [asked, approval(keys, asked)]
    before: list[Record] = {
        "no request": [],
        "unknown": [],
        "unapproved": [asked],
        "withdrawn": [*approved, RequestWithdrawnRecord(**stamp(), request=REQUEST)],
        "twice": [
            *approved,
            acts(keys, act, request=REQUEST, at=READY),
            CarriedOutRecord(**stamp(READY), request=REQUEST),
        ],
    }.get(how, approved)
    at = READY - timedelta(seconds=1) if how == "too early" else READY
    named = None if how == "no request" else REQUEST
    records = [*beginning(keys), *before, acts(keys, act, request=named, at=at)]
    found = list(examine_acts(ARCHIVE, enumerate(records)))
    assert [finding.subject for finding in found] == [f"record {len(records) - 1}"], found
    assert refused(ARCHIVE, records) == [*[False] * (len(records) - 1), True]
    assert found[0].code == "act-not-allowed"


def test_an_act_that_goes_beyond_the_exact_list_is_found(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    before = [*beginning(keys), asked, approval(keys, asked)]
    for beyond in (
        {"files": (FILE, ACCESSION)},
        {"files": ()},
        {"package": ACCESSION},
    ):
        _, wrong = take([*before, tombstone(**beyond)])
        assert "does not name this" in (wrong[-1] or ""), beyond


def test_what_was_begun_in_time_may_be_finished_later(keys: dict[str, SigningKey]) -> None:
    listed = [*subjects(Act.DELETION), {**subjects(Act.DELETION)[0], "package": ACCESSION}]
    asked = request(keys, listed=listed)
    records = [*beginning(keys), asked, approval(keys, asked), tombstone(EXPIRED - timedelta(seconds=1))]
    docket, wrong = take([*records, tombstone(EXPIRED + timedelta(days=9), package=ACCESSION)])
    assert not any(wrong)
    assert docket.requests[REQUEST].standing(EXPIRED + timedelta(days=9)) is Standing.BEGUN


@pytest.mark.parametrize(
    ("scope", "subject"),
    [(HoldScope.FILE, FILE), (HoldScope.PACKAGE, PACKAGE), (HoldScope.ACCESSION, ACCESSION)],
)
def test_a_deletion_against_a_legal_hold_is_found_whoever_approved_it(
    keys: dict[str, SigningKey], scope: HoldScope, subject: str
) -> None:
    sealed = SealRecord(
        **stamp(),
        package=PACKAGE,
        accession=ACCESSION,
        package_kind=PackageKind.AIP,
        files=1,
        bytes=Octets(1),
        tag_files=1,
        tagmanifest_sha256="ab" * 32,
        manifest_sha256="ab" * 32,
    )
    hold = LegalHoldRecord(**stamp(), hold="hold-1", scope=scope, subject=subject)
    asked = request(keys)
    records = [*beginning(keys), sealed, hold, asked, approval(keys, asked), tombstone()]
    (found,) = examine_acts(ARCHIVE, enumerate(records))
    assert "legal hold hold-1" in found.message
    assert refused(ARCHIVE, records)[-1]
    other = LegalHoldRecord(**stamp(), hold="hold-1", scope=scope, subject=REQUEST)
    assert not list(examine_acts(ARCHIVE, enumerate([r if r is not hold else other for r in records])))


def test_the_first_two_persons_keys_are_free_and_every_later_one_takes_two(keys: dict[str, SigningKey]) -> None:
    start = beginning(keys)
    assert not any(take(start)[1])
    assert not take(start[:-1])[0].dual_control, "two keys of one person are no two persons"
    assert take(start)[0].dual_control
    assert "names none" in (take([*start, key_record(keys, "clara")])[1][-1] or "")
    listed = [key_subject("clara", "approver", keys["clara"].public, "p3")]
    asked = request(keys, Act.KEY_ADDITION, listed=listed)
    record = replace(key_record(keys, "clara", request=REQUEST), time=READY)
    assert not any(take([*start, asked, approval(keys, asked), record])[1])
    for changed in ({"public_key": keys["stranger"].public}, {"holder": "p1"}, {"role": "log"}, {"name": "clara2"}):
        wrong = take([*start, asked, approval(keys, asked), replace(record, **changed)])[1][-1]
        assert "does not name this" in (wrong or ""), changed


def test_the_first_key_of_the_log_is_free_and_the_second_takes_two(keys: dict[str, SigningKey]) -> None:
    start = [record for record in beginning(keys) if getattr(record, "name", None) != "log"]
    assert not any(take([*start, key_record(keys, "log")])[1])
    second = replace(key_record(keys, "log"), name="log2", public_key=keys["stranger"].public)
    assert take([*start, key_record(keys, "log"), second])[1][-1]


def test_dual_control_stays_in_force_when_keys_are_retired(keys: dict[str, SigningKey]) -> None:
    retired = KeyRetiredRecord(**stamp(), name="boris", request=None)
    docket, wrong = take([*beginning(keys), retired, key_record(keys, "clara")])
    assert docket.dual_control
    assert wrong[-2] and wrong[-1], "neither was allowed"


def test_raising_the_policy_takes_one_person_and_lowering_two(keys: dict[str, SigningKey]) -> None:
    safer = {
        "approvals.delay_hours": "100",
        "audit.every_days": "30",
        "audit.repair_limit": "1",
        "copies.required": "4",
    }
    for setting, value in safer.items():
        raised = PolicyRecord(**stamp(), settings={**SETTINGS, setting: value}, request=None)
        assert not any(take([*beginning(keys), raised])[1]), setting
        lowered = PolicyRecord(**stamp(), settings=SETTINGS, request=None)
        assert take([*beginning(keys), raised, lowered])[1][-1], setting


def test_before_two_persons_have_keys_nothing_about_keys_and_policy_needs_two(keys: dict[str, SigningKey]) -> None:
    lower = {**SETTINGS, "audit.every_days": "900"}
    records = [*beginning(keys)[:2], PolicyRecord(**stamp(), settings=lower, request=None)]
    assert not any(take([*records, KeyRetiredRecord(**stamp(), name="anna", request=None)])[1])
    assert take([*records, tombstone()])[1][-1], "a deletion always does"


def test_the_statement_of_a_request_comes_back_from_its_line(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    draft = Draft(REQUEST, Act.DELETION, ARCHIVE, asked.subjects, asked.reason, SALT, "anna", 72, 30)
    why = reason_paper(asked.reason, SALT)
    line = request_statement(draft)
    assert line == request_statement(asked)
    assert parse_request_statement(line, asked.subjects.encode(), why) == draft
    assert line.endswith(b"}\n") and line.count(b"\n") == 1
    for wrong, listed in (
        (line[:-1], asked.subjects),
        (line + b"\n", asked.subjects),
        (line, "[]"),
        (line.replace(b"72", b"71"), "[]"),
        (approval_statement(asked, "boris"), asked.subjects),
        (b"{}\n", asked.subjects),
        (b"\xff", asked.subjects),
        (line.replace(b'"delay_hours":72', b'"delay_hours":"72"'), asked.subjects),
    ):
        with pytest.raises(ValueError):
            parse_request_statement(wrong, listed.encode(), why)
    for other in (b"", why + b"\n", reason_paper("another", SALT), reason_paper(asked.reason, SALT[::-1])):
        with pytest.raises(ValueError):
            parse_request_statement(line, asked.subjects.encode(), other)


@pytest.mark.parametrize(
    "beyond",
    [
        {"lines": (ErasedLine(3, 1), ErasedLine(9, 1))},
        {"lines": (), "openings": ()},
        {"openings": (ErasedOpening(5, "receipt", 1, {"outcome": "accepted"}),)},
        {"openings": (ErasedOpening(4, "receipt", 1, {"outcome": "rejected"}),)},
        {"openings": (ErasedOpening(4, "receipt", 1, {}),)},
        {"openings": (ErasedOpening(4, "transfer", 1, {"outcome": "accepted"}),)},
    ],
)
def test_an_erasure_names_nothing_beyond_its_list(keys: dict[str, SigningKey], beyond: dict[str, Any]) -> None:
    asked = request(keys, Act.ERASURE)
    record = replace(acts(keys, Act.ERASURE, request=REQUEST, at=READY), **beyond)
    assert take([*beginning(keys), asked, approval(keys, asked), record])[1][-1]


def test_a_reason_that_is_not_the_one_signed_is_found_and_judges_no_act(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    for other in (replace(asked, reason="another"), replace(asked, reason_salt=bytes(32))):
        records = [*beginning(keys), other, approval(keys, asked), tombstone()]
        (found,) = examine_acts(ARCHIVE, enumerate(records))
        assert found.code == "reason-not-signed"
    gone = replace(asked, reason="", reason_salt=b"", absent=(1,))
    assert not list(examine_acts(ARCHIVE, enumerate([*beginning(keys), gone, approval(keys, asked), tombstone()])))


def test_a_signature_under_a_request_is_none_under_its_approval(keys: dict[str, SigningKey]) -> None:
    asked = request(keys)
    given = replace(approval(keys, asked), signature=keys["boris"].sign(request_statement(asked)))
    assert "signature" in (take([*beginning(keys), asked, given])[1][-1] or "")


def test_a_key_in_a_request_is_named_by_all_that_matters(keys: dict[str, SigningKey]) -> None:
    named = key_subject("clara", "approver", keys["clara"].public, "p3")
    assert base64.b64decode(str(named["public_key"])) == keys["clara"].public
    assert set(named) == {"key", "role", "public_key", "holder"}
