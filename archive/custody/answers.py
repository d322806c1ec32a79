"""What a time-stamping authority was asked and what it answered (RFC 3161 §2.4), read and not yet judged.

A token is CMS signed data (RFC 5652) around a TSTInfo. Its signature covers the TSTInfo and the signed attributes and
nothing else, so everything around them is held to the one spelling and the one meaning it may have.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archive.custody import der
from archive.custody.der import Element

SHA256 = "2.16.840.1.101.3.4.2.1"

DIGESTS = {
    SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "1.3.14.3.2.26": "sha1",
}
"""Digest algorithms by object identifier (RFC 5754 §2, RFC 3370 §2.1)."""

GRANTED, GRANTED_WITH_MODIFICATIONS = 0, 1

_STATUS = {
    2: "rejection",
    3: "waiting",
    4: "revocation warning",
    5: "revocation notification",
}

_FAILURES = {
    0: "badAlg: the digest algorithm is not known or not supported",
    2: "badRequest: the request is not permitted or not supported",
    5: "badDataFormat: the request has the wrong format",
    14: "timeNotAvailable: the authority's source of time is not available",
    15: "unacceptedPolicy: the requested policy is not supported",
    16: "unacceptedExtension: a requested extension is not supported",
    17: "addInfoNotAvailable: additional information is not understood or not available",
    25: "systemFailure: a failure of the authority's own system",
}
"""RFC 3161 §2.4.2, PKIFailureInfo."""

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier: dotted object identifier, and its parameters where there are any but NULL."""

    oid: str
    parameters: Element | None = None

    @property
    def digest(self) -> str:
        """The digest algorithm's name; its object identifier where it is not one of ``DIGESTS``."""
        return DIGESTS.get(self.oid, self.oid)


@dataclass(frozen=True, slots=True)
class Request:
    """A TimeStampReq: the digest to be stamped, a nonce, and whether certificates are wanted."""

    algorithm: Algorithm
    imprint: bytes
    nonce: int | None
    certificates: bool


@dataclass(frozen=True, slots=True)
class Info:
    """A TSTInfo: what the authority says. ``encoded`` is what its signature covers."""

    encoded: bytes
    policy: str
    algorithm: Algorithm
    imprint: bytes
    serial: int
    time: datetime
    nonce: int | None


Names = tuple[tuple[str, bytes], ...]
"""Digest algorithm and digest of certificates, the signer's first."""


@dataclass(frozen=True, slots=True)
class Signer:
    """The one SignerInfo. ``issuer`` is a Name in DER; ``names`` are the signed digests of its certificates.

    ``signed`` is what the signature covers; ``ordered`` whether the signed attributes stand in DER's order.
    """

    issuer: bytes
    serial: int
    digest: str
    algorithm: Algorithm
    signed: bytes
    message_digest: bytes
    names: tuple[Names, ...]
    signature: bytes
    ordered: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A TimeStampToken. ``uncovered`` names parts that no signature covers and that are not needed."""

    info: Info
    signer: Signer
    certificates: tuple[bytes, ...]
    uncovered: tuple[str, ...]
    sorted: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A TimeStampResp. ``status`` and ``failures`` are PKIStatusInfo's; a granted one has a token."""

    status: int
    texts: tuple[str, ...]
    failures: tuple[str, ...]
    token: Token | None

    @property
    def refusal(self) -> str:
        """Status, reasons and words of an authority that did not simply grant."""
        word = "granted with modifications" if self.status == GRANTED_WITH_MODIFICATIONS else ""
        word = word or _STATUS.get(self.status, f"status {self.status}")
        return "; ".join((word, *self.failures, *(f"it says: {text}" for text in self.texts)))


def read_request(data: bytes) -> Request:
    """The request that ``data`` spells (RFC 3161 §2.4.1); raises ValueError for anything else."""
    version, imprint, *rest = _sequence(der.read(data), at_least=2)
    _require(der.integer(version) == 1, "a request of a version that is not known")
    algorithm, digest = _imprint(imprint)
    nonce, certificates = None, False
    for part in rest:
        if part.tag == der.INTEGER:
            nonce = der.integer(part)
        elif part.tag == der.BOOLEAN:
            certificates = der.boolean(part)
        elif part.tag != der.OID:
            raise ValueError("a request with parts that are not known")
    return Request(algorithm, digest, nonce, certificates)


def read_answer(data: bytes) -> Answer:
    """The response that ``data`` spells, or the bare token (as in ``.tst`` files), as one that was simply granted.

    Raises ValueError for anything else, also where a response is granted without a token, or refused with one.
    """
    whole = der.read(data)
    first, *rest = _sequence(whole, at_least=1)
    if first.tag == der.OID:
        return Answer(GRANTED, (), (), _token(whole))
    status, *more = _sequence(first, at_least=1)
    texts: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    if more and more[0].tag == der.SEQUENCE:
        texts = tuple(der.text(part) for part in more.pop(0).parts())
    if more and more[0].tag == der.BITS:
        failures = tuple(_FAILURES.get(bit, f"failure {bit}") for bit in sorted(der.bits(more.pop(0))))
    number = der.integer(status)
    granted = number in (GRANTED, GRANTED_WITH_MODIFICATIONS)
    _require(not more and len(rest) == granted, "a status and a token that do not fit together")
    _require(not granted or not failures, "a response that is granted and names a failure")
    return Answer(number, texts, failures, _token(rest[0]) if granted else None)


def _token(element: Element) -> Token:
    kind, wrapped = _pair(element)
    _require(der.oid(kind) == _SIGNED_DATA, "a token that is not CMS signed data")
    signed_data = _only(der.expect(wrapped, der.context(0)).parts())
    version, digests, content, *rest = _sequence(signed_data, at_least=4)
    _require(der.integer(version) == 3, "signed data of another version than 3")
    certificates, rest = _set_of(rest, der.context(0))
    revocation, rest = _set_of(rest, der.context(1))
    _require(len(rest) == 1, "signed data with parts that are not known")
    signer_info = _only(der.expect(rest[0], der.SET).parts())
    info = _info(content)
    signer, unsigned = _signer(signer_info, info)
    digest = _only(der.expect(digests, der.SET).parts())
    _require(_algorithm(digest).digest == signer.digest, "signed data that names another digest than its signer")
    found = ("revocation data", revocation), ("unsigned attributes", unsigned)
    return Token(
        info=info,
        signer=signer,
        certificates=tuple(_certificate(certificate) for certificate in certificates),
        uncovered=tuple(what for what, present in found if present),
        sorted=_sorted(kind, version, digests, content, certificates, revocation, rest[0]),
    )


def _certificate(element: Element) -> bytes:
    """The certificate's octets. Its signature is whole octets: readers ignore how many bits are said to be unused."""
    *_, signature = _sequence(element, at_least=3)
    _require(der.expect(signature, der.BITS).content[:1] == b"\0", "a certificate with a signature of odd length")
    return element.encoded


def _sorted(
    kind: Element,
    version: Element,
    digests: Element,
    content: Element,
    certificates: tuple[Element, ...],
    revocation: tuple[Element, ...],
    signers: Element,
) -> bytes:
    """A granted response around the same token with its sets in DER's order (X.690 §11.6).

    The order of these sets is not signed, and authorities (openssl among them) put the signer's certificate first.
    """
    sets = b"".join(
        der.write(der.context(number), *sorted(part.encoded for part in parts))
        for number, parts in enumerate((certificates, revocation))
        if parts
    )
    signed_data = der.write(der.SEQUENCE, version.encoded, digests.encoded, content.encoded, sets, signers.encoded)
    token = der.write(der.SEQUENCE, kind.encoded, der.write(der.context(0), signed_data))
    return der.write(der.SEQUENCE, der.write(der.SEQUENCE, der.write(der.INTEGER, b"\0")), token)


def _info(content: Element) -> Info:
    kind, wrapped = _pair(content)
    _require(der.oid(kind) == _TST_INFO, "signed data around something else than a TSTInfo")
    inner = _only(der.expect(wrapped, der.context(0)).parts())
    encoded = der.octets(inner)
    version, policy, imprint, serial, time, *rest = _sequence(der.read(encoded), at_least=5)
    _require(der.integer(version) == 1, "a TSTInfo of a version that is not known")
    algorithm, digest = _imprint(imprint)
    nonces = [der.integer(part) for part in rest if part.tag == der.INTEGER]
    return Info(
        encoded=encoded,
        policy=der.oid(policy),
        algorithm=algorithm,
        imprint=digest,
        serial=der.integer(serial),
        time=der.moment(time),
        nonce=nonces[0] if nonces else None,
    )


def _signer(element: Element, info: Info) -> tuple[Signer, tuple[Element, ...]]:
    """The SignerInfo, and its unsigned attributes."""
    version, identity, digest, attributes, algorithm, signature, *rest = _sequence(element, at_least=6)
    _require(der.integer(version) == 1, "a signer of another version than 1")
    issuer, serial = _pair(identity)
    unsigned, rest = _set_of(rest, der.context(1))
    _require(not rest, "a signer with parts that are not known")
    signed = _attributes(der.expect(attributes, der.context(0)))
    _require(der.oid(_single(signed, _CONTENT_TYPE)) == _TST_INFO, "a signature over another type of content")
    encodings = [part.encoded for part in attributes.parts()]
    signer = Signer(
        issuer=der.expect(issuer, der.SEQUENCE).encoded,
        serial=der.integer(serial),
        digest=_algorithm(digest).digest,
        algorithm=_algorithm(algorithm),
        signed=der.write(der.SET, attributes.content),  # RFC 5652 §5.4: signed with its own tag
        message_digest=der.octets(_single(signed, _MESSAGE_DIGEST)),
        names=_certificate_names(signed),
        signature=der.octets(signature),
        ordered=encodings == sorted(encodings),
    )
    return signer, unsigned


def _attributes(element: Element) -> dict[str, tuple[Element, ...]]:
    found: dict[str, tuple[Element, ...]] = {}
    for attribute in element.parts():
        kind, values = _pair(attribute)
        _require(der.oid(kind) not in found, "a signed attribute that stands there twice")
        found[der.oid(kind)] = der.expect(values, der.SET).parts()
    return found


def _single(attributes: dict[str, tuple[Element, ...]], kind: str) -> Element:
    values = attributes.get(kind, ())
    _require(len(values) == 1, f"a signature without exactly one attribute {kind}")
    return values[0]


def _certificate_names(attributes: dict[str, tuple[Element, ...]]) -> tuple[Names, ...]:
    """What each signing-certificate attribute says (RFC 2634 §5.4, RFC 5035 §3)."""
    found = []
    for kind, read in ((_SIGNING_CERTIFICATE, _name_v1), (_SIGNING_CERTIFICATE_V2, _name_v2)):
        if kind in attributes:
            certificates = _sequence(_single(attributes, kind), at_least=1)[0]
            found.append(tuple(read(name) for name in _sequence(certificates, at_least=1)))
    _require(bool(found), "a signature that does not name its certificate")
    return tuple(found)


def _name_v1(element: Element) -> tuple[str, bytes]:
    return "sha1", der.octets(_sequence(element, at_least=1)[0])


def _name_v2(element: Element) -> tuple[str, bytes]:
    first, *rest = _sequence(element, at_least=1)
    if first.tag != der.SEQUENCE:
        return "sha256", der.octets(first)
    _require(bool(rest), "the name of a certificate without its digest")
    return _algorithm(first).digest, der.octets(rest[0])


def _imprint(element: Element) -> tuple[Algorithm, bytes]:
    algorithm, digest = _pair(element)
    return _algorithm(algorithm), der.octets(digest)


def _algorithm(element: Element) -> Algorithm:
    kind, *parameters = _sequence(element, at_least=1)
    _require(len(parameters) <= 1, "an algorithm with parts that are not known")
    if not parameters:
        return Algorithm(der.oid(kind))
    if parameters[0].tag == der.NULL:
        _require(not parameters[0].content, "a NULL that holds something")
        return Algorithm(der.oid(kind))
    return Algorithm(der.oid(kind), der.expect(parameters[0], der.SEQUENCE))


def _set_of(parts: list[Element], tag: int) -> tuple[tuple[Element, ...], list[Element]]:
    """What the first part holds where it has this tag, and the parts that follow."""
    return (parts[0].parts(), parts[1:]) if parts and parts[0].tag == tag else ((), parts)


def _sequence(element: Element, *, at_least: int) -> tuple[Element, ...]:
    parts = der.expect(element, der.SEQUENCE).parts()
    _require(len(parts) >= at_least, f"a sequence with {len(parts)} parts and not {at_least}")
    return parts


def _pair(element: Element) -> tuple[Element, Element]:
    first, second, *rest = _sequence(element, at_least=2)
    _require(not rest, "a sequence with more than 2 parts")
    return first, second


def _only(parts: tuple[Element, ...]) -> Element:
    _require(len(parts) == 1, f"{len(parts)} parts where one belongs")
    return parts[0]


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise ValueError(otherwise)
