"""Controlled values: a `Term` with the authority it comes from, and the id.loc.gov table to take terms from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from premis._vocabulary import BASE, TERMS


@dataclass(frozen=True, slots=True)
class Term:
    """A value and, where it is controlled, the vocabulary that controls it.

    The attribute names are those of the PREMIS 3.0 schema: ``authority`` names the vocabulary, ``authorityURI``
    identifies it, ``valueURI`` identifies this one value.
    """

    value: str
    authority: str | None = None
    authorityURI: str | None = None
    valueURI: str | None = None


def local(value: str) -> Term:
    """A term of the writer's own, without an authority: its meaning is said in the writer's documentation."""
    return Term(value)


@cache
def term(vocabulary: str, label_or_code: str) -> Term:
    """The id.loc.gov preservation term with this label or this code, such as ``term("eventType", "ingestion")``.

    Labels and codes are compared exactly. Raises ValueError for an unknown vocabulary or term.
    """
    codes = TERMS.get(vocabulary)
    if codes is None:
        raise ValueError(f"no preservation vocabulary is named {vocabulary!r}")
    code = label_or_code if label_or_code in codes else _code_of(codes, label_or_code)
    if code is None:
        raise ValueError(f"the vocabulary {vocabulary} has no term {label_or_code!r}")
    authority_uri = f"{BASE}/{vocabulary}"
    return Term(codes[code], vocabulary, authority_uri, f"{authority_uri}/{code}")


def vocabularies() -> tuple[str, ...]:
    """Names of the vocabularies `term` knows."""
    return tuple(TERMS)


def terms(vocabulary: str) -> tuple[Term, ...]:
    """Every term of one vocabulary. Raises ValueError for an unknown vocabulary."""
    if vocabulary not in TERMS:
        raise ValueError(f"no preservation vocabulary is named {vocabulary!r}")
    return tuple(term(vocabulary, code) for code in TERMS[vocabulary])


def unknown_term(given: Term) -> str | None:
    """What is wrong with a term that names an id.loc.gov preservation vocabulary; None for a known term or another's.

    Label and code of the URI are those of one term of the vocabulary; either may be missing.
    """
    vocabulary = _vocabulary_of(given)
    if vocabulary is None:
        return None
    codes = TERMS.get(vocabulary)
    if codes is None:
        return f"id.loc.gov has no preservation vocabulary {vocabulary!r}"
    if given.value and given.value not in codes.values():
        return f"the vocabulary {vocabulary} has no term {given.value!r}"
    code = (given.valueURI or "").rstrip("/").rpartition("/")[2]
    if code and given.value and codes.get(code) != given.value:
        return f"{given.valueURI} is not the URI of {given.value!r}"
    return None


def _vocabulary_of(given: Term) -> str | None:
    """The vocabulary of id.loc.gov that a term's URIs name."""
    for uri, depth in ((given.authorityURI, 1), (given.valueURI, 2)):
        _, found, path = (uri or "").partition("://id.loc.gov/vocabulary/preservation/")
        if found and len(path.rstrip("/").split("/")) == depth:
            return path.split("/")[0]
    return None


def _code_of(codes: Mapping[str, str], label: str) -> str | None:
    return next((code for code, known in codes.items() if known == label), None)


# id.loc.gov has no term for BLAKE3 (looked up 2026-11), so there is no valueURI to give it.
BLAKE3: Final = local("BLAKE3")
SHA256: Final = term("cryptographicHashFunctions", "sha256")
SHA512: Final = term("cryptographicHashFunctions", "sha512")
SHA1: Final = term("cryptographicHashFunctions", "sha1")
MD5: Final = term("cryptographicHashFunctions", "md5")
