"""DER is read strictly: one spelling for each value, and nothing left over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.custody import der


@given(st.binary(max_size=400), st.sampled_from([der.OCTETS, der.SEQUENCE, der.context(0), 0x80]))
def test_what_is_written_is_read(content: bytes, tag: int) -> None:
    element = der.read(der.write(tag, content))
    assert (element.tag, element.content, element.encoded) == (tag, content, der.write(tag, content))


@given(st.binary(max_size=60))
def test_what_can_be_read_has_no_other_spelling(data: bytes) -> None:
    try:
        elements = der.read_all(data)
    except ValueError:
        return
    assert b"".join(der.write(element.tag, element.content) for element in elements) == data


@pytest.mark.parametrize(
    "spelled",
    [
        "",  # nothing
        "30",  # no length
        "3003",  # cut short
        "300380",
        "3080020100 0000",  # indefinite length
        "308101 00",  # a long form that is not needed
        "30820001 00",  # a length that begins with zero
        "3084ffffffff",  # more than there is
        "30897fffffffffffffffff",
        "3000 00",  # something left over
        "1f2001 00",  # a tag of two octets
    ],
)
def test_another_spelling_is_refused(spelled: str) -> None:
    with pytest.raises(ValueError):
        der.read(bytes.fromhex(spelled))


@pytest.mark.parametrize(
    ("read", "spelled", "value"),
    [
        (der.integer, "020100", 0),
        (der.integer, "02017f", 127),
        (der.integer, "02020080", 128),
        (der.integer, "0201ff", -1),
        (der.integer, "0200", None),
        (der.integer, "02020001", None),
        (der.integer, "0202ff80", None),
        (der.boolean, "0101ff", True),
        (der.boolean, "010100", False),
        (der.boolean, "010101", None),
        (der.oid, "06062a864886f70d", "1.2.840.113549"),
        (der.oid, "0603883703", "2.999.3"),
        (der.oid, "0600", None),
        (der.oid, "06032a8601", "1.2.769"),
        (der.oid, "06032a8001", None),
        (der.oid, "06022a86", None),
        (der.bits, "03020204", frozenset({5})),
        (der.bits, "030100", frozenset()),
        (der.bits, "03020205", None),
        (der.bits, "030101", None),
        (der.bits, "03020804", None),
        (der.text, "0c02d0b6", "ж"),
        (der.text, "0c01d0", None),
        (der.octets, "0401aa", b"\xaa"),
        (der.octets, "2403040100", None),
    ],
)
def test_values(read, spelled: str, value: object) -> None:
    element = der.read(bytes.fromhex(spelled))
    if value is None:
        with pytest.raises(ValueError):
            read(element)
    else:
        assert read(element) == value


@pytest.mark.parametrize(
    ("spelled", "moment"),
    [
        ("20261122054922Z", datetime(2026, 11, 22, 5, 49, 22, tzinfo=UTC)),
        ("20261122054922.5Z", datetime(2026, 11, 22, 5, 49, 22, 500000, tzinfo=UTC)),
        ("20261122054922.1234567Z", datetime(2026, 11, 22, 5, 49, 22, 123456, tzinfo=UTC)),
        ("20261122054922", None),
        ("202611220549Z", None),
        ("20261122054922+0100", None),
        ("20261132054922Z", None),
        ("20261122054960Z", None),
    ],
)
def test_times(spelled: str, moment: datetime | None) -> None:
    element = der.read(der.write(der.MOMENT, spelled.encode()))
    if moment is None:
        with pytest.raises(ValueError):
            der.moment(element)
    else:
        assert der.moment(element) == moment
