"""A bag held against a BagIt profile: every rule broken alone, and profiles that are none."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from profiles.bagit_profile import (
    BagFacts,
    BagItProfile,
    Serialization,
    Tag,
    check_bag,
    parse_profile,
    shipped_profile,
    shipped_profiles,
)
from profiles.finding import Severity

PROFILE = BagItProfile(
    identifier="urn:x:1",
    version="1",
    source_organization="x",
    external_description="y",
    tags=(
        Tag("Source-Organization", required=True, repeatable=False, values=("viasna", "redress")),
        Tag("Contact-Name", recommended=True),
    ),
    bagit_versions=("1.0",),
    manifests_required=("sha256",),
    manifests_allowed=("sha256", "md5"),
    tag_manifests_required=("sha256",),
    tag_manifests_allowed=("sha256",),
    tag_files_required=("README.txt",),
    tag_files_allowed=("README*.txt",),
    payload_files_required=("data/metadata.csv",),
    payload_files_allowed=("data/*.csv", "data/photos/*"),
    fetch_allowed=False,
    serialization=Serialization.FORBIDDEN,
)
BAG = BagFacts(
    bagit_version="1.0",
    info=[("bagit-profile-identifier", "urn:x:1"), ("Source-Organization", "viasna"), ("Contact-Name", "K-07")],
    manifests=frozenset({"sha256"}),
    tag_manifests=frozenset({"sha256"}),
    tag_files=["README.txt", "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"],
    payload={"data/metadata.csv": 10, "data/photos/1.jpg": 20},
)


def test_a_bag_that_is_as_agreed_has_no_findings() -> None:
    assert check_bag(PROFILE, BAG) == []


@pytest.mark.parametrize(
    ("change", "code", "subject"),
    [
        ({"info": BAG.info[1:]}, "profile-not-named", "bag-info.txt"),
        ({"info": [("BagIt-Profile-Identifier", "urn:x:2"), *BAG.info[1:]]}, "profile-not-named", "bag-info.txt"),
        ({"info": [BAG.info[0], BAG.info[2]]}, "profile-tag-missing", "bag-info.txt"),
        ({"info": [*BAG.info, ("source-organization", "redress")]}, "profile-tag-repeated", "bag-info.txt"),
        ({"info": [BAG.info[0], ("Source-Organization", "Viasna"), BAG.info[2]]}, "profile-tag-value", "bag-info.txt"),
        ({"manifests": frozenset({"md5"})}, "profile-manifest-missing", "manifest-sha256.txt"),
        ({"manifests": frozenset({"sha256", "sha1"})}, "profile-manifest-forbidden", "manifest-sha1.txt"),
        ({"tag_manifests": frozenset()}, "profile-manifest-missing", "tagmanifest-sha256.txt"),
        ({"tag_manifests": frozenset({"sha256", "md5"})}, "profile-manifest-forbidden", "tagmanifest-md5.txt"),
        ({"has_fetch": True}, "profile-fetch-forbidden", "fetch.txt"),
        ({"serialized": "application/zip"}, "profile-serialization", "."),
        ({"bagit_version": "0.97"}, "profile-bagit-version", "bagit.txt"),
        ({"bagit_version": None}, "profile-bagit-version", "bagit.txt"),
        ({"tag_files": ["bagit.txt"]}, "profile-file-missing", "README.txt"),
        ({"tag_files": ["README.txt", "notes.txt"]}, "profile-file-forbidden", "notes.txt"),
        ({"payload": {"data/photos/1.jpg": 1}}, "profile-file-missing", "data/metadata.csv"),
        ({"payload": {"data/metadata.csv": 1, "data/x.exe": 1}}, "profile-file-forbidden", "data/x.exe"),
    ],
)
def test_each_departure_is_found_alone(change, code: str, subject: str) -> None:
    (finding,) = check_bag(PROFILE, replace(BAG, **change))
    assert (finding.code, finding.subject, finding.severity) == (code, subject, Severity.ERROR)
    assert finding.source.startswith("BagIt Profiles 1.4, ")


def test_what_is_only_recommended_is_only_mentioned() -> None:
    (finding,) = check_bag(PROFILE, replace(BAG, info=BAG.info[:2]))
    assert (finding.code, finding.severity) == ("profile-tag-recommended", Severity.INFO)


@pytest.mark.parametrize(
    ("change", "bag", "code"),
    [
        ({"fetch_allowed": True, "fetch_required": True}, {}, "profile-fetch-missing"),
        ({"serialization": Serialization.REQUIRED, "serializations_accepted": ("a/b",)}, {}, "profile-serialization"),
        (
            {"serialization": Serialization.OPTIONAL, "serializations_accepted": ("a/b",)},
            {"serialized": "c/d"},
            "profile-serialization",
        ),
        ({"data_empty": True}, {}, "profile-not-empty"),
    ],
)
def test_the_rarer_rules(change, bag, code: str) -> None:
    (finding,) = check_bag(replace(PROFILE, **change), replace(BAG, **bag))
    assert finding.code == code


def test_a_payload_of_one_empty_file_is_empty() -> None:
    profile = replace(PROFILE, data_empty=True, payload_files_required=(), payload_files_allowed=None)
    assert check_bag(profile, replace(BAG, payload={"data/.keep": 0})) == []
    assert check_bag(profile, replace(BAG, payload={})) == []
    assert check_bag(profile, replace(BAG, payload={"data/a": 0, "data/b": 0})) != []


def test_our_own_profiles_are_read_and_named_once() -> None:
    assert {"open-source-1", "testimony-1", "aip-1", "dip-1", "handover-volume-1"} <= set(shipped_profiles())
    profiles = [shipped_profile(name) for name in shipped_profiles()]
    assert len({profile.identifier for profile in profiles}) == len(profiles)
    for profile in profiles:
        (tag,) = [tag for tag in profile.tags if tag.label == "BagIt-Profile-Identifier"]
        assert tag.values == (profile.identifier,)
    with pytest.raises(ValueError, match="no BagIt profile"):
        shipped_profile("../aip-1")


def _said(**changes: object) -> bytes:
    said = {
        "BagIt-Profile-Info": {
            "BagIt-Profile-Identifier": "urn:x:1",
            "Version": "1",
            "Source-Organization": "x",
            "External-Description": "y",
        },
        "Bag-Info": {"A": {"required": True}},
        "Accept-BagIt-Version": ["1.0"],
        "Something-Else": {"kept": "unread"},
    }
    return json.dumps(said | {name.replace("_", "-"): value for name, value in changes.items()}).encode()


def test_quoted_truth_and_unknown_members_are_read() -> None:
    profile = parse_profile(_said(Data_Empty="true"))
    assert profile.data_empty
    assert profile.manifests_allowed is None


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (_said(Bag_Info=[]), "Bag-Info is not an object"),
        (_said(Bag_Info={"A": "required"}), "Bag-Info.A is not an object"),
        (_said(Bag_Info={"A": {"required": 1}}), "Bag-Info.A.required"),
        (_said(Accept_BagIt_Version=[]), "names no version"),
        (_said(Accept_BagIt_Version="1.0"), "no list"),
        (_said(Manifests_Required=["sha256"], Manifests_Allowed=["md5"]), "Manifests-Required asks for 'sha256'"),
        (_said(Tag_Files_Required=["a"], Tag_Files_Allowed=[]), "Tag-Files-Required"),
        (_said(Serialization="sometimes"), "Serialization is 'sometimes'"),
        (_said(Serialization="required"), "names no form"),
        (_said(**{"Fetch.txt-Required": True, "Allow-Fetch.txt": False}), "forbids"),
        (_said(**{"BagIt-Profile-Info": {"Version": "1"}}), "BagIt-Profile-Identifier is missing"),
    ],
)
def test_what_is_no_profile_is_refused_with_the_place(data: bytes, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_profile(data)
