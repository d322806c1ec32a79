"""BagIt Profiles 1.4: what two parties agreed a bag must be, read from JSON, and a bag held against it.

Source: BagIt Profiles Specification 1.4.0. A profile says nothing of RFC 8493, which the bag has to obey as well, nor
of its content. Where the specification is silent, the lenient reading is taken and said here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from importlib import resources

from profiles.finding import Finding, Severity
from profiles.finding_codes import FindingCode

SOURCE = "BagIt Profiles 1.4"
ALWAYS_ALLOWED = ("bagit.txt", "bag-info.txt", "fetch.txt", "manifest-*.txt", "tagmanifest-*.txt")
"""Tag files that RFC 8493 itself defines: no list of allowed ones concerns them."""

IDENTIFIER = "BagIt-Profile-Identifier"


class Serialization(StrEnum):
    """Whether a bag may come as one file."""

    FORBIDDEN = "forbidden"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Tag:
    """What is asked of one label of ``bag-info.txt``; no ``values`` means any."""

    label: str
    required: bool = False
    recommended: bool = False
    repeatable: bool = True
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BagItProfile:
    """One profile. Lists of what is allowed are patterns (``*`` and ``?``); None means anything."""

    identifier: str
    version: str
    source_organization: str
    external_description: str
    tags: tuple[Tag, ...] = ()
    bagit_versions: tuple[str, ...] = ()
    manifests_required: tuple[str, ...] = ()
    manifests_allowed: tuple[str, ...] | None = None
    tag_manifests_required: tuple[str, ...] = ()
    tag_manifests_allowed: tuple[str, ...] | None = None
    tag_files_required: tuple[str, ...] = ()
    tag_files_allowed: tuple[str, ...] | None = None
    payload_files_required: tuple[str, ...] = ()
    payload_files_allowed: tuple[str, ...] | None = None
    fetch_allowed: bool = True
    fetch_required: bool = False
    data_empty: bool = False
    serialization: Serialization = Serialization.OPTIONAL
    serializations_accepted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BagFacts:
    """What a profile asks about, of one bag. Paths are relative to the bag; ``serialized`` is a media type or None.

    ``payload`` maps each payload file to its size in octets, ``info`` holds labels and values in the order of the file.
    """

    bagit_version: str | None
    info: Sequence[tuple[str, str]]
    manifests: frozenset[str]
    tag_manifests: frozenset[str]
    tag_files: Sequence[str]
    payload: Mapping[str, int] = field(default_factory=dict)
    has_fetch: bool = False
    serialized: str | None = None


def check_bag(profile: BagItProfile, bag: BagFacts) -> list[Finding]:
    """Everything in which ``bag`` is not what ``profile`` asks for, in the order of the specification."""
    return [
        *_bag_info(profile, bag),
        *_manifests("manifest", bag.manifests, profile.manifests_required, profile.manifests_allowed),
        *_manifests("tagmanifest", bag.tag_manifests, profile.tag_manifests_required, profile.tag_manifests_allowed),
        *_fetch(profile, bag),
        *_serialization(profile, bag),
        *_version(profile, bag),
        *_files("tag file", bag.tag_files, profile.tag_files_required, profile.tag_files_allowed),
        *_files("payload file", list(bag.payload), profile.payload_files_required, profile.payload_files_allowed),
        *_emptiness(profile, bag),
    ]


def _bag_info(profile: BagItProfile, bag: BagFacts) -> Iterator[Finding]:
    said = [value for label, value in bag.info if label.lower() == IDENTIFIER.lower()]
    if profile.identifier not in said:
        word = f"names the profile {said[0]!r}" if said else "names no profile"
        yield _finding(
            FindingCode.PROFILE_NOT_NAMED,
            "bag-info.txt",
            f"{word}; expected {profile.identifier!r}",
            "BagIt-Profile-Info",
        )
    for tag in profile.tags:
        values = [value for label, value in bag.info if label.lower() == tag.label.lower()]
        yield from _tag(tag, values)


def _tag(tag: Tag, values: Sequence[str]) -> Iterator[Finding]:
    if not values and tag.required:
        yield _finding(FindingCode.PROFILE_TAG_MISSING, "bag-info.txt", f"has no '{tag.label}'", "Bag-Info")
    if not values and tag.recommended and not tag.required:
        message = f"has no '{tag.label}', which is recommended"
        yield Finding(
            FindingCode.PROFILE_TAG_RECOMMENDED, Severity.INFO, "bag-info.txt", message, f"{SOURCE}, Bag-Info"
        )
    if len(values) > 1 and not tag.repeatable:
        yield _finding(
            FindingCode.PROFILE_TAG_REPEATED, "bag-info.txt", f"has '{tag.label}' {len(values)} times", "Bag-Info"
        )
    for value in values:
        if tag.values and value not in tag.values:
            allowed = ", ".join(tag.values)
            message = f"has '{tag.label}: {value}'; one of these is allowed: {allowed}"
            yield _finding(FindingCode.PROFILE_TAG_VALUE, "bag-info.txt", message, "Bag-Info")


def _manifests(
    kind: str, present: frozenset[str], required: Sequence[str], allowed: Sequence[str] | None
) -> Iterator[Finding]:
    rule = "Manifests" if kind == "manifest" else "Tag-Manifests"
    for algorithm in required:
        if algorithm not in present:
            yield _finding(
                FindingCode.PROFILE_MANIFEST_MISSING, f"{kind}-{algorithm}.txt", "is missing", f"{rule}-Required"
            )
    for algorithm in sorted(present):
        if allowed is not None and algorithm not in allowed:
            yield _finding(
                FindingCode.PROFILE_MANIFEST_FORBIDDEN, f"{kind}-{algorithm}.txt", "is not allowed", f"{rule}-Allowed"
            )


def _fetch(profile: BagItProfile, bag: BagFacts) -> Iterator[Finding]:
    if bag.has_fetch and not profile.fetch_allowed:
        yield _finding(FindingCode.PROFILE_FETCH_FORBIDDEN, "fetch.txt", "is not allowed", "Allow-Fetch.txt")
    if profile.fetch_required and not bag.has_fetch:
        yield _finding(FindingCode.PROFILE_FETCH_MISSING, "fetch.txt", "is missing", "Fetch.txt-Required")


def _serialization(profile: BagItProfile, bag: BagFacts) -> Iterator[Finding]:
    if bag.serialized is None and profile.serialization is Serialization.REQUIRED:
        accepted = ", ".join(profile.serializations_accepted)
        message = f"the bag is a folder and should come as one file ({accepted})"
        yield _finding(FindingCode.PROFILE_SERIALIZATION, ".", message, "Serialization")
    if bag.serialized is not None and profile.serialization is Serialization.FORBIDDEN:
        message = f"the bag comes as one file ({bag.serialized}) and should be a folder"
        yield _finding(FindingCode.PROFILE_SERIALIZATION, ".", message, "Serialization")
    elif bag.serialized is not None and bag.serialized not in profile.serializations_accepted:
        message = f"the bag comes as {bag.serialized}; accepted: {', '.join(profile.serializations_accepted)}"
        yield _finding(FindingCode.PROFILE_SERIALIZATION, ".", message, "Accept-Serialization")


def _version(profile: BagItProfile, bag: BagFacts) -> Iterator[Finding]:
    if bag.bagit_version not in profile.bagit_versions:
        accepted = ", ".join(profile.bagit_versions)
        message = f"declares BagIt {bag.bagit_version or 'of no version'}; accepted: {accepted}"
        yield _finding(FindingCode.PROFILE_BAGIT_VERSION, "bagit.txt", message, "Accept-BagIt-Version")


def _files(
    what: str, present: Sequence[str], required: Sequence[str], allowed: Sequence[str] | None
) -> Iterator[Finding]:
    rule = "Tag-Files" if what == "tag file" else "Payload-Files"
    there = frozenset(present)
    for path in required:
        if path not in there:
            yield _finding(FindingCode.PROFILE_FILE_MISSING, path, f"this {what} is missing", f"{rule}-Required")
    if allowed is None:
        return
    known = (*allowed, *ALWAYS_ALLOWED) if what == "tag file" else tuple(allowed)
    for path in present:
        if not any(fnmatchcase(path, pattern) for pattern in known):
            yield _finding(FindingCode.PROFILE_FILE_FORBIDDEN, path, f"this {what} is not allowed", f"{rule}-Allowed")


def _emptiness(profile: BagItProfile, bag: BagFacts) -> Iterator[Finding]:
    """Empty means: no payload file, or a single one of no octets."""
    if profile.data_empty and (len(bag.payload) > 1 or any(bag.payload.values())):
        yield _finding(FindingCode.PROFILE_NOT_EMPTY, "data/", "holds files and should be empty", "Data-Empty")


def _finding(code: FindingCode, subject: str, message: str, rule: str) -> Finding:
    return Finding(code, Severity.ERROR, subject, message, f"{SOURCE}, {rule}")


def shipped_profile(name: str) -> BagItProfile:
    """One of our own profiles, such as ``aip-1``; raises ValueError where there is none of that name."""
    file = resources.files("profiles").joinpath("data", "bagit", f"{name}.json")
    if name not in shipped_profiles():
        raise ValueError(f"there is no BagIt profile '{name}' (there are: {', '.join(shipped_profiles())})")
    return parse_profile(file.read_bytes())


def shipped_profiles() -> tuple[str, ...]:
    """Names of our own profiles."""
    folder = resources.files("profiles").joinpath("data", "bagit")
    return tuple(sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")))


def parse_profile(data: bytes) -> BagItProfile:
    """The profile in the JSON ``data``.

    Raises ValueError saying which part is wrong, also where the profile contradicts itself: what is required must be
    allowed. Members that the specification does not know are passed over, as it asks.
    """
    try:
        said = json.loads(data)
    except ValueError as error:
        raise ValueError(f"the profile is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise ValueError("the profile is not a JSON object")
    top = _Reader("", said)
    info = top.within("BagIt-Profile-Info")
    profile = BagItProfile(
        identifier=info.text(IDENTIFIER),
        version=info.text("Version"),
        source_organization=info.text("Source-Organization"),
        external_description=info.text("External-Description"),
        tags=tuple(_read_tag(label, top.within("Bag-Info")) for label in top.within("Bag-Info").said),
        bagit_versions=top.texts("Accept-BagIt-Version"),
        manifests_required=top.texts("Manifests-Required", ()),
        manifests_allowed=top.optional_texts("Manifests-Allowed"),
        tag_manifests_required=top.texts("Tag-Manifests-Required", ()),
        tag_manifests_allowed=top.optional_texts("Tag-Manifests-Allowed"),
        tag_files_required=top.texts("Tag-Files-Required", ()),
        tag_files_allowed=top.optional_texts("Tag-Files-Allowed"),
        payload_files_required=top.texts("Payload-Files-Required", ()),
        payload_files_allowed=top.optional_texts("Payload-Files-Allowed"),
        fetch_allowed=top.flag("Allow-Fetch.txt", default=True),
        fetch_required=top.flag("Fetch.txt-Required", default=False),
        data_empty=top.flag("Data-Empty", default=False),
        serialization=_serialization_word(said.get("Serialization", "optional")),
        serializations_accepted=top.texts("Accept-Serialization", ()),
    )
    _refuse_contradiction(profile)
    return profile


@dataclass(frozen=True, slots=True)
class _Reader:
    """Members of one JSON object, with the object's place for messages."""

    place: str
    said: Mapping[str, object]

    def within(self, name: str) -> _Reader:
        value = self.said.get(name, {})
        if not isinstance(value, dict):
            raise ValueError(f"{self.place}{name} is not an object")
        return _Reader(f"{self.place}{name}.", value)

    def text(self, name: str) -> str:
        value = self.said.get(name)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{self.place}{name} is missing or no text")
        return value

    def texts(self, name: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        value = self.said.get(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{self.place}{name} is missing or no list of texts")
        return tuple(value)

    def optional_texts(self, name: str) -> tuple[str, ...] | None:
        return self.texts(name) if name in self.said else None

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.said.get(name, default)
        if isinstance(value, str) and value.lower() in ("true", "false"):  # some published profiles quote them
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise ValueError(f"{self.place}{name} is neither true nor false")
        return value


def _read_tag(label: str, tags: _Reader) -> Tag:
    asked = tags.within(label)
    return Tag(
        label=label,
        required=asked.flag("required", default=False),
        recommended=asked.flag("recommended", default=False),
        repeatable=asked.flag("repeatable", default=True),
        values=asked.texts("values", ()),
    )


def _serialization_word(value: object) -> Serialization:
    if value not in list(Serialization):
        raise ValueError(f"Serialization is {value!r}; expected forbidden, optional or required")
    return Serialization(str(value))


def _refuse_contradiction(profile: BagItProfile) -> None:
    for name, required, allowed in (
        ("Manifests", profile.manifests_required, profile.manifests_allowed),
        ("Tag-Manifests", profile.tag_manifests_required, profile.tag_manifests_allowed),
        ("Tag-Files", profile.tag_files_required, profile.tag_files_allowed),
        ("Payload-Files", profile.payload_files_required, profile.payload_files_allowed),
    ):
        for one in required:
            if allowed is not None and not any(fnmatchcase(one, pattern) for pattern in allowed):
                raise ValueError(f"{name}-Required asks for {one!r}, which {name}-Allowed forbids")
    if profile.fetch_required and not profile.fetch_allowed:
        raise ValueError("Fetch.txt-Required asks for what Allow-Fetch.txt forbids")
    if profile.serialization is Serialization.REQUIRED and not profile.serializations_accepted:
        raise ValueError("Serialization is required, and Accept-Serialization names no form")
    if not profile.bagit_versions:
        raise ValueError("Accept-BagIt-Version names no version")
