"""Keys sign and are recognised; openssl reads them; a secret is never overwritten or believed when altered."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from archive.custody.keys import create_key, is_signed_by, key_path, load_key, parse_verifier_key, verifier_key
from archive.errors import CustodyError, UsageError

ORIGIN = "evidence-archive/3f0c7a0e-58d1-4f5a-9b53-6f6f3f4f1c11"


def test_a_key_signs_and_is_read_again(tmp_path: Path) -> None:
    made = create_key(tmp_path, "log-1")
    assert key_path(tmp_path, "log-1").stat().st_mode & 0o777 == 0o600
    again = load_key(tmp_path, "log-1")
    assert again.public == made.public
    signature = again.sign(b"said")
    assert is_signed_by(made.public, signature, b"said")
    assert not is_signed_by(made.public, signature, b"sais")
    assert not is_signed_by(create_key(tmp_path, "log-2").public, signature, b"said")
    for bit in range(len(signature) * 8):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not is_signed_by(made.public, bytes(flipped), b"said")


def test_openssl_agrees(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key = create_key(tmp_path, "log-1")
    (tmp_path / "data").write_bytes(b"said")
    (tmp_path / "signature").write_bytes(key.sign(b"said"))
    command = ["openssl", "pkeyutl", "-verify", "-inkey", key_path(tmp_path, "log-1"), "-rawin"]
    subprocess.run([*command, "-in", tmp_path / "data", "-sigfile", tmp_path / "signature"], check=True)


def test_a_secret_is_never_overwritten(tmp_path: Path) -> None:
    create_key(tmp_path, "log-1")
    before = key_path(tmp_path, "log-1").read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        create_key(tmp_path, "log-1")
    assert key_path(tmp_path, "log-1").read_bytes() == before
    with pytest.raises(UsageError, match="cannot be the name"):
        create_key(tmp_path, "../log")


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: path.chmod(0o640), "by others than its owner"),
        (lambda path: path.write_bytes(b"-----BEGIN PRIVATE KEY-----\n"), "no key that can be read"),
    ],
)
def test_a_secret_that_is_not_as_it_should_be_is_refused(tmp_path: Path, spoil, word: str) -> None:
    create_key(tmp_path, "log-1")
    spoil(key_path(tmp_path, "log-1"))
    with pytest.raises(CustodyError, match=word):
        load_key(tmp_path, "log-1")


def test_a_verifier_key_is_text_in_which_every_altered_character_shows(tmp_path: Path) -> None:
    key = create_key(tmp_path, "log-1")
    text = verifier_key(ORIGIN, key.public)
    assert parse_verifier_key(text) == (ORIGIN, key.public)
    for i in range(len(text)):
        altered = text[:i] + ("A" if text[i] != "A" else "B") + text[i + 1 :]
        with pytest.raises(ValueError):
            parse_verifier_key(altered)


def test_the_published_example_of_a_verifier_key_is_read() -> None:
    # Go's sumdb, a signed-note verifier key in long public use.
    origin, public = parse_verifier_key("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    assert origin == "sum.golang.org"
    assert public.hex().startswith("ce3372d75ad1ee5ecdaf87272")
