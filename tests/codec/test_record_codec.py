"""Private fields of records: spelled as digests and lines, read again, and read without the lines that are not here."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.codec import record_codec
from archive.codec.record_codec import (
    UnknownRecord,
    decode_record,
    digests_in,
    encode_record,
    private_digest,
    read_or_tell,
    read_record,
    spell_record,
    time_in,
)
from archive.model import record_versions
from archive.model.log_records import NoticeRecord
from archive.model.record import KnownBy, Octets, PrivateRecord, Unread, about, content, each_file, own
from archive.model.remarks import RemarkCode

TIME = datetime(2026, 5, 4, 3, 2, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFile(PrivateRecord):
    kind: ClassVar[str] = "one-file"
    v: int = 3
    file: str
    outcome: str
    size: Octets | None = content()
    sha256: str | None = content()
    name: bytes | None = about()
    mtime: Octets | None = about(default=None)
    medium: str | None = own(default=None)


@dataclass(frozen=True, slots=True)
class Told:
    file: str
    puid: str | None
    size: Octets | None = content(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyFiles(PrivateRecord):
    kind: ClassVar[str] = "many-files"
    package: str
    tool: str = own(default="")
    files: tuple[Told, ...] = each_file()


@pytest.fixture(autouse=True, scope="module")
def known() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for of in (OneFile, ManyFiles):
            key = (of.kind, record_versions.version_of(of))
            patch.setitem(record_versions.VERSIONS, key, of)
            patch.setitem(record_versions.NEWEST, of.kind, of)
        patch.setattr(record_codec, "_FORMS", {})
        yield


def salts(count: int) -> bytes:
    return random.Random(count).randbytes(count)


COMMON: dict[str, Any] = {"time": TIME, "actor": "anna", "machine": "m", "version": "1", "known": KnownBy.KEY}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ONE = st.builds(
    OneFile,
    **{name: st.just(value) for name, value in COMMON.items()},
    v=st.just(3),
    clock=TEXT,
    reason=TEXT,
    file=TEXT,
    outcome=TEXT,
    size=st.none() | st.integers(0, 2**70),
    sha256=st.none() | TEXT,
    name=st.none() | st.binary(max_size=20),
    mtime=st.none() | st.integers(-(2**70), 2**70),
    medium=st.none() | TEXT,
    absent=st.just(()),
)
MANY = st.builds(
    ManyFiles,
    **{name: st.just(value) for name, value in COMMON.items()},
    v=st.just(1),
    clock=TEXT,
    reason=TEXT,
    package=TEXT,
    tool=TEXT,
    files=st.lists(
        st.builds(Told, file=TEXT, puid=st.none() | TEXT, size=st.none() | st.integers(0, 9)), max_size=4
    ).map(tuple),
    absent=st.just(()),
)


@settings(deadline=None, max_examples=150)
@given(record=ONE | MANY, data=st.data())
def test_a_record_comes_back_with_all_its_lines_and_says_which_are_absent(
    record: OneFile | ManyFiles, data: st.DataObject
) -> None:
    spelled, lines = spell_record(record, salts)
    assert rfc8785.dumps(json.loads(spelled)) == spelled
    digests = digests_in(spelled)
    assert [line.i for line in lines] == [i for i, digest in enumerate(digests) if digest is not None]
    assert all(digests[line.i] == private_digest(line.object, line.salt) for line in lines)
    assert all(rfc8785.dumps(json.loads(line.object)) == line.object for line in lines)
    objects = {line.i: line.object for line in lines}
    assert read_record(spelled, objects) == record
    gone = data.draw(st.sets(st.sampled_from(sorted(objects)))) if objects else set()
    partly = read_record(spelled, {i: found for i, found in objects.items() if i not in gone})
    assert isinstance(partly, PrivateRecord)
    assert partly.absent == tuple(sorted(gone))
    assert (partly.time, partly.actor, partly.known) == (TIME, "anna", KnownBy.KEY)
    assert partly.reason == ("" if 1 in gone else record.reason)
    if isinstance(record, OneFile) and isinstance(partly, OneFile):
        assert (partly.file, partly.outcome) == (record.file, record.outcome)
        assert (partly.size, partly.sha256) == ((None, None) if 2 in gone else (record.size, record.sha256))
        assert (partly.name, partly.mtime) == ((None, None) if 3 in gone else (record.name, record.mtime))
        assert partly.medium == (None if 0 in gone else record.medium)
    if isinstance(record, ManyFiles) and isinstance(partly, ManyFiles):
        whole = [told for k, told in enumerate(record.files) if not gone & {2 + 2 * k, 3 + 2 * k}]
        assert list(partly.files) == whole
        assert json.loads(spelled)["files"] == [told.file for told in record.files]
    assert time_in(spelled) == TIME
    assert decode_record(encode_record(record)) == record


RECORD = OneFile(
    **COMMON,
    reason="why",
    file="f1",
    outcome="accepted",
    size=Octets(2**60),
    sha256="ab",
    name=b"\xff",
    medium="disk 7",
)


def test_nothing_private_stands_in_the_open() -> None:
    spelled, lines = spell_record(RECORD, salts)
    assert json.loads(spelled) == {
        **{"actor": "anna", "clock": "not stated", "file": "f1", "kind": "one-file", "known": "key", "machine": "m"},
        **{"outcome": "accepted", "time": "2026-05-04T03:02:01.000005Z", "v": 3, "version": "1"},
        "private": [private_digest(line.object, line.salt) for line in lines],
    }
    assert [json.loads(line.object) for line in lines] == [
        {"medium": "disk 7"},
        {"reason": "why"},
        {"sha256": "ab", "size": str(2**60)},
        {"mtime": None, "name": "/w=="},
    ]


def test_a_digest_is_the_one_that_is_written_down() -> None:
    """DESIGN §7.7, with nothing of ours."""
    import hashlib

    domain = b"evidence-archive/custody/private/v1\x00"
    assert private_digest(b"{}", b"s" * 32) == hashlib.sha256(domain + b"s" * 32 + b"{}").hexdigest()
    with pytest.raises(ValueError):
        private_digest(b"{}", b"short")


def test_a_record_whose_lines_are_absent_is_not_written_again() -> None:
    spelled, _ = spell_record(RECORD, salts)
    with pytest.raises(ValueError, match="not here"):
        spell_record(read_record(spelled, {}), salts)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":3', b'"v":4'),
        (b'"kind":"one-file"', b'"kind":"no-file"'),
    ],
)
def test_an_unknown_kind_or_version_is_told_as_that(old: bytes, new: bytes) -> None:
    spelled, _ = spell_record(RECORD, salts)
    with pytest.raises(UnknownRecord):
        read_record(spelled.replace(old, new), {})
    told = read_or_tell(spelled.replace(old, new), {})
    assert isinstance(told, Unread) and told.code == RemarkCode.NEWER


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"outcome":"accepted"', b'"outcome":7'),
        (b'"outcome":"accepted",', b""),
        (b'"file":"f1"', b'"file":"f1","fruit":1'),
        (b'"file":"f1"', b'"file":"f1","file":"f1"'),
        (b'"file":"f1"', b'"file": "f1"'),
        (b'"known":"key"', b'"known":"rumour"'),
        (b'"private":["', b'"private":["zz'),
        (b'"private":["', b'"private":[null,"'),
        (b'"private":[', b'"private":[7,'),
        (b".000005Z", b"Z"),
        (b'{"actor"', b'["actor"'),
    ],
)
def test_any_other_spelling_of_a_known_version_is_malformed(old: bytes, new: bytes) -> None:
    spelled, lines = spell_record(RECORD, salts)
    forged = spelled.replace(old, new, 1)
    assert forged != spelled
    told = read_or_tell(forged, {line.i: line.object for line in lines})
    assert isinstance(told, Unread) and told.code == RemarkCode.MALFORMED
    assert "disk 7" not in told.why and "why" not in told.why.replace("what", "")


@pytest.mark.parametrize(
    ("i", "other"),
    [
        (2, b'{"sha256":"ab","size":"01"}'),
        (2, b'{"sha256":"ab"}'),
        (2, b'{"sha256":"ab","size":"1","soul":1}'),
        (2, b'{"size":"1","sha256":"ab"}'),
        (2, b"[]"),
        (3, b'{"mtime":null,"name":"/x=="}'),
        (1, b'{"reason":7}'),
        (4, b"{}"),
    ],
)
def test_a_private_object_of_another_form_is_malformed(i: int, other: bytes) -> None:
    spelled, lines = spell_record(RECORD, salts)
    told = read_or_tell(spelled, {line.i: line.object for line in lines} | {i: other})
    assert isinstance(told, Unread) and told.code == RemarkCode.MALFORMED


def test_a_field_of_a_wrong_type_is_refused_by_name() -> None:
    for wrong, name in (({"size": "7"}, "size"), ({"name": "text"}, "name"), ({"outcome": None}, "outcome")):
        with pytest.raises(ValueError, match=f"field {name}"):
            spell_record(replace(RECORD, **wrong), salts)
    with pytest.raises(ValueError, match="field files"):
        spell_record(ManyFiles(**COMMON, package="p", files=[]), salts)  # type: ignore[arg-type]


def test_a_class_of_another_kind_has_no_form() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Impostor(NoticeRecord):
        kind: ClassVar[str] = "notice"

    with pytest.raises(ValueError, match="not one of the records"):
        spell_record(Impostor(**COMMON, request="r", approver="a", way="shown"), salts)
