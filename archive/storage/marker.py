"""``location.json``: what a location says of itself, so that an empty mount point is not taken for lost packages."""

from __future__ import annotations

import json

from archive.storage.location import Identity

DIRECTORY = "directory"
"""The form of a marker that names none: there was no other when the first ones were written."""


def marker_fields(identity: Identity) -> dict[str, object]:
    """What stands in the marker of such a location."""
    form = {} if identity.form == DIRECTORY else {"form": identity.form}
    return {"archive": identity.archive, **form, "location": identity.name, "v": 1}


def marker_octets(identity: Identity) -> bytes:
    """The marker as it is written."""
    return json.dumps(marker_fields(identity), indent=1).encode() + b"\n"


def parse_marker(data: bytes) -> dict[str, object]:
    """The fields of a marker, none where it is not an object; ValueError where it is no JSON."""
    found = json.loads(data)
    return found if isinstance(found, dict) else {}


def identity_in(data: bytes) -> Identity | None:
    """Whose marker this is, None where it does not say."""
    try:
        found = parse_marker(data)
        return Identity(str(found["location"]), str(found["archive"]), str(found.get("form", DIRECTORY)))
    except (ValueError, KeyError):
        return None
