# ruff: noqa: F811
"""What release 0.1 wrote and signed counts for the docket as it did."""

from __future__ import annotations

from dataclasses import fields, replace

from lone_support import refused
from test_docket import ARCHIVE, REQUEST, approval, beginning, keys, request, stamp, tombstone  # noqa: F401

from archive.custody.keys import SigningKey
from archive.holdings.docket import Docket
from archive.holdings.statements import approval_statement, request_statement
from archive.model.acts import ActV1
from archive.model.record_versions import upcast
from archive.model.records import KeyRecord, Record, RequestRecord
from archive.model.records_of_0_1 import ApprovalV1, KeyV1, RequestV1


def in_version_1(keys: dict[str, SigningKey]) -> list[Record]:
    """Keys, request and approval as release 0.1 wrote and signed them."""
    start: list[Record] = []
    for record in beginning(keys):
        common = {"time": record.time, "actor": "a", "machine": "m", "version": "0"}
        if isinstance(record, KeyRecord):
            public = keys[record.name].public
            start.append(KeyV1(**common, name=record.name, role=record.role, public_key=public, holder=record.holder))
        else:
            start.append(record)
    new = request(keys)
    said = {field.name: getattr(new, field.name) for field in fields(RequestV1) if field.name not in ("v", "act")}
    asked = upcast(RequestV1(**said, act=ActV1.DELETION))
    assert isinstance(asked, RequestRecord) and asked.v == 1
    signature = keys["anna"].sign(request_statement(asked))
    asked = replace(asked, signature=signature)
    approved = keys["boris"].sign(approval_statement(asked, "boris", v=1))
    old = RequestV1(**{**said, "signature": signature}, act=ActV1.DELETION)
    return [*start, old, ApprovalV1(**stamp(), request=REQUEST, key="boris", signature=approved)]


def test_what_was_signed_in_version_1_still_counts_and_may_be_approved_in_version_2(
    keys: dict[str, SigningKey],
) -> None:
    old = in_version_1(keys)
    asked = upcast(old[-2])
    assert isinstance(asked, RequestRecord)
    for records in ([*old, tombstone()], [*old[:-1], approval(keys, asked), tombstone()]):
        docket = Docket(ARCHIVE)
        assert [docket.take(n, upcast(record)) for n, record in enumerate(records)] == [None] * len(records)
        assert not any(refused(ARCHIVE, records))
    forged = [*old[:-2], replace(old[-2], reason="another"), *old[-1:], tombstone()]
    assert refused(ARCHIVE, forged)[-3:] == [True, True, True]
    docket = Docket(ARCHIVE)
    assert [docket.take(n, upcast(record)) is not None for n, record in enumerate(forged)][-3:] == [True, True, True]
