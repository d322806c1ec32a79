"""The index changes nothing: FIDO's own ``match_formats`` over the same octets says the same, in the same order."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inspection_samples import GENERATED
from skeletons import skeletons

from archive.inspection import occurrence, signatures
from archive.inspection.occurrence import occurrence_of, one_by_one
from archive.inspection.requirements import Requirements, Window, reach, requirements
from archive.inspection.signatures import SignatureTables, _search, fido_tables

Ask = Callable[[bytes], list[str]]
BUFFER = 128 * 1024


@pytest.fixture(scope="module")
def fido() -> Iterator[Ask]:
    """FIDO's own answer to the octets of a file: PUIDs in its order, each once."""
    from fido.fido import Fido
    from fido.versions import get_local_versions

    cache_size = vars(re)["_MAXCACHE"]
    versions = get_local_versions()
    engine: Any = Fido(quiet=True, format_files=[versions.pronom_signature, versions.fido_extension_signature])
    vars(re)["_MAXCACHE"] = 4096

    def ask(data: bytes) -> list[str]:
        matches = engine.match_formats(data[:BUFFER], data[-BUFFER:])
        return list(dict.fromkeys(format.findtext("puid") for format, _ in matches))

    yield ask
    vars(re)["_MAXCACHE"] = cache_size


@pytest.fixture(scope="module", params=["hyperscan", "plain"])
def tables(request: pytest.FixtureRequest) -> SignatureTables:
    """The tables as they are with the extra ``fast``, and as they are without it."""
    if request.param == "hyperscan":
        pytest.importorskip("hyperscan", reason="pip install 'evidence-archive[fast]'")
        return fido_tables()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "hyperscan", None)
        patch.setattr(signatures, "_loaded", {})
        return fido_tables()


def ours(tables: SignatureTables, data: bytes) -> list[str]:
    return [format.puid for format in tables.match_bytes(data[:BUFFER], data[-BUFFER:])]


def test_two_skeletons_of_every_signature(fido: Ask, tables: SignatureTables) -> None:
    known = 0
    for data in skeletons(tables, each=2):
        answer = fido(data)
        known += bool(answer)
        assert ours(tables, data) == answer, data[:200]
    assert known > 2 * len(tables.signatures) * 0.9


STARTS = [*GENERATED.values(), *list(skeletons(fido_tables(), each=1))[::40]]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A known file that was cut, overwritten, or joined with another."""
    data = draw(st.sampled_from(STARTS))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(data)))
        change = draw(st.sampled_from(("cut", "drop", "overwrite", "insert", "join")))
        if change == "cut":
            data = data[:place]
        elif change == "drop":
            data = data[place:]
        elif change == "join":
            data += draw(st.sampled_from(STARTS))
        else:
            octets = draw(st.binary(min_size=1, max_size=8))
            data = data[:place] + octets + data[place + (len(octets) if change == "overwrite" else 0) :]
    return data[:8192]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=mutated())
def test_mutations(fido: Ask, tables: SignatureTables, data: bytes) -> None:
    assert ours(tables, data) == fido(data)


# --- what the index rests on


@pytest.mark.parametrize(
    ("regex", "anchored", "window", "literal"),
    [
        (rb"(?s)\ARIFF.{4}WAVE", True, Window(0, frozenset({b"RIFF"})), b"RIFF"),
        (rb"(?s)\A.{4}ftypisom", True, Window(4, frozenset({b"ftypisom"})), b"ftypisom"),
        (rb"(?s)\A.{0,144}%PDF-1\.[0-7]", True, None, b"%PDF-1."),
        (rb"(?s)%%EOF\Z", False, Window(-4, frozenset({b"%EOF"})), b"%%EOF"),
        (rb"(?s)IEND.{4}\Z", False, Window(-8, frozenset({b"IEND"})), b"IEND"),
        (rb"(?s)\AB(?:a|b)C", True, Window(0, frozenset({b"Ba", b"Bb"})), None),
        (rb"(?s)(?:GIF|JPEG)x", False, None, None),
        (rb"(?s)\A(?!no)yes", True, Window(0, frozenset({b"ye"})), b"yes"),
        (rb"(?s).*", False, None, None),
        (rb"(?i)\Aabcdef", True, None, None),
    ],
)
def test_what_an_expression_needs(regex: bytes, anchored: bool, window: Window | None, literal: bytes | None) -> None:
    assert requirements(re.compile(regex), anchored=anchored) == Requirements(window, literal)


@pytest.mark.parametrize(
    ("expression", "octets"),
    [
        (rb"(?s)IEND.{4}\Z", 8),
        (rb"(?s)a.{2,5}b.{0,10}\Z", 17),
        (rb"(?s)(?:ab|cde)\Z", 3),
        (rb"(?s)IEND.{4}", None),
        (rb"(?s)a.*b\Z", None),
        (rb"(?s)a.{3,}\Z", None),
        (rb"(?s)(?<!x)ab\Z", None),
        (rb"(?s)(?:ab\Z|cd)", None),
        (rb"", None),
    ],
)
def test_how_far_before_the_end_a_match_begins_at_most(expression: bytes, octets: int | None) -> None:
    assert reach(expression) == octets


@given(
    expression=st.from_regex(rb"\A(?:[abc]|\[ab\]|a\?|\(\?:ab\|c\)|\.\{[0-3],[4-7]\}){1,6}\Z"),
    data=st.text("abc", max_size=40).map(str.encode),
)
def test_a_search_from_where_a_match_can_begin_finds_what_a_whole_one_finds(expression: bytes, data: bytes) -> None:
    pattern = re.compile(rb"(?s)" + expression + rb"\Z")
    assert (_search(pattern)(data) is None) == (pattern.search(data) is None)


@given(strings=st.sets(st.binary(min_size=1, max_size=4), max_size=12), data=st.binary(max_size=200))
def test_hyperscan_finds_what_python_finds(strings: set[bytes], data: bytes) -> None:
    pytest.importorskip("hyperscan", reason="pip install 'evidence-archive[fast]'")
    wanted = sorted(strings)
    assert occurrence_of(wanted)(data) == one_by_one(wanted)(data)


def test_without_hyperscan_plain_search_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert occurrence.occurrence_of([b"a", b"\0b", b"c"])(b"xa\0b") == {0, 1}
