"""Findings are data: codes come from the registry, and nothing finds out from a sentence what happened."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from project_support import REPOSITORY

from premis.faults import Code
from profiles.finding import Severity
from profiles.finding_codes import FindingCode, code_named

REGISTRY = "profiles/finding_codes.py"
OLD_SENTENCES = "archive/model/sentences.py"
"""The one module that may read a message of ours."""
_LIBRARY_DOORS = ("premis/schemas.py",)
"""Where a library's own sentence ends: libxml2 names the element nowhere else."""

_ALSO_WORDS_OF = {
    "archive/ingest/noticed.py": "what a survey notices",
    "archive/model/fixity.py": "outcomes of audits",
    "archive/model/malware.py": "outcomes of scans",
    "archive/model/packages.py": "states of replicas",
    "archive/model/knowledge_records.py": "kinds of records",
    "archive/model/records_of_0_1.py": "kinds of records",
    "archive/audit/campaign.py": "types of incidents",
}
"""Modules in which a word that is a code, too, is spelled out with another meaning."""

_PATTERNS = {"match", "search", "fullmatch", "findall", "finditer", "sub", "split"}
_STRINGS = {"startswith", "endswith", "removeprefix", "removesuffix", "find", "rfind", "index", "count", "lower"}
_STRINGS |= {"split", "rsplit", "partition", "rpartition", "splitlines", "casefold", "upper", "isdigit"}
_SENTENCES = {"message", "reason", "sentence", "summary", "clock", "what", "hint"}
"""Attributes that hold words for a person."""


def _sources() -> list[str]:
    folders = ("archive", "premis", "profiles", "scheduler")
    paths = (path for folder in folders for path in sorted((REPOSITORY / folder).rglob("*.py")))
    return [str(path.relative_to(REPOSITORY)) for path in paths if path.parent.name != "data"]


@cache
def _nodes(path: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))))


def _everywhere(look: Callable[[str], Iterator[str]], *, but: Iterable[str] = ()) -> list[str]:
    return [f"{path}:{found}" for path in _sources() if path not in but for found in look(path)]


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _given(call: ast.Call, place: int, keyword: str) -> ast.expr | None:
    named = [one.value for one in call.keywords if one.arg == keyword]
    return named[0] if named else call.args[place] if len(call.args) > place else None


def _findings(path: str) -> Iterator[ast.Call]:
    for node in _nodes(path):
        if isinstance(node, ast.Call) and _name(node.func) in ("Finding", "LocatedFinding"):
            yield node


def _is_member(node: ast.expr | None, of: str) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == of


def _literal_codes(path: str) -> Iterator[str]:
    """Places where a code is spelled out: given to a finding, compared with one, or a word that is a code."""
    known = {str(code) for code in FindingCode if "-" in code}
    for node in _nodes(path):
        if isinstance(node, ast.Call) and _name(node.func) in ("Finding", "LocatedFinding", "replace"):
            place = 0 if _name(node.func) != "replace" else 99
            if isinstance(_given(node, place, "code"), ast.Constant | ast.JoinedStr | ast.BinOp):
                yield f"{node.lineno}: a code given as text"
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr == "code":
            if any(isinstance(inner, ast.Constant) for right in node.comparators for inner in ast.walk(right)):
                yield f"{node.lineno}: a code compared with text"
        elif isinstance(node, ast.Constant) and node.value in known and path not in _ALSO_WORDS_OF:
            yield f"{node.lineno}: '{node.value}' spelled out"


def _parsed(path: str) -> Iterator[str]:
    """Places where words for a person are taken apart, searched, or compared."""
    for node in _nodes(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in _PATTERNS and any(_holds_sentence(given) for given in node.args):
                yield f"{node.lineno}: matched with a pattern"
            if node.func.attr in _STRINGS and _holds_sentence(node.func.value):
                yield f"{node.lineno}: {node.func.attr} of a sentence"
        elif isinstance(node, ast.Compare):
            told = any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in _operands(node))
            if told and any(map(_holds_sentence, _operands(node))):
                yield f"{node.lineno}: compared with text"


def _operands(node: ast.Compare) -> list[ast.expr]:
    return [node.left, *node.comparators]


def _holds_sentence(node: ast.expr) -> bool:
    """A sentence itself, or one with something in its place where there is none."""
    if isinstance(node, ast.BoolOp):
        return any(map(_holds_sentence, node.values))
    if isinstance(node, ast.Call) and _name(node.func) == "str" and len(node.args) == 1:
        return _holds_sentence(node.args[0])
    if isinstance(node, ast.Name):
        return node.id in ("message", "reason", "sentence")
    return isinstance(node, ast.Attribute) and node.attr in _SENTENCES


def _wrong_severities(path: str) -> Iterator[str]:
    for call in _findings(path):
        code, severity = _given(call, 0, "code"), _given(call, 1, "severity")
        if not _is_member(code, "FindingCode") or not _is_member(severity, "Severity"):
            continue  # told by a caller, whose code and severity stand at its own place
        assert isinstance(code, ast.Attribute) and isinstance(severity, ast.Attribute)
        if Severity[severity.attr] not in FindingCode[code.attr].severities:
            yield f"{call.lineno}: {code.attr} is no {severity.attr}"


def test_no_finding_code_is_spelled_out_outside_the_registry() -> None:
    assert _everywhere(_literal_codes, but=(REGISTRY, "premis/faults.py")) == []


def test_nothing_takes_a_sentence_apart() -> None:
    assert _everywhere(_parsed, but=(OLD_SENTENCES, *_LIBRARY_DOORS)) == []


def test_a_finding_has_a_severity_that_its_code_may_have() -> None:
    assert _everywhere(_wrong_severities) == []


def test_every_code_is_used_and_every_used_one_is_known() -> None:
    used = {
        node.attr
        for path in _sources()
        if path != REGISTRY
        for node in _nodes(path)
        if isinstance(node, ast.Attribute) and _is_member(node, "FindingCode")
    }
    assert used <= set(FindingCode.__members__)
    faults = {code_named(code).name for code in Code}
    assert set(FindingCode.__members__) - used - faults == set(), "a code that nobody uses stays, and is named here"


def test_the_tests_above_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("test_findings_in_the_source.REPOSITORY", tmp_path)
    (tmp_path / "bad.py").write_text(
        'Finding("x", Severity.ERROR, "", "")\n'
        'Finding(f"{kind}-missing", Severity.ERROR, "", "")\n'
        'replace(found, code="x")\n'
        'found.code in {"x"}\n'
        'wrong("digest-mismatch", "", "")\n'
    )
    assert len(list(_literal_codes("bad.py"))) == 5
    (tmp_path / "worse.py").write_text(
        're.search("x", found.message)\nfound.message.startswith("x")\n(said.reason or "").endswith("x")\n'
        '"x" in str(error.what)\nsaid.reason == "x"\nreason.startswith("x")\nfound.message == other.message\n'
    )
    assert len(list(_parsed("worse.py"))) == 6
    (tmp_path / "weight.py").write_text('Finding(FindingCode.EMPTY_FOLDER, Severity.ERROR, "", "")\n')
    assert list(_wrong_severities("weight.py"))
