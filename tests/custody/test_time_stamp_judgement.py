"""Answers of authorities are told apart, and openssl says the same of each."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from local_authority import STAMPING, YEAR, LocalAuthority, certify, now, openssl_says, pem

from archive.custody import der
from archive.custody.answers import read_request
from archive.custody.chains import Trust, read_trust
from archive.custody.judgement import Judgement, Verdict, judge, judge_token, make_request
from archive.model.signatures import SignatureOutcome

DATA = b"evidence-archive/3f0c7a0e-58d1-4f5a-9b53-6f6f3f4f1c11\n1234\nroot\n"
SHA256 = hashlib.sha256(DATA).digest()


@pytest.fixture(scope="module", params=["ec", "rsa"])
def authority(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / request.param, kind=request.param)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return LocalAuthority.make(tmp_path_factory.mktemp("authority") / "stranger")


@pytest.fixture
def asked() -> bytes:
    return make_request(DATA)


def judged(
    response: bytes,
    asked: bytes,
    authority: LocalAuthority,
    *,
    trust: Trust | None = None,
    later: timedelta | None = None,
) -> Judgement:
    return judge(
        response,
        sha256=SHA256,
        nonce=read_request(asked).nonce,
        trust=trust or read_trust(authority.ca.read_bytes()),
        now=now() + (later or timedelta()),
    )


def test_a_request_holds_the_digest_a_nonce_and_nothing_that_tells(asked: bytes) -> None:
    request = read_request(asked)
    assert request.imprint == SHA256
    assert request.algorithm.digest == "sha256"
    assert request.certificates
    assert request.nonce is not None
    assert request.nonce != read_request(make_request(DATA)).nonce
    assert len(asked) < 80


KINDS: dict[str, dict[str, object]] = {
    "plain": {},
    "with its root": {"with_root": True},
    "sha512": {"digest": "sha512"},
    "named, ordered, whole chain signed": {"named": True, "ordering": True, "whole": True},
    "old signing-certificate attribute": {"naming": "sha1"},
    "certificate named by sha512": {"naming": "sha512"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_answer_is_valid(tmp_path: Path, authority: LocalAuthority, asked: bytes, kind: str) -> None:
    begun = now()
    response = authority.answer(asked, **KINDS[kind])  # type: ignore[arg-type]
    judgement = judged(response, asked, authority)
    assert judgement.verdict is Verdict.VALID, judgement.reason
    assert judgement.good
    assert judgement.remarks == ()
    assert judgement.time is not None and begun <= judgement.time <= now()
    assert judgement.chain is not None
    assert judgement.chain.signer == authority.stamper.certificate
    assert judgement.chain.above == (authority.intermediate.certificate, authority.root.certificate)
    assert openssl_says(tmp_path / "o", response, roots=authority.ca.read_bytes(), request=asked)
    assert openssl_says(tmp_path / "o", response, roots=authority.ca.read_bytes(), data=DATA)


@pytest.mark.parametrize("fraction", ["", ".5", ".123456", ".123456789"])
def test_what_openssl_cms_signs_is_valid_too(
    tmp_path: Path, authority: LocalAuthority, asked: bytes, fraction: str
) -> None:
    time = now() - timedelta(hours=3)
    response = authority.craft(asked, time=time, fraction=fraction)
    judgement = judged(response, asked, authority)
    assert judgement.verdict is Verdict.VALID, judgement.reason
    assert judgement.time == time + timedelta(microseconds=int((fraction[1:] + "000000")[:6]))
    assert openssl_says(tmp_path / "o", response, roots=authority.ca.read_bytes(), request=asked, at=time)


def test_a_bare_token_is_judged_as_its_response_is(tmp_path: Path, authority: LocalAuthority, asked: bytes) -> None:
    response = authority.answer(asked)
    head = 4 + 5  # the response's own head, and the status in it
    token = response[head:]
    judgement = judged(token, asked, authority)
    assert judgement.verdict is Verdict.VALID
    assert openssl_says(tmp_path / "o", token, roots=authority.ca.read_bytes(), data=DATA, bare=True)


def test_a_certificate_that_expired_since_takes_nothing_away(
    tmp_path: Path, authority: LocalAuthority, asked: bytes
) -> None:
    response = authority.answer(asked)
    roots = authority.ca.read_bytes()
    judgement = judged(response, asked, authority, later=11 * YEAR)
    assert judgement.verdict is Verdict.VALID_AT_ITS_TIME
    assert judgement.good
    assert "has expired since" in judgement.reason
    assert judgement.time is not None
    assert openssl_says(tmp_path / "o", response, roots=roots, data=DATA, at=judgement.time)
    assert not openssl_says(tmp_path / "o", response, roots=roots, data=DATA, at=now() + 11 * YEAR)


Craft = Callable[[LocalAuthority, bytes], bytes]

REFUSED: dict[str, tuple[Craft, Verdict, str]] = {
    "another digest": (lambda a, q: a.answer(make_request(b"other")), Verdict.WRONG_IMPRINT, "about something else"),
    "an old answer": (lambda a, q: a.answer(make_request(DATA)), Verdict.WRONG_NONCE, "nonce"),
    "before its certificate": (lambda a, q: a.craft(q, time=now() - YEAR), Verdict.NOT_YET_VALID, "valid from"),
    "after its certificate": (
        lambda a, q: a.craft(q, time=now() + 11 * YEAR),
        Verdict.EXPIRED_AT_ITS_TIME,
        "valid from",
    ),
    "expired when it stamped": (
        lambda a, q: a.craft(
            q, stamper=certify("old", a.intermediate, purposes=STAMPING, begins=now() - 2 * YEAR, ends=now() - YEAR)
        ),
        Verdict.EXPIRED_AT_ITS_TIME,
        "CN=old",
    ),
    "not yet valid when it stamped": (
        lambda a, q: a.craft(q, stamper=certify("new", a.intermediate, purposes=STAMPING, begins=now() + YEAR)),
        Verdict.NOT_YET_VALID,
        "CN=new",
    ),
    "no extended usage": (
        lambda a, q: a.craft(q, stamper=certify("mail", a.intermediate)),
        Verdict.NOT_FOR_TIMESTAMPS,
        "CN=mail",
    ),
    "usage that is not critical": (
        lambda a, q: a.craft(q, stamper=certify("lax", a.intermediate, purposes=STAMPING, critical=False)),
        Verdict.NOT_FOR_TIMESTAMPS,
        "CN=lax",
    ),
    "usage for more": (
        lambda a, q: a.craft(
            q, stamper=certify("all", a.intermediate, purposes=(*STAMPING, ExtendedKeyUsageOID.CODE_SIGNING))
        ),
        Verdict.NOT_FOR_TIMESTAMPS,
        "CN=all",
    ),
    "a key that may not sign": (
        lambda a, q: a.craft(q, stamper=certify("enc", a.intermediate, purposes=STAMPING, signs=False)),
        Verdict.NOT_FOR_TIMESTAMPS,
        "CN=enc",
    ),
    "an issuer that is no authority": (
        lambda a, q: a.craft(q, stamper=certify("x", certify("no ca", a.root), purposes=STAMPING)),
        Verdict.UNKNOWN_AUTHORITY,
        "CN=x",
    ),
    "deeper than its issuer may go": (
        lambda a, q: a.craft(q, stamper=certify("x", certify("deep", a.intermediate, ca=True), purposes=STAMPING)),
        Verdict.UNKNOWN_AUTHORITY,
        "CN=x",
    ),
    "without the intermediate": (
        lambda a, q: a.craft(q, certificates=()),
        Verdict.UNKNOWN_AUTHORITY,
        "no trusted root",
    ),
    "without the signer's certificate": (
        lambda a, q: a.craft(q, options=("-cades", "-nocerts"), certificates=()),
        Verdict.UNSUPPORTED,
        "does not carry",
    ),
    "without a name of its certificate": (lambda a, q: a.craft(q, options=()), Verdict.MALFORMED, "does not name"),
    "nothing": (lambda a, q: b"", Verdict.MALFORMED, "ends within"),
    "a web page": (lambda a, q: b"<!DOCTYPE html><p>Log in to the hotel's network</p>", Verdict.MALFORMED, "DER"),
    "its own request": (lambda a, q: q, Verdict.MALFORMED, "DER"),
    "cut short": (lambda a, q: a.answer(q)[:-1], Verdict.MALFORMED, "ends within"),
    "with more behind it": (lambda a, q: a.answer(q) + b"\0", Verdict.MALFORMED, "follow"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_told_apart_and_openssl_refuses_it_too(
    tmp_path: Path, authority: LocalAuthority, asked: bytes, case: str
) -> None:
    craft, verdict, word = REFUSED[case]
    response = craft(authority, asked)
    judgement = judged(response, asked, authority)
    assert judgement.verdict is verdict, judgement.reason
    assert not judgement.good
    assert word in judgement.reason
    moment = judgement.time or now()
    if case != "with more behind it":  # which openssl does not read any more
        assert not openssl_says(tmp_path / "o", response, roots=authority.ca.read_bytes(), request=asked, at=moment)


def test_an_authority_that_no_root_vouches_for_is_unknown(
    tmp_path: Path, authority: LocalAuthority, stranger: LocalAuthority, asked: bytes
) -> None:
    response = stranger.answer(asked)
    judgement = judged(response, asked, authority)
    assert judgement.verdict is Verdict.UNKNOWN_AUTHORITY
    assert not openssl_says(tmp_path / "o", response, roots=authority.ca.read_bytes(), request=asked)
    assert judged(response, asked, stranger).verdict is Verdict.VALID


def test_a_refusal_tells_the_authoritys_reasons(tmp_path: Path, authority: LocalAuthority, asked: bytes) -> None:
    sha384 = bytes.fromhex("0609608648016503040202")
    other = asked.replace(bytes.fromhex("0609608648016503040201"), sha384)
    response = authority.answer(other)  # its configuration takes SHA-256 only
    judgement = judged(response, asked, authority)
    assert judgement.verdict is Verdict.REFUSED
    assert "rejection" in judgement.reason
    assert "badAlg" in judgement.reason
    assert "Message digest algorithm is not supported" in judgement.reason
    assert not openssl_says(tmp_path / "o", response, roots=authority.ca.read_bytes(), request=asked)


def test_what_was_granted_with_modifications_is_not_taken(
    tmp_path: Path, authority: LocalAuthority, asked: bytes
) -> None:
    """Openssl would take it. We asked for nothing that could be modified, and want to know who did what."""
    response = authority.craft(asked, status=b"\1")
    judgement = judged(response, asked, authority)
    assert judgement.verdict is Verdict.REFUSED
    assert "modifications" in judgement.reason
    assert openssl_says(tmp_path / "o", response, roots=authority.ca.read_bytes(), request=asked)


def test_the_order_of_certificates_does_not_matter(tmp_path: Path, asked: bytes) -> None:
    """DER sorts them, openssl does not; authorities do either."""
    verdicts = set()
    for number in range(4):
        made = LocalAuthority.make(tmp_path / f"order-{'x' * number * 9}")
        response = made.answer(asked)
        first, second = (
            response.index(c.public_bytes(Encoding.DER))
            for c in (made.stamper.certificate, made.intermediate.certificate)
        )
        assert first < second
        verdicts.add(judged(response, asked, made).verdict)
    assert verdicts == {Verdict.VALID}


def flips(size: int, *, count: int, seed: int) -> list[int]:
    """Numbers of bits: all of them where there are not many, else as many as wanted, the same in every run."""
    return sorted(random.Random(seed).sample(range(size * 8), min(count, size * 8)))


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("kind", ["plain", "whole"])
def test_every_flipped_bit_is_refused(authority: LocalAuthority, asked: bytes, kind: str) -> None:
    response = authority.answer(asked, whole=kind == "whole")
    trust = read_trust(authority.ca.read_bytes())
    assert judged(response, asked, authority, trust=trust).good
    for bit in flips(len(response), count=3000, seed=6):
        judgement = judged(flipped(response, bit), asked, authority, trust=trust)
        assert not judgement.good, f"bit {bit}: {judgement}"


def test_the_count_of_unused_bits_in_a_certificates_signature_is_not_ignored(
    authority: LocalAuthority, asked: bytes
) -> None:
    response = authority.answer(asked, with_root=True)
    for certificate in (authority.stamper.certificate, *authority.stamper.above):
        encoded = certificate.public_bytes(Encoding.DER)
        signature = der.read(encoded).parts()[2]
        unused = response.index(encoded) + len(encoded) - len(signature.content)
        assert response[unused] == 0
        for count in range(1, 8):
            changed = response[:unused] + bytes([count]) + response[unused + 1 :]
            assert judged(changed, asked, authority).verdict is Verdict.MALFORMED


def test_a_flipped_bit_that_does_not_matter_is_said(authority: LocalAuthority, asked: bytes) -> None:
    """A root that came along is not needed: altered beyond recognition, it is a stranger, and said to be one."""
    response = authority.answer(asked, with_root=True)
    trust = read_trust(authority.ca.read_bytes())
    assert judged(response, asked, authority, trust=trust).remarks == ()
    for bit in flips(len(response), count=3000, seed=7):
        judgement = judged(flipped(response, bit), asked, authority, trust=trust)
        assert not judgement.good or judgement.remarks, f"bit {bit}: {judgement}"


def test_a_token_beside_a_file_is_judged_in_three_words(
    authority: LocalAuthority, stranger: LocalAuthority, asked: bytes
) -> None:
    trust = read_trust(authority.ca.read_bytes())
    response = authority.answer(asked)
    valid = judge_token(response, SHA256, trust)
    assert valid.outcome is SignatureOutcome.VALID
    assert valid.time is not None
    assert valid.time.strftime("%Y-%m-%d %H:%M") in valid.reason
    wrong = judge_token(response, bytes(32), trust)
    assert (wrong.outcome, wrong.time) == (SignatureOutcome.INVALID, valid.time)
    altered = judge_token(flipped(response, response.index(SHA256) * 8), SHA256, trust)
    assert altered.outcome is SignatureOutcome.INVALID
    unknown = judge_token(stranger.answer(asked), SHA256, trust)
    assert unknown.outcome is SignatureOutcome.UNVERIFIABLE
    assert "no trusted root" in unknown.reason
    assert judge_token(b"no token", SHA256, trust).outcome is SignatureOutcome.UNVERIFIABLE
    assert judge_token(response, SHA256, Trust(())).outcome is SignatureOutcome.UNVERIFIABLE


def test_an_old_token_is_valid_as_of_its_time_although_its_whole_chain_is_gone(tmp_path: Path, asked: bytes) -> None:
    years = {"begins": now() - 5 * YEAR, "ends": now() - YEAR}
    root = certify("old root", ca=True, **years)
    intermediate = certify("old intermediate", root, ca=True, **years)
    stamper = certify("old stamps", intermediate, purposes=STAMPING, **years)
    time = now() - 2 * YEAR
    token = LocalAuthority(tmp_path, root, intermediate, stamper).craft(asked, time=time)
    judgement = judge_token(token, SHA256, read_trust(root.pem()))
    assert judgement.outcome is SignatureOutcome.VALID
    assert judgement.time == time
    assert openssl_says(tmp_path / "o", token, roots=root.pem(), data=DATA, at=judgement.time)
    assert not openssl_says(tmp_path / "o", token, roots=root.pem(), data=DATA)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda a: b"", "Unable to load|no .*certificate|PEM"),
        (lambda a: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "ASN.1|asn1|parse"),
        (lambda a: pem([a.intermediate.certificate]), "root is missing"),
        (lambda a: a.root.pem() * 41, "at most"),
    ],
)
def test_a_file_of_roots_without_a_root_is_refused(authority: LocalAuthority, spoil, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        read_trust(spoil(authority))


def test_an_intermediate_among_the_roots_helps_and_is_not_believed(authority: LocalAuthority, asked: bytes) -> None:
    lonely = authority.craft(asked, certificates=())
    both = read_trust(pem([authority.intermediate.certificate, authority.root.certificate]))
    assert both.roots == (authority.root.certificate,)
    assert judged(lonely, asked, authority, trust=both).verdict is Verdict.VALID
    assert judged(lonely, asked, authority, trust=Trust((), both.others)).verdict is Verdict.UNKNOWN_AUTHORITY


def test_many_certificates_in_a_token_are_not_climbed_for_ever(authority: LocalAuthority, asked: bytes) -> None:
    crowd = [certify("crowd", ca=True).certificate for _ in range(60)]
    judgement = judged(authority.craft(asked, certificates=crowd), asked, authority)
    assert judgement.verdict is Verdict.MALFORMED
    assert "certificates in one token" in judgement.reason


def test_a_renewed_root_of_the_same_name_is_found_by_either_way(tmp_path: Path, asked: bytes) -> None:
    """A chain that is valid at the token's time is taken, whatever else leads up."""
    authority = LocalAuthority.make(tmp_path / "a")
    expired = certify("a root", ca=True, begins=now() - 3 * YEAR, ends=now() - YEAR)
    trust = Trust((expired.certificate, authority.root.certificate))
    judgement = judged(authority.answer(asked), asked, authority, trust=trust)
    assert judgement.verdict is Verdict.VALID
    assert judgement.chain is not None and judgement.chain.root == authority.root.certificate
