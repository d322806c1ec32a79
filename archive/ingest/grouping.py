"""Which delivered files belong together as one item: a file and its side-cars, by their names alone. Pure.

A side-car is named after its file: with its own ending behind the whole name (``a.jpg.ots``) or in place of the file's
ending (``a.json``). Where several files might be meant, the side-car belongs to all of them and they are one item: kept
together needlessly does no harm, torn apart does. Two programs name their files otherwise and are known by it:

- ProofMode names what it writes after the SHA-256 of the photograph (``<64 digits>.proof.json``, ``.asc``, ``.ots`` …),
  which keeps a name of its own; an export holds ``pubkey.asc`` too, and is one item.
- auto-archiver gives every file a name of 24 digits; where each capture has a folder of its own, that is one item.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntFlag, StrEnum


class SideCar(StrEnum):
    """What a side-car is, by the ending of its name."""

    OPENTIMESTAMPS = ".ots"
    TIMESTAMP = ".tsr"
    TIMESTAMP_QUERY = ".tsq"
    OPENPGP_ARMORED = ".asc"
    SIGNATURE = ".sig"
    MINISIGN = ".minisig"
    C2PA = ".c2pa"
    JSON = ".json"
    WEB_ARCHIVE = ".wacz"
    CERTIFICATE = ".crt"


LONGER = (".info.json", ".proof.json", ".proof.csv", ".gst")
"""Endings of several parts or of one program: yt-dlp's description, ProofMode's metadata and SafetyNet token."""

_ENDINGS = tuple(ending.encode() for ending in (*LONGER, *SideCar))  # the longer first
_PROOF = re.compile(rb"([0-9a-f]{64})\..+", re.DOTALL)
_CAPTURED = re.compile(rb"[0-9a-f]{24}(?:\.[A-Za-z0-9]{1,12})?")
_TRACES = (b".html", b".wacz", b".tsr", b".ots", b".crt", b".json")


class Mark(IntFlag):
    """What a name tells about the folder it stands in."""

    PROOF = 1  # written by ProofMode
    PROOF_METADATA = 2  # of which there is one for each photograph
    PUBLIC_KEY = 4
    CAPTURED = 8  # as auto-archiver names files
    REPORT = 16
    TRACE = 32  # what only a capture has


@dataclass(frozen=True, slots=True)
class Counts:
    """How many files stand in a folder itself, and how many of them bear each mark."""

    files: int
    marked: dict[Mark, int]


def marks(name: bytes) -> Mark:
    """What the name of a file tells about its folder."""
    found = Mark(0)
    if _PROOF.fullmatch(name):
        found |= Mark.PROOF
        found |= Mark.PROOF_METADATA if name.endswith(b".proof.json") else Mark(0)
    elif name == b"pubkey.asc":
        found |= Mark.PUBLIC_KEY
    elif _CAPTURED.fullmatch(name):
        found |= Mark.CAPTURED
        found |= Mark.REPORT if name.endswith(b".html") else Mark(0)
        found |= Mark.TRACE if name.endswith(_TRACES) else Mark(0)
    return found


def is_one_item(counts: Counts, *, at_most: int) -> bool:
    """Whether all files that stand in a folder itself are one item, of ``at_most`` so many files.

    So is an export of ProofMode (its public key lies with it), the one photograph with the one set named after it,
    and one capture of auto-archiver.
    """
    if not 2 <= counts.files <= at_most:
        return False
    of = counts.marked
    if of[Mark.PROOF_METADATA]:
        photographs = counts.files - of[Mark.PROOF]
        return of[Mark.PUBLIC_KEY] > 0 or (of[Mark.PROOF_METADATA] == 1 and photographs == 1)
    return of[Mark.CAPTURED] == counts.files and of[Mark.REPORT] <= 1 and of[Mark.TRACE] > 0


def side_car(name: bytes) -> SideCar | None:
    """Which kind of side-car a file of this name would be; None for any other name."""
    lower = name.lower()
    return next((kind for kind in SideCar if lower.endswith(kind.encode()) and len(lower) > len(kind)), None)


def order(name: bytes) -> bytes:
    """What to sort names by so that all with one beginning before a dot stand together: a dot before anything else."""
    return name.replace(b".", b"\0")


def runs(names: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Names of one folder, given in ``order``, cut into runs that can be judged apart: no item lies in two of them."""
    run: list[bytes] = []
    reach = b""
    for name in names:
        if run and not name.startswith(reach):
            yield run
            run = []
        its = _reach(name)
        reach = its if not run or reach.startswith(its) else reach
        run.append(name)
    if run:
        yield run


def _reach(name: bytes) -> bytes:
    """How every name begins that may belong together with this one and comes behind it."""
    proof = _PROOF.fullmatch(name)
    if proof is not None:
        return proof[1] + b"."
    rest = _rest(name)
    if rest is not None:
        return rest + b"."
    stem, _, _ = name.rpartition(b".")
    return (stem or name) + b"."


def items(names: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """Names of one folder put together to items; in order of the names, each item's too."""
    if len(names) < 2:
        return [(name,) for name in names]
    leads = _Leads(names)
    endings = {name: _rest(name) for name in names}
    present = set(names)
    plain = _by_stem(name for name, rest in endings.items() if rest is None)
    waiting: dict[bytes, bytes] = {}
    for name, rest in endings.items():
        proof = _PROOF.fullmatch(name)
        if proof is not None:
            leads.join(name, waiting.setdefault(proof[1] + b".", name))
        if rest is None:
            continue
        if rest in present:
            leads.join(name, rest)
        elif rest in plain:
            for owner in plain[rest]:
                leads.join(name, owner)
        else:
            leads.join(name, waiting.setdefault(rest, name))
    return leads.groups()


def _rest(name: bytes) -> bytes | None:
    """The name without a side-car's ending; None for a name without one."""
    lower = name.lower()
    ending = next((ending for ending in _ENDINGS if lower.endswith(ending) and len(lower) > len(ending)), None)
    return None if ending is None else name[: -len(ending)]


def _by_stem(names: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """Names by what stands before their last dot."""
    found: dict[bytes, list[bytes]] = {}
    for name in names:
        stem, dot, _ = name.rpartition(b".")
        if dot and stem:
            found.setdefault(stem, []).append(name)
    return found


class _Leads:
    """Names joined to others, each group under its first name (a disjoint-set forest)."""

    def __init__(self, names: Sequence[bytes]) -> None:
        self._lead = {name: name for name in sorted(names)}

    def join(self, one: bytes, other: bytes) -> None:
        first, second = sorted((self._find(one), self._find(other)))
        self._lead[second] = first

    def groups(self) -> list[tuple[bytes, ...]]:
        found: dict[bytes, list[bytes]] = {}
        for name in self._lead:
            found.setdefault(self._find(name), []).append(name)
        return [tuple(group) for group in found.values()]

    def _find(self, name: bytes) -> bytes:
        while self._lead[name] != name:
            self._lead[name] = self._lead[self._lead[name]]
            name = self._lead[name]
        return name


def subjects(name: bytes, item: Iterable[bytes]) -> list[bytes]:
    """The files of an item that the signature ``name`` may be about, in order.

    The one it is named after, or the ones whose stem it has; where its name leads to none, whatever of the item is
    neither a signature nor a certificate.
    """
    others = sorted(other for other in item if other != name)
    rest = _rest(name)
    if rest in others:
        return [rest] if rest is not None else []
    stems = _by_stem(other for other in others if _rest(other) is None)
    if rest is not None and rest in stems:
        return stems[rest]
    return [other for other in others if side_car(other) in (None, SideCar.JSON, SideCar.WEB_ARCHIVE)]
