"""Encryption in the form of age: what it hides, and that no failure of anybody passes for success."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import ArchiveError, StorageError
from archive.storage.encryption import check_recipient, decrypt, encrypt, new_identity, read_identities

ME = new_identity()


def encrypted(*chunks: bytes) -> bytes:
    out = io.BytesIO()
    encrypt(chunks, out.write, ME.recipient)
    return out.getvalue()


@settings(max_examples=30)
@given(st.lists(st.binary(max_size=200_000), max_size=4))
def test_what_is_encrypted_comes_back(tmp_path_factory: pytest.TempPathFactory, chunks: list[bytes]) -> None:
    target = tmp_path_factory.mktemp("plain") / "plain"
    decrypt(io.BytesIO(encrypted(*chunks)), target, [ME])
    assert target.read_bytes() == b"".join(chunks)
    assert [path.name for path in target.parent.iterdir()] == ["plain"]


def test_a_disk_that_is_full_is_no_success() -> None:
    def full(_data: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        encrypt([bytes(1_000_000)], full, ME.recipient)
    taken = []

    def full_later(data: bytes) -> None:
        if len(taken) > 3:
            raise OSError(28, "No space left on device")
        taken.append(data)

    with pytest.raises(OSError, match="No space"):
        encrypt([bytes(1_000_000)], full_later, ME.recipient)


def test_a_source_that_breaks_off_is_no_success() -> None:
    def chunks() -> object:
        yield bytes(100_000)
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        encrypt(chunks(), io.BytesIO().write, ME.recipient)  # type: ignore[arg-type]


@pytest.mark.parametrize("at", [0, 30, 100, 250, -70_000, -17, -1])
def test_one_bit_is_noticed_and_nothing_gets_its_name(tmp_path: Path, at: int) -> None:
    data = bytearray(encrypted(bytes(200_000)))
    data[at] ^= 1
    with pytest.raises(ArchiveError):
        decrypt(io.BytesIO(bytes(data)), tmp_path / "plain", [ME])
    assert not (tmp_path / "plain").exists()


@pytest.mark.parametrize("size", [0, 50, 200, 70_000, 200_000])
def test_what_was_cut_is_noticed(tmp_path: Path, size: int) -> None:
    with pytest.raises(ArchiveError):
        decrypt(io.BytesIO(encrypted(bytes(200_000))[:size]), tmp_path / "plain", [ME])
    assert not (tmp_path / "plain").exists()


def test_what_was_appended_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        decrypt(io.BytesIO(encrypted(b"a") + b"more"), tmp_path / "plain", [ME])
    assert not (tmp_path / "plain").exists()


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="does not open"):
        decrypt(io.BytesIO(encrypted(b"a")), tmp_path / "plain", [new_identity()])


def test_keys_are_read_as_age_keygen_writes_them() -> None:
    text = f"# created: today\r\n# public key: {ME.recipient}\r\n{ME.secret}\r\n\r\n"
    assert read_identities(text) == [ME]
    assert read_identities("# nothing\n") == []
    assert check_recipient(f" {ME.recipient}\n") == ME.recipient
    for junk in (ME.recipient, "AGE-SECRET-KEY-1JUNK", "ssh-ed25519 AAAA"):
        with pytest.raises(ValueError):
            read_identities(junk)
    for junk in (ME.secret, ME.secret.lower(), "age1junk", "", ME.recipient[:-1]):
        with pytest.raises(ValueError):
            check_recipient(junk)
