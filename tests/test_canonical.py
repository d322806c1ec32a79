from __future__ import annotations

import base64
import dataclasses
import json
import typing
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from functools import cache
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
import rfc8785
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from archive.canonical import LARGEST, decode, encode
from archive.codec import record_codec
from archive.codec.record_codec import decode_record, encode_record
from archive.model.fixity import FixityOutcome
from archive.model.formats import Basis, FileFormat, Kind, Tool
from archive.model.packages import Outcome
from archive.model.record import is_in_memory
from archive.model.record_versions import VERSIONS, upcast, version_of
from archive.model.records import (
    IncidentClosedRecord,
    LocationRecord,
    Octets,
    Record,
    SealRecord,
)
from archive.model.records_of_0_1 import IdentificationV1, ReceiptV1, TombstoneV1

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ODD_TEXT = st.text(
    st.sampled_from([*map(chr, range(0x20)), '"', "\\", "/", "\x7f", "\x80", "\u2028", "\u2029", "é", "𝕏"])
)
INTEGERS = st.integers(-LARGEST, LARGEST)
ASCII_KEYS = st.text(st.characters(max_codepoint=127))
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT | ODD_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ASCII_KEYS, inner),
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(-timedelta(hours=9, minutes=30))])
MOMENTS = st.datetimes(datetime(1000, 1, 3), datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001 - wants naive bounds


def field_values(hint: object) -> st.SearchStrategy[object]:
    """Anything that a field of this type may hold."""
    if hint is Octets:
        return st.integers(-(2**80), 2**80)
    if isinstance(hint, typing.NewType):
        return field_values(hint.__supertype__)
    if type(None) in typing.get_args(hint):
        return st.none() | field_values(next(arg for arg in typing.get_args(hint) if arg is not type(None)))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(list(hint))
    if typing.get_origin(hint) is tuple:
        return st.lists(field_values(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        members = hints_of(hint)
        return st.builds(hint, **{name: field_values(member) for name, member in members.items()})
    simple: dict[object, st.SearchStrategy[object]] = {
        str: TEXT | ODD_TEXT,
        bool: st.booleans(),
        int: INTEGERS,
        bytes: st.binary(),
        datetime: MOMENTS,
        dict[str, str]: st.dictionaries(ASCII_KEYS, TEXT),
    }
    return simple[hint]


def written(of: object) -> list[dataclasses.Field[typing.Any]]:
    return [field for field in dataclasses.fields(of) if not is_in_memory(field)]  # type: ignore[arg-type]


ONE = settings(max_examples=1, phases=[Phase.generate], database=None, deadline=None)
"""One record will do, and it need not be the smallest."""


@cache
def hints_of(kind: type) -> dict[str, typing.Any]:
    return typing.get_type_hints(kind, localns={})


@cache
def any_record(kind: type[Record]) -> st.SearchStrategy[Record]:
    hints = hints_of(kind)
    values = {field.name: field_values(hints[field.name]) for field in written(kind)}
    if kind is TombstoneV1:  # the one text of which a later version reads what is in it
        values["files"] = st.lists(TEXT).map(json.dumps)
    return st.builds(kind, **{**values, "v": st.just(version_of(kind))})


def spelled_plainly(record: Record) -> bytes:
    """DESIGN §7.1 word for word, with nothing of ours: the oracle for the fast way."""
    return rfc8785.dumps({"kind": record.kind, **plain_fields(record)})


def plain_fields(value: object) -> dict[str, object]:
    hints = hints_of(type(value))
    return {field.name: plain(hints[field.name], getattr(value, field.name)) for field in written(value)}


def plain(hint: object, value: object) -> object:
    if value is not None and Octets in (hint, *typing.get_args(hint)):
        return "%d" % value  # noqa: UP031 - said in another way than in the code
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [plain(typing.get_args(hint)[0], member) for member in value]
    return plain_fields(value) if dataclasses.is_dataclass(value) else value


RECEIPT_TIME = datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
RECEIPT = ReceiptV1(
    time=RECEIPT_TIME,
    clock="system, synchronised",
    actor="archivist-1",
    machine="m1",
    version="0.1.0",
    accession="11111111-1111-4111-8111-111111111111",
    file="22222222-2222-4222-8222-222222222222",
    name="фото/\n.jpg".encode() + b"\xff",
    size=Octets(2**63),
    sha256="ab" * 32,
    blake3=None,
    mtime=Octets(-1),
    outcome=Outcome.PENDING,
    aip=None,
)
RECEIPT_BYTES = (
    b'{"accession":"11111111-1111-4111-8111-111111111111","actor":"archivist-1","aip":null,"blake3":null,'
    b'"clock":"system, synchronised","file":"22222222-2222-4222-8222-222222222222",'
    b'"kind":"receipt","machine":"m1","mtime":"-1",'
    b'"name":"0YTQvtGC0L4vCi5qcGf/","outcome":"pending","reason":"",'
    b'"sha256":"abababababababababababababababababababababababababababababababab","size":"9223372036854775808",'
    b'"time":"2026-02-03T04:05:06.000007Z","v":1,"version":"0.1.0"}'
)
CLOSED = IncidentClosedRecord(
    time=datetime(2026, 2, 3, tzinfo=UTC), actor="a", machine="m", version="0", incident="i", reason="looked at"
)
IDENTIFICATION = IdentificationV1(
    time=datetime(2026, 2, 3, tzinfo=UTC),
    actor="a",
    machine="m",
    version="0",
    aip="33333333-3333-4333-8333-333333333333",
    tools=(Tool("fido", "1.6.1", "PRONOM v109"), Tool("siegfried", "1.11.9", "PRONOM v125")),
    formats={"fmt/11": "Portable Network Graphics 1.0"},
    files=(
        FileFormat("22222222-2222-4222-8222-222222222222", "fmt/11", Kind.AGREED, Basis.SIGNATURE),
        FileFormat("44444444-4444-4444-8444-444444444444", None, Kind.UNKNOWN, None),
    ),
    said={},
)
IDENTIFICATION_BYTES = (
    b'{"actor":"a","aip":"33333333-3333-4333-8333-333333333333","clock":"not stated","files":['
    b'{"basis":"signature","file":"22222222-2222-4222-8222-222222222222","puid":"fmt/11","verdict":"agreed"},'
    b'{"basis":null,"file":"44444444-4444-4444-8444-444444444444","puid":null,"verdict":"unknown"}],'
    b'"formats":{"fmt/11":"Portable Network Graphics 1.0"},"kind":"identification","machine":"m","reason":"",'
    b'"said":{},"time":"2026-02-03T00:00:00.000000Z","tools":['
    b'{"signatures":"PRONOM v109","tool":"fido","version":"1.6.1"},'
    b'{"signatures":"PRONOM v125","tool":"siegfried","version":"1.11.9"}],"v":1,"version":"0"}'
)


@settings(deadline=None)
@given(VALUES)
def test_what_is_encoded_is_rfc_8785_and_decodes_to_itself(value: object):
    data = encode(value)
    assert data == rfc8785.dumps(value)
    assert decode(data) == value


@pytest.mark.parametrize(
    "character", [*map(chr, range(0x20)), "\x7f", "\x80", "\u2028", "\ufeff", "\uffff", "\U0010ffff"]
)
def test_every_odd_character_is_escaped_as_the_rfc_says(character: str):
    assert encode({"a": character}) == rfc8785.dumps({"a": character})


def test_a_tuple_is_a_list():
    assert encode((1, ("a", None))) == b'[1,["a",null]]'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        LARGEST + 1,
        -LARGEST - 1,
        {"é": 1},
        {1: 2},
        {None: 1},
        b"bytes",
        {"a": {1, 2}},
        [datetime(2026, 1, 1, tzinfo=UTC)],
        Outcome.PENDING,
        "\ud800",
        RECEIPT,
    ],
)
def test_what_is_outside_the_subset_is_refused(value: object):
    with pytest.raises(ValueError):
        encode(value)


def test_the_largest_integers_are_written():
    assert encode([LARGEST, -LARGEST]) == b"[9007199254740991,-9007199254740991]"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1\n",
        b"-0",
        b"1.0",
        b"1e2",
        b"9007199254740992",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'"\\u0041"',
        b'"\\u001F"',
        b'"\\/"',
        b'"\xff"',
        b'"\\ud800"',
        b"nul",
        b"NaN",
        b"[" * 100_000,
        b"[" * 400 + b"]" * 400 + b" ",
    ],
)
def test_any_other_spelling_is_refused(data: bytes):
    with pytest.raises(ValueError):
        decode(data)


def test_nesting_without_end_is_a_value_error():
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="deeply"):
        encode(value)


@pytest.mark.parametrize("kind", VERSIONS.values(), ids=map(str, VERSIONS))
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_a_record_of_every_kind_comes_back_as_it_was(kind: type[Record], data: st.DataObject):
    record = data.draw(any_record(kind))
    spelled = encode_record(record)
    assert spelled == spelled_plainly(record)
    assert decode_record(spelled) == upcast(record)
    assert rfc8785.dumps(decode(spelled)) == spelled
    assert b"\n" not in spelled


@pytest.mark.parametrize("kind", VERSIONS.values(), ids=map(str, VERSIONS))
@settings(deadline=None, max_examples=20)
@given(data=st.data())
def test_many_records_of_one_kind_do_not_rub_off_on_each_other(kind: type[Record], data: st.DataObject):
    records = data.draw(st.lists(any_record(kind), max_size=5))
    assert [encode_record(record) for record in records] == [spelled_plainly(record) for record in records]


@pytest.mark.parametrize("kind", VERSIONS.values(), ids=map(str, VERSIONS))
@ONE
@given(data=st.data())
def test_a_record_of_every_kind_is_read_at_once(kind: type[Record], data: st.DataObject):
    record = data.draw(any_record(kind))
    spelled = encode_record(record)
    with mock.patch.object(record_codec, "_read_in_steps", None):
        assert decode_record(spelled) == upcast(record)


def test_receipts_and_identifications_are_read_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(record_codec, "_read_in_steps")
    assert decode_record(RECEIPT_BYTES) == upcast(RECEIPT)
    assert decode_record(IDENTIFICATION_BYTES) == upcast(IDENTIFICATION)


@pytest.mark.parametrize("kind", VERSIONS.values(), ids=map(str, VERSIONS))
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_both_ways_of_reading_give_the_same_or_nothing(kind: type[Record], data: st.DataObject):
    spelled = bytearray(encode_record(data.draw(any_record(kind))))
    for position in data.draw(st.lists(st.integers(0, len(spelled) - 1), max_size=2)):
        spelled[position] = data.draw(st.sampled_from(b'0129"\\{}[]:,-+.eEntZ=/ \xff'))
    at_once = record_codec._read_at_once(bytes(spelled))
    try:
        in_steps = record_codec._read_in_steps(bytes(spelled))
    except ValueError:
        assert at_once is None
    else:
        assert at_once is None or (at_once == in_steps and type(at_once) is type(in_steps))
        assert encode_record(in_steps) == bytes(spelled)


def test_attributes_that_look_like_a_kind_do_not_mislead_the_reader():
    common = {"time": RECEIPT.time, "actor": "a", "machine": "m", "version": "0"}
    record = LocationRecord(**common, name="l", uri="u", form="f", attributes={"kind": "receipt", "v": "2"})
    assert decode_record(encode_record(record)) == record


class Text(str):
    """A text that is no text of ours."""

    __slots__ = ()


class Whole(int):
    """An integer that is none of ours."""


WRONG: tuple[object, ...] = (
    *(None, True, 0, Whole(1), 1.5, "pending", Text("x"), b"x", bytearray(b"x"), ("x",), ["x"], {"x": 1}, object()),
    *(Outcome.PENDING, FixityOutcome.OK, RECEIPT_TIME, RECEIPT_TIME.date(), RECEIPT_TIME.replace(tzinfo=None)),
)


def may_hold(hint: object, value: object) -> bool:
    """Whether a field of this type may hold ``value``, one of WRONG."""
    if isinstance(hint, typing.NewType):
        return may_hold(hint.__supertype__, value)
    if typing.get_origin(hint) is tuple:
        return type(value) is tuple and all(may_hold(typing.get_args(hint)[0], member) for member in value)
    if type(None) in typing.get_args(hint):
        return value is None or any(may_hold(arg, value) for arg in typing.get_args(hint) if arg is not type(None))
    return type(value) is hint and value != RECEIPT_TIME.replace(tzinfo=None)


@pytest.mark.parametrize("kind", VERSIONS.values(), ids=map(str, VERSIONS))
@settings(deadline=None, max_examples=5)
@given(data=st.data())
def test_a_field_of_any_other_type_is_refused_by_name_also_after_a_right_one(kind: type[Record], data: st.DataObject):
    record = data.draw(any_record(kind))
    encode_record(record)
    hints = hints_of(kind)
    for name, hint in hints.items():
        if typing.get_origin(hint) is typing.ClassVar or name == "absent":
            continue
        for wrong in WRONG:
            broken = dataclasses.replace(record, **{name: wrong})
            if not may_hold(hint, wrong):
                with pytest.raises(ValueError, match=f"{kind.kind} record, field {name}: "):
                    encode_record(broken)
            elif name != "v":
                assert encode_record(broken) == spelled_plainly(broken)
    assert encode_record(record) == spelled_plainly(record)


def test_the_bytes_of_a_receipt_are_these_for_ever():
    assert encode_record(RECEIPT) == RECEIPT_BYTES
    assert decode_record(RECEIPT_BYTES) == upcast(RECEIPT)


def test_the_bytes_of_an_identification_are_these_for_ever():
    assert encode_record(IDENTIFICATION) == IDENTIFICATION_BYTES
    assert decode_record(IDENTIFICATION_BYTES) == upcast(IDENTIFICATION)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tools": [Tool("fido", "1", "2")]},
        {"tools": (("fido", "1", "2"),)},
        {"tools": (Tool("fido", 1, "2"),)},
        {"files": ({"file": "a", "puid": None, "verdict": "unknown", "basis": None},)},
        {"files": (FileFormat("a", None, "unknown", None),)},
        {"files": (FileFormat("a", None, Kind.UNKNOWN, Kind.AGREED),)},
        {"files": None},
        {"formats": {"é": "x"}},
        {"formats": {"fmt/11": None}},
        {"said": {"a": "\ud800"}},
    ],
)
def test_a_list_that_breaks_its_promise_is_not_written(wrong: dict[str, object]):
    with pytest.raises(ValueError, match="identification record"):
        encode_record(dataclasses.replace(IDENTIFICATION, **wrong))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"files":[', b'"files":[null,'),
        (b'"files":[', b'"files":[[],'),
        (b'"files":[', b'"files":[{},'),
        (b'"puid":"fmt/11",', b""),
        (b'"puid":"fmt/11",', b'"puid":"fmt/11","sure":true,'),
        (b'"puid":"fmt/11","verdict":"agreed"', b'"verdict":"agreed","puid":"fmt/11"'),
        (b'"verdict":"agreed"', b'"verdict":"certain"'),
        (b'"basis":"signature"', b'"basis":"Signature"'),
        (b'"basis":null', b'"basis":""'),
        (b'"tools":[', b'"tools":[],"tools":['),
        (b'"said":{}', b'"said":[]'),
        (b'"said":{}', b'"said":null'),
        (b'"said":{}', b'"said":{"a":1}'),
    ],
)
def test_a_list_spelled_in_any_other_way_is_refused(old: bytes, new: bytes):
    assert old in IDENTIFICATION_BYTES
    with pytest.raises(ValueError):
        decode_record(IDENTIFICATION_BYTES.replace(old, new, 1))


def test_octets_are_text_by_field_and_not_by_value():
    data = encode_record(dataclasses.replace(RECEIPT, size=Octets(0)))
    assert b'"size":"0"' in data


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("UTC"), timezone(timedelta(0), "UTC"), timezone(timedelta(hours=3))])
@pytest.mark.parametrize("microsecond", [0, 1, 10, 1_000, 100_000, 999_000, 999_999])
def test_a_moment_has_six_decimals_whatever_they_are(zone: tzinfo, microsecond: int):
    record = dataclasses.replace(RECEIPT, time=datetime(2026, 2, 3, 4, 5, 6, microsecond, tzinfo=zone))
    assert encode_record(record) == spelled_plainly(record)
    assert b".%06dZ" % microsecond in encode_record(record)


def test_the_second_of_two_hours_of_the_same_name_is_another_moment():
    zone = ZoneInfo("Europe/Copenhagen")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=zone)
    for fold, hour in ((0, b"T00:30:00.000000Z"), (1, b"T01:30:00.000000Z")):
        assert hour in encode_record(dataclasses.replace(RECEIPT, time=first.replace(fold=fold)))


@pytest.mark.parametrize("year", [1, 9, 99, 999])
def test_early_years_have_four_digits(year: int):
    early = dataclasses.replace(RECEIPT, time=RECEIPT_TIME.replace(year=year))
    assert b'"time":"%04d-02-03T04:05:06.000007Z"' % year in encode_record(early)
    assert decode_record(encode_record(early)) == upcast(early)


def test_a_moment_beyond_the_calendar_in_utc_is_a_value_error():
    early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3)))
    with pytest.raises(ValueError, match="field time"):
        encode_record(dataclasses.replace(RECEIPT, time=early))


def test_a_moment_is_written_in_utc():
    east = RECEIPT.time.astimezone(timezone(timedelta(hours=3)))
    assert encode_record(dataclasses.replace(RECEIPT, time=east)) == RECEIPT_BYTES


@pytest.mark.parametrize(
    "wrong",
    [
        {"v": 2},
        {"v": True},
        {"time": datetime(2026, 1, 1)},  # noqa: DTZ001 - that is the point
        {"time": "2026-01-01T00:00:00.000000Z"},
        {"actor": None},
        {"actor": "\udcff"},
        {"name": "text"},
        {"size": "12"},
        {"size": True},
        {"size": 1.0},
        {"outcome": "pending"},
        {"sha256": b"ab"},
        {"aip": 5},
    ],
)
def test_a_field_that_breaks_its_promise_is_not_written(wrong: dict[str, object]):
    with pytest.raises(ValueError):
        encode_record(dataclasses.replace(RECEIPT, **wrong))


def test_the_field_that_is_wrong_is_named():
    with pytest.raises(ValueError, match="receipt record, field size"):
        encode_record(dataclasses.replace(RECEIPT, size="12"))


@pytest.mark.parametrize("attributes", [{"é": "x"}, {"a": 1}, {1: "a"}, [("a", "b")]])
def test_attributes_are_text_under_ascii_names(attributes: object):
    common = {"time": RECEIPT.time, "actor": "a", "machine": "m", "version": "0"}
    with pytest.raises(ValueError):
        encode_record(LocationRecord(**common, name="l", uri="u", form="directory", attributes=attributes))


def test_counts_beyond_what_every_json_reader_holds_are_refused():
    common = {"time": RECEIPT.time, "actor": "a", "machine": "m", "version": "0"}
    numbers = {"files": 2**53, "bytes": Octets(2**53), "tag_files": 1}
    texts = {"package": "a", "accession": "b", "tagmanifest_sha256": "c", "manifest_sha256": "d"}
    package = next(iter(typing.get_type_hints(SealRecord, localns={})["package_kind"]))
    with pytest.raises(ValueError, match="field files"):
        encode_record(SealRecord(**common, **numbers, **texts, package_kind=package))


def test_a_type_that_is_no_record_of_the_log_is_refused():
    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Stray(Record):
        kind: typing.ClassVar[str] = "receipt"

    for record in (Stray, Record):
        with pytest.raises(ValueError, match="not one of the records"):
            encode_record(record(time=RECEIPT.time, actor="a", machine="m", version="0"))


def test_a_newer_version_says_so():
    with pytest.raises(ValueError, match="version 9, is not known"):
        decode_record(RECEIPT_BYTES.replace(b'"v":1', b'"v":9'))


def test_an_unknown_kind_says_so():
    with pytest.raises(ValueError, match="kind 'apology', version 1, is not known"):
        decode_record(RECEIPT_BYTES.replace(b'"receipt"', b'"apology"'))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"aip":null,', b""),
        (b'"aip":null,', b'"aip":null,"also":1,'),
        (b'"aip":null', b'"aip":5'),
        (b'"clock":"system, synchronised",', b""),
        (b'"v":1,', b""),
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b'"v":null'),
        (b'"kind":"receipt",', b""),
        (b'"kind":"receipt"', b'"kind":["receipt"]'),
        (b'"mtime":"-1"', b'"mtime":-1'),
        (b'"mtime":"-1"', b'"mtime":"-01"'),
        (b'"mtime":"-1"', b'"mtime":" -1"'),
        (b'"mtime":"-1"', b'"mtime":"-0"'),
        (b'"mtime":"-1"', '"mtime":"٣"'.encode()),
        (b'"mtime":"-1"', b'"mtime":null'),
        (b"qcGf/", b"qcGf_"),
        (b"qcGf/", b"qcGe="),
        (b"qcGf/", b"qcGf/===="),
        (b"06.000007Z", b"06.7Z"),
        (b"06.000007Z", b"06.000007+00:00"),
        (b"06.000007Z", b"06.000007"),
        (b"2026-02-03T", b"2026-02-30T"),
        (b'"pending"', b'"lost"'),
        (b'"pending"', b'"PENDING"'),
        (b'{"accession"', b'{ "accession"'),
        (b'"reason":""', b'"reason":"","reason":""'),
        (b'"actor":"archivist-1"', b'"actor":"\\u0061rchivist-1"'),
        (b'"actor":"archivist-1"', b'"actor":{}'),
    ],
)
def test_a_record_spelled_in_any_other_way_is_refused(old: bytes, new: bytes):
    assert old in RECEIPT_BYTES
    with pytest.raises(ValueError):
        decode_record(RECEIPT_BYTES.replace(old, new))


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"1", b"null", b"{}", b'{"kind":"receipt"}', b"[" * 100_000),
        b'{"kind":"receipt","name":' + b"[" * 100_000,
        b'{"kind":"r\xc3\xa9ceipt"}',
    ],
)
def test_what_is_no_record_is_refused(data: bytes):
    with pytest.raises(ValueError):
        decode_record(data)


@settings(deadline=None)
@given(position=st.integers(0, len(RECEIPT_BYTES) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_means_another_record(position: int, bit: int):
    data = bytearray(RECEIPT_BYTES)
    data[position] ^= 1 << bit
    try:
        with mock.patch.object(record_codec, "upcast", lambda record: record):
            record = decode_record(bytes(data))
    except ValueError:
        return
    assert record != RECEIPT
    assert encode_record(record) == bytes(data)


def test_the_examples_of_rfc_8785_are_spelled_as_it_says_as_far_as_they_are_in_our_subset():
    """§3.2.2 without its floats, §3.2.3 with its ASCII keys, and integers of Appendix B."""
    text = '\u20ac$\u000f\nA\'B"\\\\"/'
    spelled = '{"literals":[null,true,false],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    value = {"string": text, "literals": [None, True, False]}
    assert encode(value) == spelled == rfc8785.dumps(value)
    assert decode(spelled) == value
    keys = {"1": "One", "\r": "Carriage Return", "</script>": "Browser Challenge"}
    assert encode(keys) == b'{"\\r":"Carriage Return","1":"One","</script>":"Browser Challenge"}'
    assert encode([0, 9007199254740991, -9007199254740991]) == b"[0,9007199254740991,-9007199254740991]"
    for outside in (9007199254740992, -9007199254740992, 333333333.33333329, 1e30, 4.5, {"\u20ac": "Euro Sign"}):
        with pytest.raises(ValueError, match=r"."):
            encode(outside)
