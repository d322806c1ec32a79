"""Revocation lists (RFC 5280 §5) and OCSP answers (RFC 6960) beside a time-stamp: read, checked, and told honestly.

They are optional. What is stored says what was known when the token arrived; a certificate revoked since then shows up
only in a newer list, which nobody has here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from archive.config import HTTP
from archive.custody.authority import NoAnswer
from archive.custody.chains import Chain, serial_number
from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, CertificateRevocationList
    from cryptography.x509.ocsp import OCSPResponse

CRL, OCSP = "crl", "ocsp"
"""Endings of stored revocation data."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate of a chain that its issuer has revoked: whose, since when, and why in the list's own word."""

    name: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """Revocation data worth storing, as ending and octets; what it says; and what was odd on the way."""

    kept: tuple[tuple[str, bytes], ...]
    revoked: tuple[Revoked, ...]
    findings: tuple[Finding, ...]


def gather(
    chain: Chain, *, given: Iterable[tuple[str, bytes]], fetch: Callable[[str], bytes], subject: str
) -> Gathered:
    """Revocation data about ``chain``: ``given`` files by name, and what its certificates point to, fetched.

    What cannot be had or does not fit is a finding about ``subject`` and no error. Addresses are taken from a chain
    that ends at a trusted root, and from nowhere else.
    """
    kept, revoked, findings = list[tuple[str, bytes]](), list[Revoked](), list[Finding]()
    offered = [(name, data) for name, data in given]
    for url in points(chain):
        try:
            offered.append((url, fetch(url)))
        except NoAnswer as error:
            findings.append(_finding(subject, Severity.INFO, f"no revocation list from {url}: {error}"))
    for name, data in offered:
        try:
            kind, said = read(data, chain)
        except ValueError as error:
            findings.append(_finding(subject, Severity.WARNING, f"{name} is not stored: {error}"))
            continue
        kept.append((kind, data))
        revoked += said
    return Gathered(tuple(dict.fromkeys(kept)), tuple(dict.fromkeys(revoked)), tuple(findings))


def read(data: bytes, chain: Chain) -> tuple[str, list[Revoked]]:
    """The kind of revocation data, and which certificates of ``chain`` it says are revoked.

    A list is signed by one of the chain. An OCSP answer is signed by the issuer of the certificate that it is about, or
    by somebody whom that issuer has certified to sign OCSP answers. Raises ValueError for anything else.
    """
    from cryptography.x509 import load_der_x509_crl, load_pem_x509_crl

    try:
        load = load_pem_x509_crl if data.lstrip().startswith(b"-----BEGIN") else load_der_x509_crl
        crl = load(data)
    except ValueError:
        return OCSP, _ocsp(data, chain)
    return CRL, _listed(crl, chain)


def points(chain: Chain) -> list[str]:
    """Addresses of revocation lists that the chain's certificates name, the signer's first."""
    from cryptography import x509

    found = []
    for certificate in chain.certificates:
        try:
            extension = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
        except x509.ExtensionNotFound:
            continue
        names = (name for point in extension.value for name in point.full_name or ())
        found += [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    return [url for url in dict.fromkeys(found) if url.partition(":")[0].lower() in HTTP]


def _listed(crl: CertificateRevocationList, chain: Chain) -> list[Revoked]:
    from cryptography import x509

    issuers = [certificate for certificate in chain.certificates if _signed(crl, certificate)]
    if not issuers:
        raise ValueError("a revocation list that nobody in the chain signed")
    found = []
    for certificate in chain.certificates:
        entry = crl.get_revoked_certificate_by_serial_number(serial_number(certificate))
        if entry is None or certificate.issuer != crl.issuer:
            continue
        try:
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
        except x509.ExtensionNotFound:
            reason = "unspecified"
        found.append(Revoked(_name(certificate), entry.revocation_date_utc, reason))
    return found


def _signed(crl: CertificateRevocationList, issuer: Certificate) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        # mypy: the library takes fewer kinds of keys here than a certificate may hold, and says TypeError
        return crl.issuer == issuer.subject and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (UnsupportedAlgorithm, TypeError, ValueError):
        return False


def _ocsp(data: bytes, chain: Chain) -> list[Revoked]:
    from cryptography.x509 import ocsp

    try:
        answer = ocsp.load_der_ocsp_response(data)
        by_number = {serial_number(certificate): certificate for certificate in chain.certificates}
        certificate = by_number.get(answer.serial_number)
        revoked = answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
        since = answer.revocation_time_utc
    except ValueError as error:
        raise ValueError(f"neither a revocation list nor a successful OCSP answer: {error}") from None
    if certificate is None:
        raise ValueError("an OCSP answer about a certificate that is not in the chain")
    if not _answered(answer, certificate, chain):
        raise ValueError("an OCSP answer that neither the issuer of the certificate nor its responder signed")
    reason = answer.revocation_reason.value if answer.revocation_reason else "unspecified"
    return [Revoked(_name(certificate), since, reason)] if revoked and since is not None else []


def _answered(answer: OCSPResponse, certificate: Certificate, chain: Chain) -> bool:
    """Whether the certificate's issuer signed the answer, or a responder of the issuer's (RFC 6960 §4.2.2.2)."""
    at = chain.certificates.index(certificate)
    issuer = chain.certificates[min(at + 1, len(chain.certificates) - 1)]  # the root issued itself
    return any(_signed_answer(answer, one) for one in (issuer, *_responders(answer, issuer)))


def _responders(answer: OCSPResponse, issuer: Certificate) -> list[Certificate]:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.x509.oid import ExtendedKeyUsageOID

    found = []
    for one in answer.certificates:
        try:
            one.verify_directly_issued_by(issuer)
            usage = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError, x509.ExtensionNotFound):
            continue
        valid = one.not_valid_before_utc <= answer.this_update_utc <= one.not_valid_after_utc
        if valid and ExtendedKeyUsageOID.OCSP_SIGNING in usage:
            found.append(one)
    return found


def _signed_answer(answer: OCSPResponse, signer: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    key, digest = signer.public_key(), answer.signature_hash_algorithm
    try:
        if isinstance(key, rsa.RSAPublicKey) and digest is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(digest))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _name(certificate: Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _finding(subject: str, severity: Severity, message: str) -> Finding:
    return Finding(FindingCode.TIMESTAMP_REVOCATION, severity, subject, message, "RFC 5280 §5")
