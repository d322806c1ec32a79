"""Records that contradict what stands before them: they take no effect, are told, and stop nothing but release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from audit_support import Sample, archive, write_delivery

from archive.assembly import changing, reading
from archive.catalogue.opening import create
from archive.custody.log import CustodyLog
from archive.errors import ArchiveError
from archive.holdings.apply import apply
from archive.holdings.rebuild import catalogue_digest
from archive.model.announced import Announced
from archive.model.fixity import FixityOutcome
from archive.model.identifiers import AccessionId, IncidentId, PackageId, new_identifier
from archive.model.packages import Outcome
from archive.model.record import Octets, Record, Unread
from archive.model.records import (
    AccessionClosedRecord,
    AuditRecord,
    DamageRecord,
    IncidentClosedRecord,
    ItemRecord,
    KeyRecord,
    ReceiptRecord,
    ReferenceRecord,
    RemovalRecord,
    SealRecord,
)

R = TypeVar("R", bound=Record)
CODE = "record-contradicts"


def first(sample: Sample, kind: type[R]) -> R:
    return next(record for record in sample.records() if isinstance(record, kind))


def common(sample: Sample) -> dict[str, Any]:
    last = sample.records()[-1]
    return {"time": last.time, "actor": last.actor, "machine": last.machine, "version": last.version}


def forge(sample: Sample, *records: Record) -> int:
    """Append records with the log's own writer, as whoever has all rights on the machine can; number of the first.

    They are dated as the last one: nothing is wrong with them but what they say.
    """
    log = CustodyLog.open(sample.home / "custody")
    now = log.last_time()
    assert now is not None
    return log.append([replace(record, time=now) for record in records])


def second_seal(sample: Sample) -> Record:
    return replace(first(sample, SealRecord), tagmanifest_sha256="0" * 64)


def second_receipt(sample: Sample) -> Record:
    return replace(first(sample, ReceiptRecord), outcome=Outcome.REJECTED)


def same_receipt_again(sample: Sample) -> Record:
    return first(sample, ReceiptRecord)


def receipt_without_digest(sample: Sample) -> Record:
    return replace(first(sample, ReceiptRecord), file=new_identifier(), sha256=None)


def receipt_without_package(sample: Sample) -> Record:
    return replace(first(sample, ReceiptRecord), file=new_identifier(), package=None)


def receipt_of_a_file_too_large(sample: Sample) -> Record:
    return replace(first(sample, ReceiptRecord), file=new_identifier(), size=Octets(2**63))


def receipt_in_no_accession(sample: Sample) -> Record:
    return replace(first(sample, ReceiptRecord), file=new_identifier(), accession=AccessionId(new_identifier()))


def unknown_accession_closed(sample: Sample) -> Record:
    return replace(first(sample, AccessionClosedRecord), accession=AccessionId(new_identifier()))


def unknown_replica_audited(sample: Sample) -> Record:
    counts = dict.fromkeys(("ok", "altered", "missing", "extra", "unreadable", "not_checked", "tool_error"), 0)
    package = PackageId(new_identifier())
    return AuditRecord(
        **common(sample), campaign="c", package=package, location="store", files=0, bytes=Octets(0), **counts
    )


def unknown_incident_closed(sample: Sample) -> Record:
    return IncidentClosedRecord(**common(sample), incident=IncidentId(new_identifier()))


def unknown_incident_with_damage(sample: Sample) -> Record:
    return DamageRecord(
        **common(sample),
        incident=IncidentId(new_identifier()),
        package=first(sample, SealRecord).package,
        location="store",
        path=b"data/x",
        outcome=FixityOutcome.ALTERED,
        expected_sha256=None,
        observed_sha256=None,
    )


def unknown_file_in_an_item(sample: Sample) -> Record:
    receipt = first(sample, ReceiptRecord)
    assert receipt.package is not None
    return ItemRecord(**common(sample), item=new_identifier(), package=receipt.package, files=(new_identifier(),))  # type: ignore[arg-type]


def unknown_file_stored_once(sample: Sample) -> Record:
    return ReferenceRecord(**common(sample), same_as=first(sample, ReceiptRecord).file, files=(new_identifier(),))  # type: ignore[arg-type]


def removal_without_tombstone(sample: Sample) -> Record:
    package = first(sample, SealRecord).package
    return RemovalRecord(**common(sample), request=new_identifier(), package=package, location="second")


def second_key_of_a_name(sample: Sample) -> Record:
    return replace(first(sample, KeyRecord), public_key=b"\1" * 32)


FORGERIES: list[Callable[[Sample], Record]] = [
    second_seal,
    second_receipt,
    same_receipt_again,
    receipt_without_digest,
    receipt_without_package,
    receipt_of_a_file_too_large,
    receipt_in_no_accession,
    unknown_accession_closed,
    unknown_replica_audited,
    unknown_incident_closed,
    unknown_incident_with_damage,
    unknown_file_in_an_item,
    unknown_file_stored_once,
    removal_without_tombstone,
    second_key_of_a_name,
]


def remarked(sample: Sample) -> list[dict[str, Any]]:
    ran = sample.run("status", "--json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.json["remarks"]
    return found


def digest_by(sample: Sample, folder: Path, *, at_once: int) -> str:
    """The digest of the log folded into a new catalogue, so many records at once."""
    fresh = create(folder / f"by-{at_once}.sqlite")
    numbered = list(CustodyLog.open(sample.home / "custody").records())
    with fresh.transaction():
        for start in range(0, len(numbered), at_once):
            apply(fresh, numbered[start : start + at_once])
    digest = catalogue_digest(fresh)
    fresh.close()
    return digest


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_it_takes_no_effect_is_remarked_and_every_way_of_folding_agrees(
    sample: Sample, tmp_path: Path, forgery: Callable[[Sample], Record]
) -> None:
    record, holdings = forgery(sample), sample.run("list", "--json").json
    n = forge(sample, record)
    (remark,) = remarked(sample)
    assert (remark["record"], remark["code"], remark["kind"], remark["v"]) == (n, CODE, record.kind, record.v)
    assert sample.run("list", "--json").json == holdings
    with reading(sample.home) as opened:
        digest = catalogue_digest(opened.holdings.catalogue)
    assert {digest_by(sample, tmp_path, at_once=size) for size in (1, 7, 10_000)} == {digest}


def test_what_it_quotes_is_nothing_private(sample: Sample) -> None:
    receipt = first(sample, ReceiptRecord)
    forge(sample, second_receipt(sample), second_seal(sample), unknown_file_in_an_item(sample))
    remarks = remarked(sample)
    assert len(remarks) == 3
    for remark in remarks:
        for private in (receipt.file, receipt.name.decode(), receipt.accession, receipt.sha256, "viasna"):
            assert str(private) not in remark["why"]


def test_a_final_receipt_stays_final(sample: Sample) -> None:
    before = first(sample, ReceiptRecord)
    forge(sample, second_receipt(sample))
    shown = sample.run("show", before.file, "--json").json
    assert (shown["outcome"], shown["aip"]) == ("accepted", before.package)
    accession = sample.run("show", before.accession, "--json").json
    assert (accession["accepted"], accession["rejected"]) == (7, 0)


def test_every_command_goes_on_and_rebuild_gives_the_same(sample: Sample, tmp_path: Path) -> None:
    n = forge(sample, second_seal(sample), second_receipt(sample))
    wrong = {(f"record {n}", CODE), (f"record {n + 1}", CODE)}
    verified = sample.run("custody", "verify", "--json")
    assert verified.code == 20, verified.err
    findings = [finding for check in verified.json["checks"] for finding in check["findings"]]
    assert {(one["subject"], one["code"]) for one in findings if one["severity"] == "error"} == wrong
    code, report = sample.audit()
    assert code == 20
    assert {(one["subject"], one["code"]) for one in report["findings"] if one["severity"] == "error"} == wrong
    assert report["ok"] == report["files"] > 0
    assert sample.run("ingest", write_delivery(tmp_path / "more", files=2), "--producer", "viasna").code == 0
    assert sample.run("approvals", "check").code == 0
    assert [remark["record"] for remark in remarked(sample)] == [n, n + 1]
    rebuilt = archive("--archive", tmp_path / "new", "catalogue", "rebuild", "--from", sample.location("second"))
    assert rebuilt.code == 0, rebuilt.err
    digests = [archive("--archive", home, "catalogue", "digest").out for home in (sample.home, tmp_path / "new")]
    assert digests[0] == digests[1] != ""


def test_status_tells_it_in_a_line(sample: Sample) -> None:
    n = forge(sample, second_seal(sample))
    assert f"record {n} ({CODE})" in sample.run("status").out


def test_nothing_is_appended_that_would_take_no_effect(sample: Sample) -> None:
    wrong = second_seal(sample)
    right = replace(first(sample, ReceiptRecord), file=new_identifier())
    with changing(sample.home, doing="recording") as opened:
        size = opened.holdings.log.size
        with pytest.raises(ArchiveError, match="said before"):
            opened.holdings.record([right, wrong])
        assert opened.holdings.log.size == opened.holdings.catalogue.applied() == size
        assert opened.holdings.catalogue.file(right.file) is None
        assert opened.holdings.catalogue.remarks() == []
        opened.holdings.record([right])
        assert opened.holdings.log.size == opened.holdings.catalogue.applied() == size + 1


def test_a_volume_is_refused_while_a_remark_stands(sample: Sample, tmp_path: Path) -> None:
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    assert sample.run("handover", "freeze").code == 0
    forge(sample, second_receipt(sample))
    records = len(sample.records())
    refused = sample.run("handover", "volume", 1, tmp_path / "volume")
    assert refused.code == 20, refused.err
    assert len(sample.records()) == records
    assert not (tmp_path / "volume").exists()


def reading_without(monkeypatch: pytest.MonkeyPatch, number: int, code: str) -> None:
    """Let the log's reader not understand one record."""
    reading = CustodyLog._read

    def read(self: CustodyLog, *rest: Any) -> Any:
        for n, record in reading(self, *rest):
            yield n, (Unread("colour", 7, code, "this program knows no such kind") if n == number else record)

    monkeypatch.setattr(CustodyLog, "_read", read)
    monkeypatch.setattr(Announced, "judged", lambda self, item: item)


@pytest.mark.parametrize("code,told,refused", [("record-newer", 3, 1), ("record-unannounced", 20, 20)])
def test_a_record_that_cannot_be_read_is_told_by_what_is_wrong_with_it(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, told: int, refused: int
) -> None:
    assert sample.run("handover", "plan", "--recipient", "OHCHR").code == 0
    assert sample.run("handover", "freeze").code == 0
    n = forge(sample, first(sample, KeyRecord))
    reading_without(monkeypatch, n, code)
    (remark,) = remarked(sample)
    assert remark == {"record": n, "code": code, "kind": "colour", "v": 7, "why": "this program knows no such kind"}
    assert sample.run("custody", "verify").code == told
    assert sample.audit()[0] == told
    assert sample.run("handover", "volume", 1, tmp_path / "volume").code == refused


def test_a_program_that_reads_more_takes_the_log_in_anew(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sample.run("catalogue", "digest").out
    sealed = next(n for n, record in enumerate(sample.records()) if isinstance(record, SealRecord))
    with monkeypatch.context() as older:
        reading_without(older, sealed, "record-newer")
        with changing(sample.home, doing="being an older program") as opened:
            with opened.holdings.catalogue.transaction():
                opened.holdings.catalogue.empty()
            opened.holdings.catch_up()
        assert remarked(sample)[0]["record"] == sealed
        assert len(remarked(sample)) > 1  # what was said of that package later has nothing to stand on
        assert sample.run("catalogue", "digest").out != whole
    assert remarked(sample) == []
    assert sample.run("catalogue", "digest").out == whole
