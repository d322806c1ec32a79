"""Ingest profiles: ours are read, and one that is wrong is refused with the key."""

from __future__ import annotations

import pytest

from profiles.bagit_profile import shipped_profiles
from profiles.ingest_profile import Duplicates, Grouping, Orphans, parse_ingest_profile, shipped_ingest_profiles

LEAST = b'name = "photos"\nversion = 3\ntitle = "Photos"\n'


def test_our_own_profiles_are_read_under_their_names() -> None:
    found = {name: parse_ingest_profile(data) for name, data in shipped_ingest_profiles().items()}
    assert {"open-source-1", "testimony-1"} <= found.keys()
    for name, profile in found.items():
        assert profile.id == name
        assert profile.bagit_profile in shipped_profiles()
    assert found["testimony-1"].grouping is Grouping.COLUMN
    assert found["testimony-1"].orphans is Orphans.QUARANTINE


def test_what_is_not_said_is_the_careful_choice() -> None:
    profile = parse_ingest_profile(LEAST)
    assert (profile.id, profile.orphans, profile.duplicates) == ("photos-3", Orphans.ACCEPT, Duplicates.STORE)
    assert (profile.max_files, profile.max_bytes, profile.rights_default) == (5_000, 20_000_000_000, "embargo")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\xff", "not TOML"),
        (b"name = ", "not TOML"),
        (b'version = 1\ntitle = "x"', "'name' is missing"),
        (LEAST + b"colour = 1", "unknown key 'colour'"),
        (LEAST + b"files = 1", "'files' is no table"),
        (LEAST + b"[files]\nwithout_rows = 'accept'", "unknown key 'files.without_rows'"),
        (LEAST + b"[files]\nwithout_row = 'drop'", "'files.without_row' is 'drop'"),
        (LEAST + b"[files]\nduplicates = 1", "'files.duplicates' is 1"),
        (LEAST + b"[files]\ndigests = ['crc32']", "'files.digests' names 'crc32'"),
        (LEAST + b"[files]\ndigests = 'md5'", "'files.digests' is no list"),
        (LEAST + b"[packages]\nmax_files = 5001", "'packages.max_files' is 5001"),
        (LEAST + b"[packages]\nmax_files = 0", "between 1 and"),
        (LEAST + b"[packages]\nmax_files = true", "'packages.max_files' is True"),
        (LEAST + b"[packages]\nmax_bytes = 2.5", "'packages.max_bytes' is 2.5"),
        (LEAST + b"[packages]\ngroup_by = 'column'", "'packages.column'"),
        (LEAST + b"[packages]\ncolumn = 'case'", "'packages.column'"),
        (LEAST + b"[packages]\ngroup_by = 'column'\ncolumn = 'case'", "must be one of 'metadata.columns_required'"),
        (LEAST + b"[metadata]\ncolumns_required = ['path']", "'metadata.required' for no table"),
        (LEAST + b"[metadata]\nrequired = 'yes'", "'metadata.required' is 'yes'"),
        (LEAST + b"[rights]\nunknown = 'open'", "can only be"),
        (LEAST.replace(b"photos", b"Photos!"), "cannot be the name"),
        (LEAST.replace(b"3", b"0"), "cannot be the name"),
        (LEAST.replace(b"3", b"'3'"), "'version' is '3'"),
    ],
)
def test_a_profile_that_is_wrong_is_refused_with_the_key(data: bytes, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_ingest_profile(data)
