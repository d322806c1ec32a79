"""What is signed: the statement of a request and of an approval, each one line of canonical JSON with its line feed.

A statement is small enough to be read before it is signed, and binds the exact list by its SHA-256. Its first word in
``what`` keeps a signature from being taken for one under anything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from archive import canonical
from archive.model.acts import Act
from archive.model.digests import sha256_hex
from archive.model.identifiers import is_identifier
from archive.model.moments import format_moment
from archive.model.records import RequestRecord

REQUEST = "evidence-archive/request/v1"
APPROVAL = "evidence-archive/approval/v1"


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
    requested_by: str
    delay_hours: int
    valid_days: int

    @property
    def subjects_sha256(self) -> str:
        """Digest of the exact list."""
        return sha256_hex(self.subjects.encode())


def request_statement(draft: Draft | RequestRecord) -> bytes:
    """What the person who asks signs."""
    return _line(
        {
            "act": str(draft.act),
            "archive": draft.archive,
            "delay_hours": draft.delay_hours,
            "reason": draft.reason,
            "request": draft.request,
            "requested_by": draft.requested_by,
            "subjects_sha256": draft.subjects_sha256,
            "valid_days": draft.valid_days,
            "what": REQUEST,
        }
    )


def approval_statement(record: RequestRecord, key: str) -> bytes:
    """What the person who approves signs, with the key of that name."""
    return _line(
        {
            "act": str(record.act),
            "approved_by": key,
            "archive": record.archive,
            "expires": format_moment(record.expires),
            "not_before": format_moment(record.not_before),
            "reason": record.reason,
            "request": record.request,
            "request_sha256": sha256_hex(request_statement(record)),
            "requested_by": record.requested_by,
            "subjects_sha256": record.subjects_sha256,
            "what": APPROVAL,
        }
    )


def parse_request_statement(line: bytes, subjects: bytes) -> Draft:
    """The draft whose statement is ``line``, with its list; raises ValueError for anything else."""
    found = canonical.decode(line.removesuffix(b"\n"))
    if not isinstance(found, dict) or found.get("what") != REQUEST:
        raise ValueError("this is not the statement of a request")
    try:
        draft = Draft(
            request=found["request"],
            act=Act(found["act"]),
            archive=found["archive"],
            subjects=subjects.decode(),
            reason=found["reason"],
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
        raise ValueError("the statement does not fit the list, or is spelled in another way than ours")
    return draft


def _line(values: dict[str, object]) -> bytes:
    return canonical.encode(values) + b"\n"
