"""What is signed: the statement of a request and of an approval, each one line of canonical JSON with its line feed.

A statement is small enough to be read before it is signed, and binds the exact list by its SHA-256. Its first word in
``what`` keeps a signature from being taken for one under anything else.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from archive import canonical
from archive.model.acts import Act
from archive.model.digests import sha256_hex
from archive.model.identifiers import is_identifier
from archive.model.moments import format_moment
from archive.model.records import RequestRecord

REQUEST_V1 = "evidence-archive/request/v1"
APPROVAL_V1 = "evidence-archive/approval/v1"
REQUEST = "evidence-archive/request/v2"
APPROVAL = "evidence-archive/approval/v2"

SALT_SIZE = 32
"""Octets of salt beside a reason, so that its digest does not tell it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person asks for, before it is signed and recorded. ``subjects`` is the exact list in canonical JSON.

    ``delay_hours`` and ``valid_days`` count from the moment the request is recorded.
    """

    request: str
    act: Act
    archive: str
    subjects: str
    reason: str
    reason_salt: bytes
    requested_by: str
    delay_hours: int
    valid_days: int

    @property
    def subjects_sha256(self) -> str:
        """Digest of the exact list."""
        return sha256_hex(self.subjects.encode())

    @property
    def reason_sha256(self) -> str:
        """Digest of the reason as it is written down beside what is signed."""
        return sha256_hex(reason_paper(self.reason, self.reason_salt))


def reason_paper(reason: str, salt: bytes) -> bytes:
    """The reason as canonical JSON ``{"reason","salt"}``: its SHA-256 is what is signed."""
    return canonical.encode({"reason": reason, "salt": base64.b64encode(salt).decode("ascii")})


def parse_reason_paper(data: bytes) -> tuple[str, bytes]:
    """Reason and salt that ``reason_paper`` wrote; raises ValueError for anything else."""
    found = canonical.decode(data)
    if not isinstance(found, dict) or found.keys() != {"reason", "salt"}:
        raise ValueError("this is not a reason as it is written beside a request")
    reason, salt = found["reason"], found["salt"]
    if not isinstance(reason, str) or not isinstance(salt, str):
        raise ValueError("reason and salt are text")
    return reason, base64.b64decode(salt, validate=True)


def request_statement(draft: Draft | RequestRecord) -> bytes:
    """What the person who asks signs, or signed: a request of version 1 holds its reason in clear."""
    if isinstance(draft, RequestRecord) and draft.v == 1:
        return _line(_asked(draft) | {"reason": draft.reason, "what": REQUEST_V1})
    return _line(_asked(draft) | {"reason_sha256": draft.reason_sha256, "what": REQUEST})


def _asked(draft: Draft | RequestRecord) -> dict[str, object]:
    return {
        "act": str(draft.act),
        "archive": draft.archive,
        "delay_hours": draft.delay_hours,
        "request": draft.request,
        "requested_by": draft.requested_by,
        "subjects_sha256": draft.subjects_sha256,
        "valid_days": draft.valid_days,
    }


def approval_statement(record: RequestRecord, key: str, *, v: int = 2) -> bytes:
    """What the person who approves signs with the key of that name; ``v`` is the version of the approval's record."""
    said: dict[str, object] = {
        "act": str(record.act),
        "approved_by": key,
        "archive": record.archive,
        "expires": format_moment(record.expires),
        "not_before": format_moment(record.not_before),
        "request": record.request,
        "request_sha256": sha256_hex(request_statement(record)),
        "requested_by": record.requested_by,
        "subjects_sha256": record.subjects_sha256,
    }
    if v == 1:
        return _line(said | {"reason": record.reason, "what": APPROVAL_V1})
    return _line(said | {"reason_sha256": reason_sha256(record), "what": APPROVAL})


def reason_sha256(record: RequestRecord) -> str:
    """Digest of the reason as ``reason_paper`` writes it; that of a request of version 1 has no salt."""
    return sha256_hex(reason_paper(record.reason, b"")) if record.v == 1 else record.reason_sha256


def parse_request_statement(line: bytes, subjects: bytes, reason: bytes) -> Draft:
    """The draft whose statement is ``line``, with its list and reason; raises ValueError for anything else."""
    found = canonical.decode(line.removesuffix(b"\n"))
    if isinstance(found, dict) and found.get("what") == REQUEST_V1:
        raise ValueError("it was written down by an earlier version of this program; ask anew")
    if not isinstance(found, dict) or found.get("what") != REQUEST:
        raise ValueError("this is not the statement of a request")
    why, salt = parse_reason_paper(reason)
    try:
        draft = Draft(
            request=found["request"],
            act=Act(found["act"]),
            archive=found["archive"],
            subjects=subjects.decode(),
            reason=why,
            reason_salt=salt,
            requested_by=found["requested_by"],
            delay_hours=found["delay_hours"],
            valid_days=found["valid_days"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"the statement lacks {error}") from error
    canonical.decode(subjects)  # and spelled in the one way
    if not is_identifier(draft.request) or type(draft.delay_hours) is not int or type(draft.valid_days) is not int:
        raise ValueError("the statement's numbers are none")
    if request_statement(draft) != line:
        raise ValueError("the statement does not fit list and reason, or is spelled in another way than ours")
    return draft


def _line(values: dict[str, object]) -> bytes:
    return canonical.encode(values) + b"\n"
