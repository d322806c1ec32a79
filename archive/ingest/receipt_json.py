"""A receipt as other programs read it."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any

from archive.catalogue.rows import FileRow
from archive.custody.paper import short_form
from archive.ingest.receipt import Receipt
from archive.ingest.receipt_words import open_points
from archive.model.moments import format_moment
from archive.model.names import shown
from archive.model.transfer import Transfer
from archive.packages.accession import MemberPackage
from profiles.finding import finding_as_json
from profiles.finding_codes import needs_person


def as_json(receipt: Receipt) -> dict[str, Any]:
    """The receipt; a name that is not UTF-8 has its octets beside it, in base64."""
    totals, checkpoint = receipt.totals, receipt.checkpoint
    return {
        "accession": receipt.accession,
        "producer": receipt.producer,
        "organization": receipt.organization,
        "log": receipt.log,
        "title": receipt.title,
        "state": "open" if receipt.closed_at is None else "closed",
        "opened_at": format_moment(receipt.opened_at),
        "closed_at": None if receipt.closed_at is None else format_moment(receipt.closed_at),
        "close_reason": receipt.close_reason,
        "at": format_moment(receipt.at),
        "transfers": [transfer_as_json(one) for one in receipt.transfers],
        "received": totals.received,
        **asdict(totals),
        "bytes": receipt.octets,
        "also": dict(receipt.also),
        "open_points": open_points(receipt),
        "undecided": [{**file_as_json(one.file), "reason": one.reason} for one in receipt.undecided],
        "receipt_csv_sha256": receipt.csv_sha256,
        "files": [file_as_json(file) for file in receipt.files],
        "submission": [asdict(one) for one in receipt.submission],
        "packages": [_package(one) for one in receipt.packages],
        "accession_package": None if receipt.papers is None else _package(receipt.papers),
        "earlier_accession_packages": [_package(one) for one in receipt.earlier_papers],
        "closing_package": receipt.closing,
        "checkpoint": None
        if checkpoint is None
        else {
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "time": None if checkpoint.time is None else format_moment(checkpoint.time),
            "short": short_form(checkpoint),
            "covers_closing": receipt.is_covered,
        },
        "findings": [
            {**finding_as_json(finding), "needs_person": needs_person(finding)} for finding in receipt.findings
        ],
    }


def as_json_text(receipt: Receipt) -> str:
    """The same as text."""
    return json.dumps(as_json(receipt), ensure_ascii=False, indent=1) + "\n"


def transfer_as_json(transfer: Transfer) -> dict[str, Any]:
    """A hand-over; null is not known."""
    name = transfer.note_name
    return {**asdict(transfer), "note_name": None if name is None else shown(name)}


def file_as_json(file: FileRow) -> dict[str, Any]:
    """One delivered file."""
    told: dict[str, Any] = {
        "file": file.id,
        "path": None if file.name is None else shown(file.name),
        "outcome": str(file.outcome),
        "size": file.size,
        "sha256": file.sha256,
        "aip": file.aip,
    }
    if file.name is not None and shown(file.name).encode("utf-8", "surrogateescape") != file.name:
        told["path_b64"] = base64.b64encode(file.name).decode()
    return told


def _package(member: MemberPackage) -> dict[str, Any]:
    return {
        "package": member.package,
        "files": member.files,
        "bytes": member.bytes,
        "tagmanifest_sha256": member.tagmanifest_sha256,
    }
