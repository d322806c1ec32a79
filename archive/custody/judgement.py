"""Whether an answer of a time-stamping authority proves what it should (RFC 3161 §2.2, §2.4.2).

Our own reading names what is wrong; ``rfc3161-client``, which asks OpenSSL, must agree before anything is called valid.
A token is judged as of its own time: that a certificate has expired since then takes nothing away from it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from archive.custody.answers import DIGESTS, GRANTED, SHA256, Answer, Signer, Token, read_answer
from archive.custody.chains import (
    MOST_CERTIFICATES,
    Chain,
    Trust,
    find_chain,
    is_valid,
    may_stamp,
    read_certificate,
    serial_number,
    unvouched,
)
from archive.model.signatures import SignatureJudgement, SignatureOutcome

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm
    from cryptography.x509 import Certificate


CLOCKS_DIFFER = timedelta(minutes=5)
"""An authority's time that differs from ours by more than this is worth a word: one of the two is wrong."""


class Verdict(StrEnum):
    """What an answer is worth."""

    VALID = "valid"
    """Granted; signature, chain, digest and nonce are right, and every certificate is valid today."""
    VALID_AT_ITS_TIME = "valid-at-its-time"
    """The same, but a certificate has expired since the token was made."""
    REFUSED = "refused"
    """The authority did not simply grant; its reasons stand in the judgement."""
    WRONG_IMPRINT = "wrong-imprint"
    """A right token for something else."""
    WRONG_NONCE = "wrong-nonce"
    """A right token for another request: an old answer, perhaps."""
    ALTERED = "altered"
    """A signature does not fit: somebody or something changed it."""
    UNKNOWN_AUTHORITY = "unknown-authority"
    """Signed rightly by somebody whom no trusted root vouches for."""
    NOT_YET_VALID = "not-yet-valid"
    """A certificate was not valid yet at the token's time."""
    EXPIRED_AT_ITS_TIME = "expired-at-its-time"
    """A certificate had expired already at the token's time."""
    NOT_FOR_TIMESTAMPS = "not-for-timestamps"
    """The signer's certificate does not allow time-stamps, or allows more than them."""
    MALFORMED = "malformed"
    """Not a time-stamp response in DER."""
    UNSUPPORTED = "unsupported"
    """Something this program cannot judge: another digest, a signature of another kind, no certificate in it."""
    UNCONFIRMED = "unconfirmed"
    """Our own reading finds nothing wrong, and OpenSSL refuses it all the same."""


_BEGINNING = datetime.min.replace(tzinfo=UTC)

GOOD = frozenset({Verdict.VALID, Verdict.VALID_AT_ITS_TIME})
"""Verdicts on which one may rely."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason, and what could be read on the way; ``remarks`` are worth saying and change nothing."""

    verdict: Verdict
    reason: str
    time: datetime | None = None
    serial: int | None = None
    chain: Chain | None = None
    remarks: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether one may rely on the token."""
        return self.verdict in GOOD


def make_request(data: bytes) -> bytes:
    """A request for a time-stamp over the SHA-256 of ``data``, with a random nonce, asking for certificates."""
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    builder = TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256, nonce=True, cert_req=True)
    return builder.build().as_bytes()


_WORDS = {
    **dict.fromkeys(GOOD, SignatureOutcome.VALID),
    Verdict.WRONG_IMPRINT: SignatureOutcome.INVALID,
    Verdict.WRONG_NONCE: SignatureOutcome.INVALID,
    Verdict.ALTERED: SignatureOutcome.INVALID,
    Verdict.NOT_YET_VALID: SignatureOutcome.INVALID,
    Verdict.EXPIRED_AT_ITS_TIME: SignatureOutcome.INVALID,
    Verdict.NOT_FOR_TIMESTAMPS: SignatureOutcome.INVALID,
}


def judge_token(token: bytes, data_sha256: bytes, roots: Trust) -> SignatureJudgement:
    """Judge a time-stamp that came with a file of this SHA-256: a ``.tsr`` (response) or ``.tst`` (bare token).

    Valid means: valid as of the token's own time, whatever has expired since. What was refused, cannot be read, or was
    signed by somebody whom no root vouches for, is unverifiable: that is no proof against the file.
    """
    judged = judge(token, sha256=data_sha256, nonce=None, trust=roots, now=_BEGINNING)
    outcome = _WORDS.get(judged.verdict, SignatureOutcome.UNVERIFIABLE)
    return SignatureJudgement(outcome, "; ".join((judged.reason, *judged.remarks)), judged.time)


def judge(data: bytes, *, sha256: bytes, nonce: int | None, trust: Trust, now: datetime) -> Judgement:
    """Judge the answer ``data`` (a response, or a bare token) about something with this digest.

    ``nonce`` is the request's, or None where the request is not known.
    """
    try:
        answer = read_answer(data)
        certificates = _certificates(answer)
    except ValueError as error:
        return Judgement(Verdict.MALFORMED, f"no time-stamp response in DER: {error}")
    if answer.token is None or answer.status != GRANTED:
        return Judgement(Verdict.REFUSED, f"the authority did not grant it: {answer.refusal}")
    return _Case(answer.token, certificates, trust, now).judge(sha256=sha256, nonce=nonce)


def _certificates(answer: Answer) -> tuple[Certificate, ...]:
    if answer.token is None:
        return ()
    if len(answer.token.certificates) > MOST_CERTIFICATES:
        raise ValueError(f"{len(answer.token.certificates)} certificates in one token")
    return tuple(read_certificate(encoded) for encoded in answer.token.certificates)


@dataclass(frozen=True, slots=True)
class _Case:
    """One granted token, and what is known about it."""

    token: Token
    certificates: tuple[Certificate, ...]
    trust: Trust
    now: datetime
    remarks: list[str] = field(default_factory=list)

    def judge(self, *, sha256: bytes, nonce: int | None) -> Judgement:
        info = self.token.info
        signer = _signer_certificate(self.token.signer, self.certificates)
        if signer is None:
            if self.certificates:
                return self._say(Verdict.ALTERED, "none of its certificates is the one that its signature names")
            return self._say(Verdict.UNSUPPORTED, "it does not carry its signer's certificate")
        if wrong := self._broken_signature(signer) or self._broken_certificate():
            return wrong
        if info.algorithm.oid != SHA256:
            return self._say(Verdict.UNSUPPORTED, f"it is about a digest of another kind: {info.algorithm.digest}")
        if info.imprint != sha256:
            return self._say(
                Verdict.WRONG_IMPRINT, f"it is about something else: SHA-256 {info.imprint.hex()}, not {sha256.hex()}"
            )
        if nonce is not None and info.nonce != nonce:
            return self._say(Verdict.WRONG_NONCE, "it answers another request: its nonce is not ours")
        if not may_stamp(signer):
            return self._say(
                Verdict.NOT_FOR_TIMESTAMPS, f"the certificate of {_name(signer)} is not one for time-stamps alone"
            )
        return self._judge_chain(signer, nonce=nonce)

    def _judge_chain(self, signer: Certificate, *, nonce: int | None) -> Judgement:
        time = self.token.info.time
        chain = find_chain(signer, self.certificates, self.trust, at=time)
        if chain is None:
            return self._say(Verdict.UNKNOWN_AUTHORITY, f"no trusted root vouches for {_name(signer)}")
        for name, value in (name for names in self.token.signer.names for name in names[1:]):
            if not any(_fingerprint(certificate, name) == value for certificate in chain.certificates):
                return self._say(Verdict.UNKNOWN_AUTHORITY, "it is bound to another way up than to a trusted root")
        for certificate in chain.certificates:
            if is_valid(certificate, at=time):
                continue
            begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            verdict = Verdict.NOT_YET_VALID if time < begins else Verdict.EXPIRED_AT_ITS_TIME
            span = f"the certificate of {_name(certificate)} is valid from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}"
            return self._say(verdict, f"{span}, and the token's time is {time:%Y-%m-%d %H:%M:%S} UTC", chain)
        if refusal := self._second_opinion(chain, nonce=nonce):
            return self._say(Verdict.UNCONFIRMED, f"OpenSSL refuses it: {refusal}", chain)
        told = f"{_name(signer)} says that it existed at {time:%Y-%m-%d %H:%M:%S} UTC"
        if self.now >= chain.expires:
            since = f"a certificate has expired since, on {chain.expires:%Y-%m-%d}, and was valid at that time"
            return self._say(Verdict.VALID_AT_ITS_TIME, f"{told}; {since}", chain)
        return self._say(Verdict.VALID, told, chain)

    def _broken_signature(self, certificate: Certificate) -> Judgement | None:
        """What is wrong between the TSTInfo and the signer's certificate; None where nothing is."""
        signer = self.token.signer
        if any(_fingerprint(certificate, names[0][0]) != names[0][1] for names in signer.names):
            return self._say(Verdict.ALTERED, "its certificate is not the one that was signed with it")
        digest = _digest(signer.digest)
        if digest is None:
            return self._say(Verdict.UNSUPPORTED, f"it is signed with the digest {signer.digest}")
        try:
            fits = _is_signed(signer, certificate, digest)
        except ValueError as error:
            return self._say(Verdict.UNSUPPORTED, str(error))
        if not fits:
            return self._say(Verdict.ALTERED, "its signature does not fit")
        if hashlib.new(signer.digest, self.token.info.encoded).digest() != signer.message_digest:
            return self._say(Verdict.ALTERED, "what it says is not what was signed")
        return None

    def _broken_certificate(self) -> Judgement | None:
        """A certificate in the token whose own signature does not fit; those that nobody vouches for are remarked."""
        for certificate, altered in unvouched(self.certificates, self.trust):
            if altered:
                return self._say(
                    Verdict.ALTERED, f"the signature in the certificate of {_name(certificate)} does not fit"
                )
            self.remarks.append(f"nothing here vouches for the certificate of {_name(certificate)} in it")
        self.remarks.extend(f"it holds {part}, which no signature covers" for part in self.token.uncovered)
        return None

    def _second_opinion(self, chain: Chain, *, nonce: int | None) -> str:
        """Why ``rfc3161-client`` refuses the token; empty where it agrees."""
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

        if not self.token.signer.ordered:
            self.remarks.append("its signed attributes are not in DER's order: OpenSSL could not be asked through here")
            return ""
        builder = VerifierBuilder(roots=[chain.root], intermediates=list(chain.certificates[1:-1]), nonce=nonce)
        try:
            builder.build().verify(decode_timestamp_response(self.token.sorted), self.token.info.imprint)
        except (VerificationError, ValueError) as error:
            return " ".join(str(error).split())[:300]
        return ""

    def _say(self, verdict: Verdict, reason: str, chain: Chain | None = None) -> Judgement:
        info = self.token.info
        return Judgement(verdict, reason, info.time, info.serial, chain, tuple(self.remarks))


def _name(certificate: Certificate) -> str:
    return certificate.subject.rfc4514_string() or "a nameless one"


def _signer_certificate(signer: Signer, certificates: tuple[Certificate, ...]) -> Certificate | None:
    for certificate in certificates:
        if certificate.issuer.public_bytes() == signer.issuer and serial_number(certificate) == signer.serial:
            return certificate
    return None


def _fingerprint(certificate: Certificate, algorithm: str) -> bytes:
    """The digest of a certificate; empty for an algorithm that is not one of ``DIGESTS``."""
    from cryptography.hazmat.primitives.serialization import Encoding

    if algorithm not in DIGESTS.values():
        return b""
    encoded = certificate.public_bytes(Encoding.DER)
    return hashlib.new(algorithm, encoded, usedforsecurity=algorithm != "sha1").digest()


def _digest(name: str) -> HashAlgorithm | None:
    """A digest that a signature may be made over today."""
    from cryptography.hazmat.primitives import hashes

    return {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}.get(name)


_RSA = "1.2.840.113549.1.1.1"
_RSA_WITH = {
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
_ECDSA_WITH = {"sha256": "1.2.840.10045.4.3.2", "sha384": "1.2.840.10045.4.3.3", "sha512": "1.2.840.10045.4.3.4"}


def _is_signed(signer: Signer, certificate: Certificate, digest: HashAlgorithm) -> bool:
    """Whether the signature over the signed attributes is the certificate's (RFC 5652 §5.4, RFC 5754 §3).

    Raises ValueError for a kind that is not judged here (RSASSA-PSS, EdDSA): ``openssl ts`` does not judge it either.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    kind = signer.algorithm.oid
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and kind in (_RSA, _RSA_WITH[signer.digest]):
            key.verify(signer.signature, signer.signed, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and kind == _ECDSA_WITH[signer.digest]:
            key.verify(signer.signature, signer.signed, ec.ECDSA(digest))
        else:
            raise ValueError(f"its signature is of a kind that is not judged here: {kind}")
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
