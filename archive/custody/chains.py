"""From a signer's certificate up to a root that is trusted, as of one moment (RFC 5280 §6, what a time-stamp needs).

Knows nothing of tokens. Which of several ways up is taken does not matter, as long as one holds at that moment; where
none does, the shortest explains why.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Extension, ExtensionType, KeyUsage

E = TypeVar("E", bound="ExtensionType")

MOST_CERTIFICATES = 40
"""Certificates that are looked at in one token or one file of roots; real chains have three or four."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed: self-signed ``roots``; ``others`` only help to find the way to one of them."""

    roots: tuple[Certificate, ...]
    others: tuple[Certificate, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """A way up: the signer first, the root last. Alone, the signer is the root."""

    certificates: tuple[Certificate, ...]

    @property
    def signer(self) -> Certificate:
        """The certificate that signed."""
        return self.certificates[0]

    @property
    def above(self) -> tuple[Certificate, ...]:
        """All certificates above the signer, the root last; the signer itself where it is the root."""
        return self.certificates[1:] or self.certificates

    @property
    def root(self) -> Certificate:
        """The certificate that is trusted."""
        return self.certificates[-1]

    @property
    def begins(self) -> datetime:
        """From when on all certificates of the chain are valid."""
        return max(certificate.not_valid_before_utc for certificate in self.certificates)

    @property
    def expires(self) -> datetime:
        """When the first certificate of the chain ends."""
        return min(certificate.not_valid_after_utc for certificate in self.certificates)

    def pem(self) -> bytes:
        """``above``, as text that openssl reads."""
        return b"".join(pem(certificate) for certificate in self.above)


def read_trust(data: bytes) -> Trust:
    """The certificates in a file of trusted roots (PEM).

    Raises ValueError where there is none, one cannot be read, or none of them is self-signed: a certificate that
    another one signed is no root, because ``openssl ts`` would not end a chain at it.
    """
    from cryptography import x509

    with _unwarned():
        found = x509.load_pem_x509_certificates(data)
    if len(found) > MOST_CERTIFICATES:
        raise ValueError(f"{len(found)} certificates; {MOST_CERTIFICATES} at most, those of one authority")
    roots = tuple(certificate for certificate in found if is_issued_by(certificate, certificate))
    if not roots:
        raise ValueError("no self-signed certificate in it: the authority's root is missing")
    return Trust(roots, tuple(certificate for certificate in found if certificate not in roots))


def read_certificate(data: bytes) -> Certificate:
    """The certificate that ``data`` spells in DER; raises ValueError for anything else.

    Everything that is asked of it later is read once here: the library reads late, and only then refuses.
    """
    from cryptography import x509

    try:
        with _unwarned():
            certificate = x509.load_der_x509_certificate(data)
            for name in ("subject", "issuer", "extensions", "not_valid_before_utc", "not_valid_after_utc"):
                getattr(certificate, name)
    except (x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError) as error:
        raise ValueError(f"a certificate that cannot be read: {error}") from error
    return certificate


def serial_number(certificate: Certificate) -> int:
    """The certificate's number, whatever number it is."""
    with _unwarned():
        return certificate.serial_number


@contextmanager
def _unwarned() -> Iterator[None]:
    """Without the library's warnings on stderr about old roots, some of which have the number 0."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def pem(certificate: Certificate) -> bytes:
    """The certificate as text that openssl reads."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether ``issuer`` carries the issuer's name and its key signed ``certificate``."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_valid(certificate: Certificate, *, at: datetime) -> bool:
    """Whether a certificate is valid at a moment; in its very last second it is not, as openssl counts."""
    return certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc


def find_chain(signer: Certificate, others: Iterable[Certificate], trust: Trust, *, at: datetime) -> Chain | None:
    """A way from ``signer`` to a root, one that is valid ``at`` that moment where there is one; None without any."""
    known = list(dict.fromkeys((*trust.roots, *trust.others, *others)))
    valid = [certificate for certificate in known if is_valid(certificate, at=at)]
    return _shortest(signer, valid, trust) or _shortest(signer, known, trust)


def _shortest(signer: Certificate, known: list[Certificate], trust: Trust) -> Chain | None:
    """Level by level, each certificate once: the work is bounded whatever somebody puts into a token."""
    ways: list[tuple[Certificate, ...]] = [(signer,)]
    left = [certificate for certificate in known if certificate != signer]
    while ways:
        for way in ways:
            if way[-1] in trust.roots:
                return Chain(way)
        longer = []
        for way in ways:
            above = [issuer for issuer in left if _may_issue(issuer, way, trust) and is_issued_by(way[-1], issuer)]
            left = [certificate for certificate in left if certificate not in above]
            longer += [(*way, issuer) for issuer in above]
        ways = longer
    return None


def _may_issue(issuer: Certificate, below: tuple[Certificate, ...], trust: Trust) -> bool:
    """Whether a certificate says that it may stand above these: a CA, for signing, of that depth (RFC 5280 §4.2.1)."""
    from cryptography import x509

    basic = _extension(issuer, x509.BasicConstraints)
    if basic is None:
        return issuer in trust.roots and issuer.version is x509.Version.v1
    usage = _extension(issuer, x509.KeyUsage)
    between = sum(certificate.issuer != certificate.subject for certificate in below[1:])
    deep_enough = basic.value.path_length is None or between <= basic.value.path_length
    return basic.value.ca and deep_enough and (usage is None or usage.value.key_cert_sign)


def may_stamp(certificate: Certificate) -> bool:
    """Whether a certificate is for time-stamps and nothing else, and says so critically (RFC 3161 §2.3)."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    purposes = _extension(certificate, x509.ExtendedKeyUsage)
    if purposes is None or not purposes.critical:
        return False
    usage = _extension(certificate, x509.KeyUsage)
    return list(purposes.value) == [ExtendedKeyUsageOID.TIME_STAMPING] and (usage is None or _signs_only(usage))


def _signs_only(usage: Extension[KeyUsage]) -> bool:
    signs = usage.value.digital_signature or usage.value.content_commitment
    more = usage.value.key_encipherment, usage.value.data_encipherment, usage.value.key_agreement
    return signs and not any((*more, usage.value.key_cert_sign, usage.value.crl_sign))


def _extension(certificate: Certificate, kind: type[E]) -> Extension[E] | None:
    from cryptography.x509 import ExtensionNotFound

    try:
        return certificate.extensions.get_extension_for_class(kind)
    except ExtensionNotFound:
        return None


def unvouched(certificates: Iterable[Certificate], trust: Trust) -> list[tuple[Certificate, bool]]:
    """The certificates that none of the known ones signed; with each, whether one that claims to have done so is known.

    Where it is, the certificate was altered. Where it is not, nothing can be said about it.
    """
    given = list(dict.fromkeys(certificates))
    known = list(dict.fromkeys((*given, *trust.roots, *trust.others)))
    found = []
    for certificate in given:
        claimed = [issuer for issuer in known if _claims(certificate, issuer)]
        if certificate not in trust.roots and not any(is_issued_by(certificate, issuer) for issuer in claimed):
            found.append((certificate, bool(claimed)))
    return found


def _claims(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether ``certificate`` names ``issuer``: by its name, and by its key's identifier where both give one."""
    from cryptography import x509

    if certificate.issuer != issuer.subject:
        return False
    named = _extension(certificate, x509.AuthorityKeyIdentifier)
    own = _extension(issuer, x509.SubjectKeyIdentifier)
    identifiers = (named and named.value.key_identifier, own and own.value.digest)
    return None in identifiers or identifiers[0] == identifiers[1]
