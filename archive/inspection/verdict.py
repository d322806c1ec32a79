"""What may be said of a file's format after hearing every witness. Pure.

Two registries' identifiers are heard as independent witnesses, and our own signatures beside them. What the bytes say
counts; a name never makes a format. Where the witnesses contradict one another, that is said and a person decides; a
format is named meanwhile only where PRONOM itself gives one the right of way: who looked into a container goes before
who saw its outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from archive.inspection.identification import EMPTY, LOCAL, Answers, FormatMatch, Identification
from archive.model.formats import Basis, Kind

GENERAL = frozenset({"x-fmt/263", "fmt/111", "fmt/189", "fmt/101", "fmt/817", "x-fmt/111", "x-fmt/266"})
"""PUIDs that name only what something is wrapped in: ZIP, OLE, OOXML, XML, JSON, text, GZIP."""

MOST_QUOTED = 4
"""Formats of one answer that are listed where a person reads it."""

REMEMBERED = 4096
"""Verdicts that are kept: thousands of files get the same answers, and are asked about more than once."""

_GENERAL_OF_FIDO = "fido-fmt/189."
"""FIDO's own identifiers for Word, Excel or PowerPoint of any version, told by names of members."""


SENTENCES = {
    Kind.AGREED: "every identifier that could tell by the bytes says the same",
    Kind.REFINED: "one identifier names what the other sees only the wrapping of",
    Kind.ONE_BY_BYTES: "one identifier tells it by the bytes, no other does",
    Kind.TEXT: "it reads as text, and its name says which",
    Kind.LOCAL: "told by a signature of this archive's own",
    Kind.SEVERAL: "several formats fit the bytes",
    Kind.DIFFERENT: "the identifiers tell different formats by the bytes",
    Kind.DAMAGED: "it begins as a known format does, and is damaged or incomplete",
    Kind.SUGGESTED: "nothing but its name suggests a format",
    Kind.UNKNOWN: "unknown to every identifier",
    Kind.NOT_EXAMINED: "no identifier could examine it",
}
"""Each kind for a reader, without a full stop."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said in the end: ``format`` is the one that may be named, or None.

    ``basis`` is the best reason any witness had, which may be a name only; None without any.
    """

    kind: Kind
    format: FormatMatch | None
    basis: Basis | None


@lru_cache(REMEMBERED)
def decide(answers: Answers) -> Verdict:
    """The verdict over the ``answers`` of all witnesses to one file, in any order."""
    registries = [answer for answer in answers if not _is_ours(answer)]
    own = [match for answer in answers if _is_ours(answer) for match in answer.matches]
    told = [strong for answer in registries if (strong := _by_bytes(answer.matches))]
    ours = next((match for match in own if match.basis.by_bytes), None)
    if ours is not None and all(_is_general(match) for strong in told for match in strong):
        return Verdict(Kind.LOCAL, ours, ours.basis)
    if not told:
        return _without_signatures(registries, magic=bool(own))
    kind, format = _weigh(told)
    basis = format.basis if format else min((match.basis for strong in told for match in strong), key=_rank)
    if kind is not Kind.DIFFERENT and any(answer.damaged for answer in registries):
        kind = Kind.DAMAGED
    return Verdict(kind, format, basis)


@lru_cache(REMEMBERED)
def of_interest(answers: Answers) -> Answers:
    """The answers that are worth keeping: those of the registries, and ours where it adds something to them."""
    told = any(_by_bytes(answer.matches) for answer in answers if not _is_ours(answer))

    def adds(answer: Identification) -> bool:
        return bool(_by_bytes(answer.matches)) or (bool(answer.matches) and not told)

    return tuple(answer for answer in answers if not _is_ours(answer) or adds(answer))


def heard(answers: Sequence[Identification]) -> str:
    """What each witness said, in one line for a reader."""
    return "; ".join(f"{answer.tool}: {_said(answer)}" for answer in answers)


@lru_cache(REMEMBERED)
def summary(answers: Answers) -> Identification:
    """The verdict in the form of one answer, for where only one has room: all tools, and the format if one is named.

    Where none is named, its matches are those the basis of the verdict speaks for.
    """
    verdict = decide(answers)
    of_basis = {m.puid: m for answer in answers for m in answer.matches if m.basis is verdict.basis}
    return Identification(
        matches=tuple(of_basis.values()) if verdict.format is None else (verdict.format,),
        tool=", ".join(f"{answer.tool} {answer.tool_version}" for answer in answers),
        tool_version=f"verdict: {verdict.kind}",
        signatures=", ".join(answer.signatures for answer in answers),
        warning="; ".join(f"{answer.tool}: {answer.warning}" for answer in answers if answer.warning) or None,
    )


def _said(answer: Identification) -> str:
    puids = ", ".join(match.puid for match in answer.matches[:MOST_QUOTED])
    more = f" and {len(answer.matches) - MOST_QUOTED} more" if len(answer.matches) > MOST_QUOTED else ""
    told = f"{puids}{more} by {answer.basis}" if puids else "nothing"
    return told if answer.warning is None else f"{told}, {answer.warning}"


def _is_ours(answer: Identification) -> bool:
    return answer.ours or any(match.puid.startswith(LOCAL) for match in answer.matches)


def _by_bytes(matches: Sequence[FormatMatch]) -> tuple[FormatMatch, ...]:
    return tuple(match for match in matches if match.basis.by_bytes)


def _without_signatures(registries: Sequence[Identification], *, magic: bool) -> Verdict:
    if registries and all(answer.failed for answer in registries):
        return Verdict(Kind.NOT_EXAMINED, None, None)
    suggested = any(answer.matches for answer in registries)
    by_name = Basis.EXTENSION if suggested else None
    if any(answer.warning == EMPTY for answer in registries):
        return Verdict(Kind.UNKNOWN, None, by_name)
    texts = {match.puid: match for answer in registries for match in answer.matches if match.basis is Basis.TEXT}
    if len(texts) == 1:
        return Verdict(Kind.TEXT, next(iter(texts.values())), Basis.TEXT)
    if magic:
        return Verdict(Kind.DAMAGED, None, Basis.MAGIC)
    return Verdict(Kind.SUGGESTED if suggested else Kind.UNKNOWN, None, by_name)


def _weigh(told: Sequence[Sequence[FormatMatch]]) -> tuple[Kind, FormatMatch | None]:
    """What witnesses agree on who can all tell by the bytes; each tells one format or more."""
    if len(told) == 1:
        return (Kind.ONE_BY_BYTES, told[0][0]) if len(told[0]) == 1 else (Kind.SEVERAL, None)
    common = [match for match in told[-1] if all(any(match.puid == other.puid for other in one) for one in told)]
    if len(common) == 1:
        return Kind.AGREED, common[0]
    if common:
        return Kind.SEVERAL, None
    precise = [one for one in told if not all(map(_is_general, one))]
    if len(precise) == 1:
        return (Kind.REFINED, precise[0][0]) if len(precise[0]) == 1 else (Kind.SEVERAL, None)
    inside = [match for one in told for match in one if match.basis is Basis.CONTAINER]
    return Kind.DIFFERENT, inside[0] if len(inside) == 1 else None


def _is_general(match: FormatMatch) -> bool:
    return match.puid in GENERAL or match.puid.startswith(_GENERAL_OF_FIDO)


def _rank(basis: Basis) -> int:
    return list(Basis).index(basis)
