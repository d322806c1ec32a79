"""What every file is, folded from the log: the machines' last word, and a person's beside it and before it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive.catalogue.catalogue import Catalogue
from archive.catalogue.opening import create
from archive.catalogue.rows import FormatHolding
from archive.holdings.apply import apply
from archive.holdings.rebuild import catalogue_digest
from archive.model.formats import DECIDED, Basis, FileFormat, Kind, ToldBy, Tool
from archive.model.identifiers import AccessionId, FileId, PackageId
from archive.model.packages import Outcome, PackageKind
from archive.model.records import (
    AccessionRecord,
    FormatDecisionRecord,
    IdentificationRecord,
    Octets,
    ProducerRecord,
    ReceiptRecord,
    Record,
    SealRecord,
)

COMMON: dict[str, Any] = {"time": datetime(2026, 4, 1, tzinfo=UTC), "actor": "a-1", "machine": "m", "version": "0"}
ACCESSION = AccessionId("11111111-1111-4111-8111-111111111111")
PACKAGE = PackageId("22222222-2222-4222-8222-222222222222")
FILES = [FileId(f"{n:08x}-3333-4333-8333-333333333333") for n in range(6)]
OUTCOMES = (*[Outcome.ACCEPTED] * 3, Outcome.DUPLICATE, Outcome.QUARANTINED, Outcome.PENDING)
TOOLS = (Tool("fido", "1", "v109"),)
PNG = FileFormat(FILES[0], "fmt/11", Kind.AGREED, Basis.SIGNATURE)
TOLD = (
    PNG,
    FileFormat(FILES[1], None, Kind.SEVERAL, Basis.SIGNATURE),
    FileFormat(FILES[2], None, Kind.UNKNOWN, None),
    FileFormat(FILES[3], "fmt/11", Kind.AGREED, Basis.SIGNATURE),
    FileFormat(FILES[4], "fmt/11", Kind.AGREED, Basis.SIGNATURE),
)


def receipt(number: int) -> ReceiptRecord:
    return ReceiptRecord(
        **COMMON,
        accession=ACCESSION,
        file=FILES[number],
        name=b"%d" % number,
        size=Octets(10**number),
        sha256="a" * 64,
        blake3="b" * 64,
        mtime=Octets(0),
        outcome=OUTCOMES[number],
        package=None if OUTCOMES[number] is Outcome.PENDING else PACKAGE,
    )


def identified(*files: FileFormat, tools: tuple[Tool, ...] = TOOLS, **more: Any) -> IdentificationRecord:
    names = {"formats": {"fmt/11": "Portable Network Graphics 1.0"}, "said": {}}
    return IdentificationRecord(**COMMON, package=PACKAGE, tools=tools, files=files, **(names | more))


def decided(number: int, puid: str | None, *, name: str | None = None, reason: str = "seen it") -> FormatDecisionRecord:
    return FormatDecisionRecord(**{**COMMON, "reason": reason}, file=FILES[number], puid=puid, name=name)


class Fold:
    """A catalogue that takes in records one after the other."""

    def __init__(self, path: Path) -> None:
        self.catalogue: Catalogue = create(path)
        self.size = 0
        self.take(
            ProducerRecord(**COMMON, code="p", name="p"),
            AccessionRecord(
                **COMMON,
                accession=ACCESSION,
                producer="p",
                source=b"/x",
                listing_sha256="c" * 64,
                metadata_name=None,
                metadata_sha256=None,
            ),
            SealRecord(
                **COMMON,
                package=PACKAGE,
                accession=ACCESSION,
                package_kind=PackageKind.AIP,
                files=5,
                bytes=Octets(9),
                tag_files=6,
                tagmanifest_sha256="d" * 64,
                manifest_sha256="e" * 64,
            ),
            *(receipt(number) for number in range(6)),
        )

    def take(self, *records: Record) -> int:
        """The number of the last one."""
        with self.catalogue.transaction():
            apply(self.catalogue, list(enumerate(records, start=self.size)))
        self.size += len(records)
        return self.size - 1


@pytest.fixture
def fold(tmp_path: Path) -> Fold:
    return Fold(tmp_path / "catalogue.sqlite")


def test_holdings_are_counted_by_what_is_said_of_them_and_only_what_is_held(fold: Fold) -> None:
    fold.take(identified(*TOLD))
    assert fold.catalogue.format_holdings() == [
        FormatHolding("fmt/11", "Portable Network Graphics 1.0", "agreed", "signature", 2, 1 + 10**3),
        FormatHolding(None, None, "several", "signature", 1, 10),
        FormatHolding(None, None, "unknown", None, 1, 100),
    ]


def test_a_file_nobody_ever_identified_counts_as_not_examined(fold: Fold) -> None:
    fold.take(identified(PNG))
    held = fold.catalogue.format_holdings()
    assert [(one.puid, one.verdict, one.files) for one in held] == [
        (None, "not-examined", 3),
        ("fmt/11", "agreed", 1),
    ]


def test_a_decision_goes_before_the_machines_and_they_stay(fold: Fold) -> None:
    fold.take(identified(*TOLD, said={FILES[1]: "fido: fmt/1, fmt/2"}))
    fold.take(decided(1, "fmt/141", name="Waveform Audio"))
    machines, person = fold.catalogue.formats_of(FILES[1])
    assert (machines.told_by, machines.verdict, machines.reason) == (ToldBy.MACHINES, "several", "fido: fmt/1, fmt/2")
    assert (person.told_by, person.puid, person.verdict, person.reason) == (
        ToldBy.PERSON,
        "fmt/141",
        DECIDED,
        "seen it",
    )
    assert FormatHolding("fmt/141", "Waveform Audio", DECIDED, None, 1, 10) in fold.catalogue.format_holdings()
    assert not any(one.verdict == "several" for one in fold.catalogue.format_holdings())


def test_a_later_identification_moves_the_machines_row_and_never_the_decision(fold: Fold) -> None:
    fold.take(identified(*TOLD))
    fold.take(decided(1, None, reason="noise"))
    person = fold.catalogue.formats_of(FILES[1])[1]
    newer = (Tool("fido", "1", "v110"),)
    now = FileFormat(FILES[1], "fmt/11", Kind.AGREED, Basis.SIGNATURE)
    n = fold.take(identified(PNG, now, *TOLD[2:], tools=newer))
    machines, same = fold.catalogue.formats_of(FILES[1])
    assert same == person
    assert (machines.puid, machines.verdict, machines.since, machines.former_verdict) == (
        "fmt/11",
        "agreed",
        n,
        "several",
    )
    identification = fold.catalogue.identification(PACKAGE)
    assert identification is not None
    assert identification.tools == '[{"signatures":"v110","tool":"fido","version":"1"}]'


def test_the_same_answer_again_stands_since_it_was_first_given(fold: Fold) -> None:
    first = fold.take(identified(*TOLD))
    fold.take(identified(*TOLD))
    changed = FileFormat(FILES[0], "fmt/12", Kind.AGREED, Basis.SIGNATURE)
    second = fold.take(identified(changed, *TOLD[1:], formats={"fmt/11": "old", "fmt/12": "new"}))
    last = fold.take(identified(FileFormat(FILES[0], "fmt/12", Kind.AGREED, Basis.CONTAINER), *TOLD[1:]))
    rows = {row.file: row for row in fold.catalogue.file_formats(PACKAGE)}
    assert (rows[FILES[0]].since, rows[FILES[0]].former_puid, rows[FILES[0]].basis) == (second, "fmt/11", "container")
    assert (rows[FILES[1]].since, rows[FILES[1]].former_verdict) == (first, None)
    assert {row.leaf for row in rows.values()} == {last}


def test_a_second_decision_takes_the_place_of_the_first(fold: Fold) -> None:
    fold.take(identified(*TOLD))
    fold.take(decided(2, "fmt/1"), decided(2, "fmt/2"))
    _, person = fold.catalogue.formats_of(FILES[2])
    assert (person.puid, person.former_puid) == ("fmt/2", "fmt/1")


def test_a_decision_about_a_file_that_is_not_held_takes_no_effect_and_is_remarked(fold: Fold) -> None:
    fold.take(decided(5, "fmt/1"))
    (remark,) = fold.catalogue.remarks()
    assert (remark.code, remark.kind) == ("record-contradicts", "format-decision")
    assert fold.catalogue.format_decisions() == []


def test_one_batch_or_many_end_with_the_same_digest(tmp_path: Path) -> None:
    records = (
        identified(*TOLD),
        decided(1, "fmt/1"),
        identified(FileFormat(FILES[0], "fmt/12", Kind.AGREED, None), *TOLD[1:]),
        decided(1, None),
        identified(*TOLD),
    )
    at_once, one_by_one = Fold(tmp_path / "1.sqlite"), Fold(tmp_path / "2.sqlite")
    at_once.take(*records)
    for record in records:
        one_by_one.take(record)
    assert catalogue_digest(at_once.catalogue) == catalogue_digest(one_by_one.catalogue)
