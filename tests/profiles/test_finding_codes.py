"""The registry of finding codes keeps what 0.1 sealed and printed, and names everything that is raised."""

from __future__ import annotations

import pytest

from archive.ingest.noticed import MEANINGS
from archive.model.fixity import FixityOutcome
from premis.faults import Code
from profiles import csip, eark_aip
from profiles.finding import Finding, Severity
from profiles.finding_codes import (
    FindingCode,
    code_named,
    is_about_received_file,
    known_code,
    may_reach_producer,
    needs_person,
)

CODES_OF_0_1 = """
accession-open:W accession-receipts:E act-not-allowed:E algorithm-unknown:EW algorithms-weak:I altered:E
backslash-separator:E bag-differs:EW bag-file-extra:EW bag-file-missing:EW bag-missing:EW bag-no-folder:EW
bag-not-removed:E bag-removal-due:W bag-unreadable:EW bag-unrecorded:EW case-twins:W catalogue-applied:E
catalogue-differs:E catalogue-disagrees:E catalogue-extra:E catalogue-missing:E catalogue-unreadable:E cell-error:W
changed-while-received:W checkpoint-bad:E checkpoint-behind:I checkpoint-fork:E checkpoint-none:W
checkpoint-not-copied:W checkpoint-not-made:EW checkpoint-retired-key:E checkpoint-stranger:E checkpoint-time:W
checksum-algorithm-unknown:W checksum-contradiction:W checksum-file-unreadable:W checksum-line-malformed:W
checksum-line-twice:I checksum-missing:E checksum-of-itself:I checksum-path-outside:W checksum-unsupported:E
checksum-wrong:E clock-behind:W column-missing:W column-not-given:I column-twice:W contradicting-rows:W
copy-behind:W copy-broken:E copy-differs:E copy-not-read:W custody-copy-differs:E custody-copy-failed:W
custody-head:E custody-missing:E custody-record:E custody-root:E custody-stranger:W custody-tree:EW
custody-unreadable:E date-as-number:W date-impossible:W datetime-unreal:E declaration-byte-order-mark:E
declaration-encoding:E declaration-encoding-missing:E declaration-encoding-not-utf-8:W
declaration-encoding-unknown:E declaration-label-case:EW declaration-lines:EW declaration-missing:E
declaration-version-malformed:E declaration-version-missing:E declaration-version-unsupported:E
declaration-whitespace:EW delivered-not-listed:W device:W digest-malformed:EW digest-mismatch:E digits-lost:W
duplicate-row:W empty-folder:I encoding-doubtful:W encoding-guessed:W extra:E fetch-file-not-listed:E
fetch-line-malformed:E fetch-path-outside-payload:E fetch-size-differs:W fetch-url-malformed:E fifo:W file-missing:E
file-not-regular:E file-without-group:W file-without-receipt:E file-without-row:W folder-empty:I format-review:I
formula-without-result:W frozen:E gone-before-received:E hidden-sheets:I href-missing:E href-outside:E
href-symlink:E href-unreadable:E id-duplicate:E id-unresolved:E id-wrong-target:E identifier-duplicate:E
identifier-empty:E incident-open:W info-blank-line:W info-line-malformed:E info-whitespace:EW item-came-apart:W
item-of-several-groups:W key-elsewhere:I key-exchanged:E key-stranger:W key-unknown:E key-unusable:W keys-differ:EW
link:W link-in-bag:E link-unresolved:EW listed-not-delivered:E listed-twice:EW listed-twice-differently:E
listing-incomplete:E location-misplaced:W location-offline:I location-stranger:W location-unfinished:W
location-unreadable:E log-cut:E log-gap:E log-not-replayed:E log-rewritten:E manifest-blank-line:EW
manifest-line-malformed:E manifest-lists-folder:E manifest-md5sum-asterisk:W manifest-md5sum-escape:W
manifest-name-not-normalised:W manifest-path-outside-payload:E medium-writable:I merged-cells:W missing:E
name-normalised-differently:W name-not-utf-8:W named-otherwise:W no-checksums:W no-good-replica:E no-schemas:I
normalisation-twins:W not-a-bag:W not-checked:E not-e-ark:I not-mets:E not-premis:E not-received-to-its-end:E
not-reidentified:E not-repaired:E not-rescanned:E not-text:W not-xml:E note:W odd-quotes:I offline:E
oxum-malformed:E oxum-mismatch:E oxum-repeated:EW package-unlisted:W papers-name-it:W path-relative:W path-unsafe:E
payload-digest-mismatch:E payload-directory-missing:E payload-file-missing:E payload-file-not-fetched:E
payload-file-not-in-every-manifest:E payload-file-not-listed:E payload-manifest-missing:E percent-decoded:I
percent-not-encoded:W policy-lowered:W profile-bagit-version:E profile-fetch-forbidden:E profile-fetch-missing:E
profile-file-forbidden:E profile-file-missing:E profile-manifest-forbidden:E profile-manifest-missing:E
profile-not-empty:E profile-not-named:E profile-serialization:E profile-tag-missing:E profile-tag-recommended:I
profile-tag-repeated:E profile-tag-value:E quarantine-decided:I quarantine-key-made:W quarantine-undecided:W
quarantined:W ragged-row:W receipt-without-file:E reference-without-file:E removal-due:W repair-limit:E
replica-not-stored:W rights-unclear:W risk-contradiction:I risk-table:E row-by-guess:W row-malformed:E
row-without-file:W row-without-path:W scanner-gone:E schema:E seal-not-intact:W second-opinion-digest-mismatch:E
second-opinion-failed:E second-opinion-file-missing:E second-opinion-file-not-listed:E second-opinion-invalid:E
second-opinion-not-possible:E signature-invalid:E signatures-copy-failed:W signer-forgetful:W since-another-log:E
since-signature:EW since-unsigned:I size-missing:E size-wrong:E socket:W special-file-in-bag:E system-file:W
tag-digest-mismatch:E tag-file-byte-order-mark:EW tag-file-encoding:E tag-file-missing:E tag-file-not-listed:I
tag-file-too-large:E tag-manifest-incomplete:E tag-manifest-lists-payload:E tag-manifest-lists-tag-manifest:E
tag-manifest-missing:I tampering:E term-unknown:E timestamp-altered:E timestamp-authority:W
timestamp-before-checkpoint:W timestamp-checkpoint:EW timestamp-clock:W timestamp-copy-differs:E timestamp-damaged:E
timestamp-due:WI timestamp-invalid:E timestamp-missing:E timestamp-no-answer:W timestamp-refused:E
timestamp-remark:I timestamp-revocation:EW timestamp-revoked:EW timestamp-unrecorded:EW timestamps-unchecked:E
tool-error:E unreadable:E unreadable-entry:E unreadable-folder:E zeros-shown-only:W
"""
"""Every code of 0.1 with the severities it may have (E, W, I). Never shortened and never changed: new codes are new."""

_LETTERS = {"E": Severity.ERROR, "W": Severity.WARNING, "I": Severity.INFO}


@pytest.mark.parametrize("line", CODES_OF_0_1.split())
def test_a_code_of_0_1_keeps_its_spelling_and_its_severities(line: str) -> None:
    spelling, letters = line.split(":")
    assert code_named(spelling).severities == tuple(_LETTERS[letter] for letter in letters)


def test_each_code_says_what_it_means_and_is_spelled_once() -> None:
    spellings = [str(code) for code in FindingCode]
    assert len(set(spellings)) == len(FindingCode.__members__) == len(spellings)  # an alias would be one spelling twice
    for code in FindingCode:
        assert code.name == code.upper().replace("-", "_")
        assert code.meaning.endswith(".") and code.severities and len(set(code.severities)) == len(code.severities)
        assert code.severities == tuple(weight for weight in Severity if weight in code.severities), "gravest first"


def test_faults_of_documents_and_outcomes_of_audits_are_codes() -> None:
    assert {str(code) for code in Code} <= {str(code) for code in FindingCode}
    assert {str(one) for one in FixityOutcome if one is not FixityOutcome.OK} <= {str(code) for code in FindingCode}


def test_no_code_is_the_identifier_of_a_requirement() -> None:
    for requirement in (*csip.REQUIREMENTS, *eark_aip.REQUIREMENTS):
        assert known_code(requirement.identifier) is None


def test_what_a_survey_notices_is_no_other_thing_under_the_spelling_of_a_code() -> None:
    shared = {str(what) for what in MEANINGS} & {str(code) for code in FindingCode}
    assert shared == {
        *("unreadable-entry", "unreadable-folder", "empty-folder", "device", "fifo", "socket"),
        *("name-not-utf-8", "case-twins", "normalisation-twins", "system-file"),
    }


def test_an_error_and_what_its_code_says_wait_for_a_person() -> None:
    waiting = {
        *("file-without-row", "row-without-file", "contradicting-rows", "rights-unclear", "file-without-group"),
        *("item-of-several-groups", "quarantined", "quarantine-key-made", "changed-while-received"),
        *("replica-not-stored", "custody-copy-failed", "seal-not-intact"),
        *("home-superseded", "home-contested"),
    }
    for code in FindingCode:
        assert needs_person(Finding(code, Severity.WARNING, "", "")) == (code in waiting)
        assert needs_person(Finding(code, Severity.ERROR, "", ""))
    assert not needs_person(Finding("of-a-newer-program", Severity.INFO, "", ""))


def test_what_is_the_archives_own_affair_reaches_no_producer() -> None:
    for code in ("quarantine-key-made", "replica-not-stored", "custody-copy-failed", "tampering", "key-exchanged"):
        assert not may_reach_producer(Finding(code, Severity.WARNING, "", ""))
    for code in ("quarantined", "digest-mismatch", "listed-twice", "of-a-newer-program"):
        assert may_reach_producer(Finding(code, Severity.WARNING, "", ""))


def test_only_findings_about_received_bytes_are_carried_over() -> None:
    lasting = {code for code in FindingCode if is_about_received_file(Finding(code, Severity.INFO, "", ""))}
    assert lasting == {
        *("digest-mismatch", "changed-while-received", "format-review"),
        *("signature-invalid", "quarantined", "item-came-apart"),
    }


def test_an_unknown_code_is_told_apart() -> None:
    assert known_code("of-a-newer-program") is None
    with pytest.raises(ValueError, match="of-a-newer-program"):
        code_named("of-a-newer-program")
