"""The full check of stored time-stamps, and which of them want a successor."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from local_authority import Identity, LocalAuthority, certify, now
from stamping_support import PLACE, SIZE, TEXT, World, configured, request, send_all, stored

from archive.custody.chains import read_trust
from archive.custody.judgement import Verdict
from archive.custody.stamp_examination import Examined, Known, due_findings, examine_stamps
from archive.custody.stamps import Place
from profiles.finding import Severity


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / "local")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, local: LocalAuthority) -> tuple[Path, list[Known]]:
    custody = tmp_path_factory.mktemp("sample")
    return custody, stored(custody, local, PLACE)


@pytest.fixture
def custody(tmp_path: Path, sample: tuple[Path, list[Known]]) -> Path:
    return Path(shutil.copytree(sample[0], tmp_path / "custody"))


@pytest.fixture
def known(sample: tuple[Path, list[Known]]) -> list[Known]:
    return sample[1]


def examine(
    custody: Path,
    known: list[Known],
    local: LocalAuthority | None,
    *,
    text: bytes | None = TEXT,
    at: datetime | None = None,
) -> Examined:
    trust = {"local": read_trust(local.ca.read_bytes())} if local else {}
    (one,) = examine_stamps(
        custody, known=known, trust=trust, checkpoint=lambda size: text if size == SIZE else None, now=at or now()
    )
    return one


def codes(examined: Examined) -> set[str]:
    return {finding.code for finding in examined.findings}


def test_a_whole_time_stamp_has_nothing_wrong_with_it(custody: Path, known: list[Known], local: LocalAuthority) -> None:
    examined = examine(custody, known, local)
    assert examined.findings == ()
    assert examined.judgement is not None and examined.judgement.verdict is Verdict.VALID
    later = examine(custody, known, local, at=now() + timedelta(days=40 * 365))
    assert later.findings == ()
    assert later.judgement is not None and later.judgement.verdict is Verdict.VALID_AT_ITS_TIME


@pytest.mark.parametrize("name", ["checkpoint.txt", "request.tsq", "response.tsr", "chain.pem", "signer.pem"])
def test_every_flipped_bit_in_every_file_is_said(
    custody: Path, known: list[Known], local: LocalAuthority, name: str
) -> None:
    path = custody / PLACE.key / name
    content = path.read_bytes()
    for bit in range(0, len(content) * 8, max(1, len(content) * 8 // 97)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        examined = examine(custody, known, local)
        assert any(finding.severity is Severity.ERROR for finding in examined.findings), f"{name}, bit {bit}"
        assert "timestamp-altered" in codes(examined)


def test_a_response_whose_digests_were_made_to_fit_disagrees_with_the_log(
    custody: Path, known: list[Known], local: LocalAuthority, tmp_path: Path
) -> None:
    """An insider replaces the token by another right one, with its papers: the log remembers the first."""
    other = stored(tmp_path / "other", local, PLACE) if (tmp_path / "other").mkdir() is None else []
    shutil.rmtree(custody / PLACE.key)
    shutil.copytree(tmp_path / "other" / PLACE.key, custody / PLACE.key)
    assert examine(custody, other, local).findings == ()
    examined = examine(custody, known, local)
    assert codes(examined) == {"timestamp-altered"}
    assert "not what the log recorded" in examined.findings[0].message


@pytest.mark.parametrize("name", ["checkpoint.txt", "request.tsq", "chain.pem", "signer.pem", "verify.sh.txt"])
def test_a_missing_file_is_said(custody: Path, known: list[Known], local: LocalAuthority, name: str) -> None:
    (custody / PLACE.key / name).unlink()
    examined = examine(custody, known, local)
    assert any(f"{name} is missing" in finding.message for finding in examined.findings)


def test_a_stranger_in_the_folder_is_said(custody: Path, known: list[Known], local: LocalAuthority) -> None:
    (custody / PLACE.key / "note.txt").write_text("hello")
    assert "timestamp-altered" in codes(examine(custody, known, local))


def test_a_time_stamp_that_the_log_knows_and_that_is_gone_is_said(
    custody: Path, known: list[Known], local: LocalAuthority
) -> None:
    shutil.rmtree(custody / PLACE.key)
    examined = examine(custody, known, local)
    assert codes(examined) == {"timestamp-missing"}
    assert examined.judgement is None


def test_a_time_stamp_that_the_log_does_not_know_is_said(custody: Path, local: LocalAuthority) -> None:
    examined = examine(custody, [], local)
    assert codes(examined) == {"timestamp-unrecorded"}


def test_a_time_stamp_over_another_checkpoint_of_that_size_is_two_histories(
    custody: Path, known: list[Known], local: LocalAuthority
) -> None:
    examined = examine(custody, known, local, text=TEXT.replace(b"AAAA", b"BBBB"))
    (finding,) = examined.findings
    assert (finding.code, finding.severity) == ("timestamp-checkpoint", Severity.ERROR)
    assert "two histories" in finding.message
    (finding,) = examine(custody, known, local, text=None).findings
    assert (finding.code, finding.severity) == ("timestamp-checkpoint", Severity.WARNING)


def test_an_authority_that_is_not_configured_is_believed_by_its_stored_root_and_said(
    custody: Path, known: list[Known]
) -> None:
    examined = examine(custody, known, None)
    (finding,) = examined.findings
    assert (finding.code, finding.severity) == ("timestamp-authority", Severity.WARNING)
    assert examined.judgement is not None and examined.judgement.good


def test_an_authority_made_up_by_an_insider_is_unknown(tmp_path: Path, custody: Path, local: LocalAuthority) -> None:
    shutil.rmtree(custody / PLACE.key)
    insider = LocalAuthority.make(tmp_path / "insider")
    known = stored(custody, insider, PLACE)
    examined = examine(custody, known, local)
    assert examined.judgement is not None and examined.judgement.verdict is Verdict.UNKNOWN_AUTHORITY
    assert codes(examined) == {"timestamp-invalid"}


# Revocation


def revoke(issuer: Identity, *certificates: x509.Certificate, since: datetime | None = None) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now() - timedelta(days=1))
        .next_update(now() + timedelta(days=30))
    )
    for certificate in certificates:
        revoked = (
            x509.RevokedCertificateBuilder()
            .serial_number(certificate.serial_number)
            .revocation_date(since or now() - timedelta(days=2))
            .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            .build()
        )
        builder = builder.add_revoked_certificate(revoked)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


POINT = "http://crl.example.org/intermediate.crl"


@pytest.fixture(scope="module")
def pointing(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / "local", points=[POINT, "ldap://x/y"])


def world_of(authority: LocalAuthority) -> World:
    world = World()
    world.answers["https://local.example.org/tsr"] = authority.answer
    return world


def test_a_list_that_the_certificate_points_to_is_stored_and_listed(tmp_path: Path, pointing: LocalAuthority) -> None:
    world = world_of(pointing)
    world.lists[POINT] = revoke(pointing.intermediate)
    request(tmp_path, configured(pointing))
    sent = send_all(tmp_path, world, configured(pointing))
    assert (len(sent.stored), sent.findings) == (1, ())
    (path,) = (tmp_path / PLACE.key / "revocation").iterdir()
    assert path.suffix == ".crl"
    assert path.read_bytes() == world.lists[POINT]
    assert f"revocation/{path.name}" in (tmp_path / PLACE.key / "verify.sh.txt").read_text()
    path.unlink()
    (examined,) = examine_stamps(tmp_path, known=[], trust={}, checkpoint=lambda _: TEXT, now=now())
    assert any("revocation/" in finding.message and "missing" in finding.message for finding in examined.findings)


def test_a_list_that_cannot_be_had_does_not_stop_the_token(tmp_path: Path, pointing: LocalAuthority) -> None:
    request(tmp_path, configured(pointing))
    sent = send_all(tmp_path, world_of(pointing), configured(pointing))
    assert len(sent.stored) == 1
    (finding,) = sent.findings
    assert (finding.code, finding.severity) == ("timestamp-revocation", Severity.INFO)
    assert not (tmp_path / PLACE.key / "revocation").exists()


@pytest.mark.parametrize("made", ["stranger's", "altered", "no list"])
def test_a_list_that_proves_nothing_is_not_stored(tmp_path: Path, pointing: LocalAuthority, made: str) -> None:
    world = world_of(pointing)
    right = bytearray(revoke(pointing.intermediate, pointing.stamper.certificate))
    right[-1] ^= 1
    stranger = LocalAuthority.make(tmp_path / "stranger" / "local").intermediate
    world.lists[POINT] = {"stranger's": revoke(stranger), "altered": bytes(right), "no list": b"<html>"}[made]
    request(tmp_path, configured(pointing))
    sent = send_all(tmp_path, world, configured(pointing))
    assert len(sent.stored) == 1
    (finding,) = sent.findings
    assert (finding.code, finding.severity) == ("timestamp-revocation", Severity.WARNING)
    assert "not stored" in finding.message
    assert not (tmp_path / PLACE.key / "revocation").exists()


def test_a_token_by_a_certificate_revoked_before_is_not_accepted(tmp_path: Path, pointing: LocalAuthority) -> None:
    world = world_of(pointing)
    world.lists[POINT] = revoke(pointing.intermediate, pointing.stamper.certificate)
    request(tmp_path, configured(pointing))
    sent = send_all(tmp_path, world, configured(pointing))
    assert sent.stored == ()
    (finding,) = sent.findings
    assert "revoked since" in finding.message and "keyCompromise" in finding.message
    assert list((tmp_path / "set-aside").glob("*.answer"))


def test_a_certificate_revoked_since_is_said(tmp_path: Path, local: LocalAuthority) -> None:
    """The list comes from a file in archive.toml; it speaks of the root's certificate for the intermediate."""
    later = revoke(local.root, local.intermediate.certificate, since=now() + timedelta(days=1))
    known = stored(tmp_path, local, PLACE, revocation=(("root.crl", later),))
    examined = examine(tmp_path, known, local)
    (finding,) = examined.findings
    assert (finding.code, finding.severity) == ("timestamp-revoked", Severity.WARNING)
    assert examined.judgement is not None and examined.judgement.good


def ocsp_answer(local: LocalAuthority, about: Identity, *, by: Identity | None = None, carried: bool = False) -> bytes:
    """An answer that all is well with ``about``, signed by the intermediate or ``by`` another, whose certificate it
    may carry."""
    signer = by or local.intermediate
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about.certificate,
        issuer=local.intermediate.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=now(),
        next_update=None,
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, signer.certificate)
    builder = builder.certificates([signer.certificate]) if carried else builder
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def kept_revocation(tmp_path: Path, local: LocalAuthority, data: bytes) -> tuple[list[str], list[str]]:
    """Endings of the revocation data stored beside a token, and what was said of it."""
    authority = configured(local, revocation=(("a.ocsp", data),))
    request(tmp_path, authority)
    sent = send_all(tmp_path, world_of(local), authority)
    assert len(sent.stored) == 1
    folder = tmp_path / PLACE.key / "revocation"
    return [path.suffix for path in folder.iterdir()] if folder.exists() else [], [one.message for one in sent.findings]


def test_an_ocsp_answer_of_the_issuer_is_stored(tmp_path: Path, local: LocalAuthority) -> None:
    assert kept_revocation(tmp_path, local, ocsp_answer(local, local.stamper)) == ([".ocsp"], [])


def test_an_ocsp_answer_of_the_issuers_responder_is_stored(tmp_path: Path, local: LocalAuthority) -> None:
    responder = certify("responder", local.intermediate, purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    data = ocsp_answer(local, local.stamper, by=responder, carried=True)
    assert kept_revocation(tmp_path, local, data) == ([".ocsp"], [])


@pytest.mark.parametrize("who", ["a stranger", "a stranger who carries a certificate", "one certified for another use"])
def test_an_ocsp_answer_that_somebody_else_signed_is_not_stored(
    tmp_path: Path, local: LocalAuthority, who: str
) -> None:
    stranger = certify("stranger", certify("nobody", ca=True), purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    signer = local.stamper if who == "one certified for another use" else stranger
    data = ocsp_answer(local, local.stamper, by=signer, carried=who != "a stranger")
    kept, (said,) = kept_revocation(tmp_path, local, data)
    assert kept == []
    assert "a.ocsp is not stored" in said and "neither the issuer of the certificate nor its responder signed" in said


def test_an_ocsp_answer_about_another_certificate_is_not_stored(tmp_path: Path, local: LocalAuthority) -> None:
    stranger = LocalAuthority.make(tmp_path / "x").stamper
    kept, (said,) = kept_revocation(tmp_path, local, ocsp_answer(local, stranger))
    assert kept == []
    assert "a.ocsp is not stored" in said


# Successors

TODAY = datetime(2026, 11, 22, tzinfo=UTC)
YEAR = timedelta(days=365)


def token(number: int, size: int, *, lasts: float, made: float = 0, authority: str = "a") -> Known:
    return Known(number, Place(size, authority), TODAY + made * YEAR, TODAY + lasts * YEAR, "")


@pytest.mark.parametrize(
    ("tokens", "due"),
    [
        ([], []),
        ([token(11, 10, lasts=2.1)], []),
        ([token(11, 10, lasts=2)], [10]),
        ([token(11, 10, lasts=1.9)], [10]),
        ([token(11, 10, lasts=-1, made=-5)], [10]),
        ([token(11, 10, lasts=1, made=-1), token(21, 20, lasts=9)], []),
        ([token(21, 20, lasts=1, made=-1), token(22, 10, lasts=9)], [20]),
        ([token(21, 20, lasts=1, made=-1), token(22, 21, lasts=9)], [20]),  # record 21 is the 22nd: not covered by 21
        ([token(21, 20, lasts=1, made=-1), token(22, 22, lasts=9)], []),
        ([token(11, 10, lasts=1, made=-3), token(21, 20, lasts=1, made=-1), token(31, 30, lasts=1)], [30]),
        ([token(11, 10, lasts=1), token(12, 10, lasts=9, authority="b")], []),
        ([token(11, 10, lasts=1), token(12, 10, lasts=1.5, authority="b")], [10, 10]),
    ],
)
def test_the_last_tokens_that_nothing_longer_covers_are_due(tokens: list[Known], due: list[int]) -> None:
    findings = due_findings(tokens, now=TODAY)
    assert [int(finding.subject.split("/")[1]) for finding in findings] == due
    assert all(finding.severity is Severity.WARNING for finding in findings)


def test_the_date_is_said(known: list[Known]) -> None:
    (finding,) = due_findings([token(11, 10, lasts=1)], now=TODAY)
    assert "expires on 2027-11-22" in finding.message
    assert "archive custody timestamp" in finding.message
    (finding,) = due_findings([token(11, 10, lasts=-1, made=-2)], now=TODAY)
    assert "expired on 2025-11-22" in finding.message


def test_what_was_covered_too_late_is_a_fact_and_no_task() -> None:
    (finding,) = due_findings([token(11, 10, lasts=-1, made=-3), token(21, 20, lasts=9)], now=TODAY)
    assert finding.severity is Severity.INFO
    assert "stands alone" in finding.message
