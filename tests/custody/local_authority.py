"""A time-stamping authority made with openssl in a folder of a test: root, intermediate, and certificates for stamping.

Certificates are made with the library, because ``openssl x509`` cannot choose both of their dates; requests are
answered by ``openssl ts -reply``. What openssl's authority would not do (sign at another time, with a wrong
certificate) ``openssl cms`` does.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive.custody import der
from archive.custody.answers import SHA256, read_request

YEAR = timedelta(days=365)

CONFIG = """\
[stamping]
serial = {folder}/serial
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = {ordering}
tsa_name = {named}
ess_cert_id_chain = {whole}
ess_cert_id_alg = {naming}
"""


def require_openssl() -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed; install it with: apt-get install openssl")


def openssl(*words: str | Path, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, words)], capture_output=True, check=check)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key, and what stands above it, the root last."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    above: tuple[x509.Certificate, ...] = ()

    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def pem(certificates: Sequence[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def certify(
    name: str,
    issuer: Identity | None = None,
    *,
    ca: bool = False,
    depth: int | None = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = None,
    critical: bool = True,
    signs: bool = True,
    begins: datetime | None = None,
    ends: datetime | None = None,
    kind: str = "ec",
    points: Sequence[str] = (),
) -> Identity:
    """A new certificate; without ``purposes`` one without extended key usage."""
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    public = key.public_key()
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins or now() - timedelta(days=1))
        .not_valid_after(ends or now() + 10 * YEAR)
        .add_extension(x509.BasicConstraints(ca, depth), critical=True)
        .add_extension(_usage(ca=ca, signs=signs), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
    if points:
        places = [x509.DistributionPoint([x509.UniformResourceIdentifier(point)], None, None, None) for point in points]
        builder = builder.add_extension(x509.CRLDistributionPoints(places), critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    return Identity(certificate, key, (issuer.certificate, *issuer.above) if issuer else ())


def _usage(*, ca: bool, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca and signs,
        content_commitment=False,
        key_encipherment=not ca and not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)


@dataclass(frozen=True)
class LocalAuthority:
    """Answers requests in ``folder`` with ``openssl ts -reply``."""

    folder: Path
    root: Identity
    intermediate: Identity
    stamper: Identity

    @classmethod
    def make(cls, folder: Path, *, kind: str = "ec", points: Sequence[str] = (), **stamper: object) -> LocalAuthority:
        require_openssl()
        folder.mkdir(parents=True, exist_ok=True)
        root = certify(f"{folder.name} root", ca=True, ends=now() + 20 * YEAR)
        intermediate = certify(f"{folder.name} intermediate", root, ca=True, depth=0, ends=now() + 15 * YEAR)
        made = certify(f"{folder.name} stamps", intermediate, purposes=STAMPING, kind=kind, points=points, **stamper)  # type: ignore[arg-type]
        (folder / "root.pem").write_bytes(root.pem())
        (folder / "serial").write_text("01\n")
        return cls(folder, root, intermediate, made)

    @property
    def ca(self) -> Path:
        return self.folder / "root.pem"

    def answer(
        self,
        request: bytes,
        *,
        with_root: bool = False,
        digest: str = "sha256",
        whole: bool = False,
        named: bool = False,
        ordering: bool = False,
        naming: str = "sha256",
    ) -> bytes:
        """The response of openssl's authority: granted, or refused where the request cannot be granted."""
        words = {"folder": self.folder, "digest": digest, "naming": naming}
        answers = {"whole": whole, "named": named, "ordering": ordering}
        text = CONFIG.format(**words, **{name: "yes" if value else "no" for name, value in answers.items()})
        (self.folder / "stamping.cnf").write_text(text)
        (self.folder / "request.tsq").write_bytes(request)
        (self.folder / "stamper.pem").write_bytes(self.stamper.pem())
        (self.folder / "stamper.key").write_bytes(self.stamper.key_pem())
        above = self.stamper.above if with_root else self.stamper.above[:-1]
        (self.folder / "chain.pem").write_bytes(pem(above))
        out = self.folder / "response.tsr"
        done = openssl(
            *("ts", "-reply", "-config", self.folder / "stamping.cnf", "-section", "stamping"),
            *("-queryfile", self.folder / "request.tsq", "-signer", self.folder / "stamper.pem"),
            *("-inkey", self.folder / "stamper.key", "-chain", self.folder / "chain.pem", "-out", out),
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return out.read_bytes()

    def craft(
        self,
        request: bytes,
        *,
        time: datetime | None = None,
        stamper: Identity | None = None,
        fraction: str = "",
        options: Sequence[str] = ("-cades",),
        status: bytes = b"\0",
        certificates: Sequence[x509.Certificate] | None = None,
    ) -> bytes:
        """A response that is signed by ``openssl cms``, at a time and with a certificate of the test's choice."""
        asked, stamper = read_request(request), stamper or self.stamper
        moment = f"{(time or now()).strftime('%Y%m%d%H%M%S')}{fraction}Z"
        nonce = asked.nonce or 0
        info = der.write(
            der.SEQUENCE,
            der.write(der.INTEGER, b"\1"),
            bytes.fromhex("06042a030401"),
            imprint(asked.imprint),
            der.write(der.INTEGER, b"\7"),
            der.write(der.MOMENT, moment.encode()),
            der.write(der.INTEGER, nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")),
        )
        (self.folder / "info.der").write_bytes(info)
        (self.folder / "crafting.pem").write_bytes(stamper.pem())
        (self.folder / "crafting.key").write_bytes(stamper.key_pem())
        (self.folder / "with.pem").write_bytes(pem(stamper.above[:-1] if certificates is None else certificates))
        carried = ("-certfile", self.folder / "with.pem") if (self.folder / "with.pem").stat().st_size else ()
        token = openssl(
            *("cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-md", "sha256", "-outform", "DER"),
            *("-econtent_type", "1.2.840.113549.1.9.16.1.4", "-in", self.folder / "info.der"),
            *("-signer", self.folder / "crafting.pem", "-inkey", self.folder / "crafting.key", *carried, *options),
        ).stdout
        return der.write(der.SEQUENCE, der.write(der.SEQUENCE, der.write(der.INTEGER, status)), token)


def imprint(digest: bytes, algorithm: str = SHA256) -> bytes:
    """A MessageImprint over a SHA-256."""
    assert algorithm == SHA256
    return der.write(
        der.SEQUENCE,
        der.write(der.SEQUENCE, bytes.fromhex("0609608648016503040201"), der.write(der.NULL)),
        der.write(der.OCTETS, digest),
    )


def openssl_says(
    folder: Path,
    response: bytes,
    *,
    roots: bytes,
    untrusted: bytes = b"",
    data: bytes | None = None,
    request: bytes | None = None,
    at: datetime | None = None,
    bare: bool = False,
) -> bool:
    """Whether ``openssl ts -verify`` takes a response to be right, as of a moment or of now."""
    require_openssl()
    folder.mkdir(exist_ok=True)
    for name, content in (("r.tsr", response), ("ca.pem", roots), ("u.pem", untrusted)):
        (folder / name).write_bytes(content)
    words: list[str | Path] = ["ts", "-verify", "-in", folder / "r.tsr", "-CAfile", folder / "ca.pem"]
    words += ["-untrusted", folder / "u.pem"] if untrusted else []
    words += ["-token_in"] if bare else []
    words += ["-attime", str(int(at.timestamp()))] if at else []
    if request is not None:
        (folder / "q.tsq").write_bytes(request)
        words += ["-queryfile", folder / "q.tsq"]
    if data is not None:
        (folder / "data").write_bytes(data)
        words += ["-data", folder / "data"]
    done = openssl(*words, check=False)
    assert done.returncode in (0, 1), done.stderr.decode()
    assert (b"Verification: OK" in done.stdout) == (done.returncode == 0)
    return done.returncode == 0
