"""``verify.sh.txt``: how to check one stored time-stamp with ``openssl`` alone, as text that a shell can run.

It lists the digests of the files beside it, so that a change in any of them is noticed, also where no signature
reaches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from archive.custody.chains import Chain
from archive.model.digests import sha256_hex
from archive.model.names import shown

CHECKPOINT, REQUEST, RESPONSE = "checkpoint.txt", "request.tsq", "response.tsr"
CHAIN, SIGNER, HOW = "chain.pem", "signer.pem", "verify.sh.txt"
REVOCATION = "revocation"
"""Names in the folder of one time-stamp; the last is a folder."""

NEEDED = (CHECKPOINT, REQUEST, RESPONSE, CHAIN, SIGNER, HOW)
"""What every stored time-stamp has."""

_DIGEST = re.compile(r"^([0-9a-f]{64})  ([ -~]+)$", re.MULTILINE)


def instructions(*, size: int, authority: str, seconds: int, chain: Chain, files: Mapping[str, bytes]) -> bytes:
    """The text for a time-stamp over the checkpoint of ``size`` records, made ``seconds`` after 1970 began (UTC).

    ``files`` are all others in its folder, by name.
    """
    digests = "".join(f"{sha256_hex(files[name])}  {name}\n" for name in sorted(files))
    check = f"-in {RESPONSE} -CAfile {CHAIN} -untrusted {CHAIN} -attime {seconds}"
    return f"""\
#!/bin/sh
# A time-stamp by the authority "{authority}" over the checkpoint of the custody log at {size} records.
#
# It proves that the text in {CHECKPOINT} existed at the time in the token. To check it, without the network and
# without any program of the archive, go into this folder and give:   sh {HOW}
# Needed are openssl (1.1.1 or newer) and sha256sum. It must say OK for each file, and "Verification: OK" twice.
#
# Whom one has to believe: the owner of the last certificate in {CHAIN},
#   {_plain(chain.root.subject.rfc4514_string())}
#   SHA-256 fingerprint {fingerprint(chain)}
# Compare this fingerprint with the one that the authority publishes.
#
# -attime is the time in the token. Certificates expire; what counts is that they were valid then. Without it, openssl
# refuses the token from {chain.expires:%Y-%m-%d} on.
set -eu

# Nothing here has changed since it was stored.
sha256sum -c <<'END'
{digests}END

# The token answers the request that was sent.
openssl ts -verify -queryfile {REQUEST} {check}

# The token is about the checkpoint itself.
openssl ts -verify -data {CHECKPOINT} {check}

# The time in it:
openssl ts -reply -in {RESPONSE} -text | grep 'Time stamp'
""".encode()


def listed_digests(text: bytes) -> dict[str, str]:
    """The SHA-256 (hexadecimal) of each file that such a text lists, by name."""
    return {name: digest for digest, name in _DIGEST.findall(text.decode("utf-8", "replace"))}


def fingerprint(chain: Chain) -> str:
    """The SHA-256 of the root's DER in pairs of capitals, as authorities publish it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return bytes.fromhex(sha256_hex(chain.root.public_bytes(Encoding.DER))).hex(":").upper()


def _plain(text: str) -> str:
    """One line of text that cannot leave the comment it stands in: names in certificates are other people's words."""
    return "".join(character for character in shown(text) if character.isprintable())[:300]
