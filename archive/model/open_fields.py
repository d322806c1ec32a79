"""Why some text and bytes stand in the open in records of the custody log (DESIGN §7.7): all else is private.

What is open cannot be withheld or erased, and is read by whoever gets the whole log. So each field that holds text or
bytes and is not declared private gives its reason here, and ``tests/model/test_open_fields.py`` holds this to the
records. Numbers, moments and words of closed lists need none.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_RANDOM = "a random identifier: it tells nothing, and links records"
_CODE = "a code that is no name; whom it stands for is in no record"
_DIGEST = "the digest of what the archive itself made; without it nothing could be checked"
_PUBLIC = "a public half of a key: signatures and encryption could not be checked without it"
_STORED = "how a copy is found and checked; generated, never a delivered name"
_PROGRAM = "about a program, never about evidence"
_PRONOM = "a word of a public register of formats"

REASONS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("accession", "package", "file", "files", "item", "group", "remainder", "content", "same_as"), _RANDOM
        ),
        **dict.fromkeys(("incident", "campaign", "request", "handover", "agreement", "consent", "hold"), _RANDOM),
        **dict.fromkeys(("assessment", "selection", "archive", "subject"), _RANDOM),
        **dict.fromkeys(("producer", "code", "holder", "approver", "requested_by"), _CODE),
        **dict.fromkeys(("tagmanifest_sha256", "manifest_sha256", "sha256sums_sha256", "log_root", "root"), _DIGEST),
        **dict.fromkeys(("content_tagmanifest_sha256", "content_manifest_sha256", "build_sha256"), _DIGEST),
        **dict.fromkeys(("withheld_sha256", "commitment", "blake3", "tree_sha256"), _DIGEST),
        **dict.fromkeys(("public_key", "recipient", "recipients", "credential_id", "relying_party"), _PUBLIC),
        **dict.fromkeys(("origins", "signature", "assertion"), _PUBLIC),
        **dict.fromkeys(("object_version", "object_versions", "form", "location", "source"), _STORED),
        **dict.fromkeys(("tools", "tool", "part", "release", "scanner", "signatures", "commit", "python"), _PROGRAM),
        **dict.fromkeys(("system", "openssl", "dependencies", "verifiers", "kinds", "machine", "version"), _PROGRAM),
        **dict.fromkeys(("puid", "formats", "entries"), _PRONOM),
        "actor": _CODE,
        "clock": "what the time of the record was worth",
        "number": "the year and a count; people cite it",
        "profile": "the name of a set of rules",
        "name": "of a key, a location or a format: each is given so that it names nobody",
        "key": "of a signing key, or where a copy lies: generated, or given so that it names nobody",
        "role": "a word of a short list",
        "type": "a word of a short list",
        "way": "a word of a short list",
        "settings": "settings and their values",
        "date": "the day of a public table",
        "sha256": "of a stored object, a public table or a time-stamp, never of a delivered file",
        "authority": "who gave a time-stamp, which is public",
        "subjects": "the exact list that two persons signed: identifiers and codes",
        "subjects_sha256": "the digest of that list",
        "reason_sha256": "a salted digest: the reason itself is private",
        "query_sha256": "a digest of the query under the salt of its private line",
        "lines": "numbers of records and places in them",
        "openings": "what of an erased opening stays for ever: kind, identifiers and outcome",
    }
)
"""The reason for each open field that holds text or bytes, by the field's name."""
