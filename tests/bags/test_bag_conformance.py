"""The Library of Congress conformance suite, case by case: what each bag is refused or warned for."""

from __future__ import annotations

from pathlib import Path

import pytest
from bag_support import FolderReader, errors, warnings

from archive.bags.validation import validate

ACCEPTED = {
    "v0.93/valid/basic-bag": None,
    "v0.93/valid/duplicate-metadata-entries": None,
    "v0.94/valid/basic-bag": None,
    "v0.94/valid/duplicate-metadata-entries": None,
    "v0.95/valid/basic-bag": None,
    "v0.95/valid/duplicate-metadata-entries": None,
    "v0.96/valid/bag-in-a-bag": None,
    "v0.96/valid/bag-with-encoded-names": None,
    "v0.96/valid/bag-with-escapable-characters": None,
    "v0.96/valid/bag-with-leading-dot-slash-in-manifest": "path-relative",
    "v0.96/valid/bag-with-space": None,
    "v0.96/valid/basic-bag": None,
    "v0.96/valid/duplicate-metadata-entries": None,
    "v0.96/valid/holey-bag": None,  # every hole is filled
    "v0.97/valid/ISO-8859-1-encoded-tag-files": None,
    "v0.97/valid/UTF-16-encoded-tag-files": None,
    "v0.97/valid/bag-in-a-bag": None,
    "v0.97/valid/bag-with-encoded-names": None,
    "v0.97/valid/bag-with-escapable-characters": None,
    "v0.97/valid/bag-with-leading-dot-slash-in-manifest": "path-relative",
    "v0.97/valid/bag-with-space": None,
    "v0.97/valid/basic-bag": None,
    "v0.97/valid/duplicate-metadata-entries": None,
    "v0.97/valid/holey-bag": None,
    "v0.97/valid/minimal-bag": None,
    "v0.97/valid/uncommon-metadata-separators": None,
    "v0.97/warning/made-with-md5sum-tools": "manifest-md5sum-asterisk",
    "v0.97/warning/relative-path": "path-relative",
    "v0.97/warning/same-filename-listed-twice-with-the-same-hash": "listed-twice",
    "v1.0/valid/basicBag": None,
}
"""Case -> the one code of its warnings, or None where there is nothing to warn of."""

REFUSED = {
    "v0.97/invalid/baginfo-missing-encoding": "declaration-encoding-missing",
    "v0.97/invalid/bom-in-bagit.txt": "declaration-byte-order-mark",
    "v0.97/invalid/corrupt-data-file": "payload-digest-mismatch",
    "v0.97/invalid/corrupt-tag-file": "tag-digest-mismatch",
    "v0.97/invalid/extra-file-in-bag": "payload-file-not-listed",
    "v0.97/invalid/invalid-version-number": "declaration-version-malformed",
    "v0.97/invalid/missing-baginfo": "tag-file-missing",  # bag-info.txt is optional, but its tag manifest lists it
    "v0.97/invalid/missing-bagit.txt": "declaration-missing",
    "v0.97/invalid/out-of-scope-file-paths-using-dot-notation": "path-unsafe",
    "v0.97/invalid/out-of-scope-file-paths-using-dot-notation-for-fetch": "path-unsafe",
    "v0.97/invalid/same-filename-listed-twice-with-different-hashes": "listed-twice-differently",
    "v0.97/linux-only/out-of-scope-file-paths-using-absolute-path": "path-unsafe",
    "v0.97/linux-only/out-of-scope-file-paths-using-absolute-path-for-fetch": "path-unsafe",
    "v0.97/linux-only/out-of-scope-file-paths-using-shortcut": "path-unsafe",
    "v0.97/linux-only/out-of-scope-file-paths-using-shortcut-for-fetch": "path-unsafe",
    "v0.97/linux-only/out-of-scope-file-paths-using-shortcut-username": "path-unsafe",
    "v0.97/linux-only/out-of-scope-file-paths-using-shortcut-username-for-fetch": "path-unsafe",
    "v0.97/windows-only/out-of-scope-file-paths-using-absolute-path": "path-unsafe",
    "v0.97/windows-only/out-of-scope-file-paths-using-absolute-path-for-fetch": "path-unsafe",
    "v0.97/windows-only/out-of-scope-file-paths-using-shortcut": "path-unsafe",
    "v0.97/windows-only/out-of-scope-file-paths-using-shortcut-for-fetch": "path-unsafe",
    "v0.97/windows-only/out-of-scope-file-paths-using-unc": "path-unsafe",
    "v0.97/windows-only/out-of-scope-file-paths-using-unc-for-fetch": "path-unsafe",
    "v1.0/invalid/bagit-with-invalid-whitespace": "declaration-whitespace",
    "v1.0/invalid/notAllManifestsListAllFiles": "payload-file-not-listed",  # its only manifest omits a file
    "v1.0/invalid/same-filename-listed-twice-with-different-hashes": "listed-twice-differently",
    "v1.0/invalid/same-filename-listed-twice-with-the-same-hash": "listed-twice",
}
"""Case -> a code that must be among its errors."""

EITHER = {
    "v0.97/warning/duplicate-file-with-different-case": "case-twins",
    "v0.97/warning/same-filename-listed-twice-with-different-normalization": "normalisation-twins",
    "v0.97/warning/special-system-files": "system-file",
}
"""Warned of, and refused on this disk: each lists two files of which the copy on a Linux disk holds one only."""


@pytest.fixture(scope="session")
def suite(shared: Path) -> Path:
    return shared / "corpora" / "bagit-conformance-suite"


def test_every_case_of_the_suite_has_an_expected_answer(suite: Path) -> None:
    on_disk = {path.relative_to(suite).as_posix() for path in suite.glob("v*/*/*/")}
    assert on_disk == {*ACCEPTED, *REFUSED, *EITHER}


@pytest.mark.parametrize(("case", "code"), ACCEPTED.items())
def test_a_good_bag_is_accepted_and_its_oddity_named(suite: Path, case: str, code: str | None) -> None:
    verdict = validate(FolderReader(suite / case))
    assert verdict.valid
    assert errors(verdict) == set()
    assert warnings(verdict) == ({code} if code else set())


@pytest.mark.parametrize(("case", "code"), REFUSED.items())
def test_a_bad_bag_is_refused_for_what_is_wrong_with_it(suite: Path, case: str, code: str) -> None:
    verdict = validate(FolderReader(suite / case))
    assert not verdict.valid
    assert code in errors(verdict)


@pytest.mark.parametrize(("case", "code"), EITHER.items())
def test_names_this_disk_cannot_hold_are_warned_of_and_the_missing_file_is_refused(
    suite: Path, case: str, code: str
) -> None:
    verdict = validate(FolderReader(suite / case))
    assert code in warnings(verdict)
    assert "payload-file-missing" in errors(verdict)
