"""Arbitrary documents of every type: written, valid by the official schema, read back equal.

The strategies are made from the grammar the writer and the reader share, so that a unit nobody thought of is there too.
"""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from premis_samples import EXTENSION, texts, uuid, written

from premis._shapes import (
    AGENT,
    EVENT,
    OBJECTS,
    RIGHTS_STATEMENT,
    Inlined,
    Kind,
    Leaf,
    Nested,
    Noted,
    Part,
    Shape,
    required_fields,
)
from premis.model import IntellectualEntity
from premis.reader import read_premis
from premis.terms import Term, term
from premis.validation import Schemas, validate

# The schema demands EDTF or ISO 8601 of these, the model of eventDateTime.
DATED = frozenset({"eventDateTime", "startDate", "endDate", "dateCreatedByApplication", "preservationLevelDateAssigned",
                   "copyrightStatusDeterminationDate", "statuteInformationDeterminationDate"})  # fmt: skip
DATES = st.sampled_from(["2020-08-10", "2026-11-22T02:00:00Z", "2020-08"])
# An authority is an address, and the schema looks.
terms = st.builds(Term, texts) | st.sampled_from(
    [term("eventType", "ingestion"), Term("ours", "words", "https://example.org/words", "https://example.org/words/1")]
)
ENTITY = IntellectualEntity((uuid(1),))
some = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def leaf(part: Leaf) -> st.SearchStrategy[Any]:
    one: st.SearchStrategy[Any] = {
        Kind.TEXT: DATES if part.element in DATED else texts,
        Kind.TERM: terms,
        Kind.NUMBER: st.integers(0, 2**63),
        Kind.RAW: st.just(EXTENSION),
    }[part.kind]
    return st.lists(one, max_size=2).map(tuple) if part.many else one


def fields(part: Part) -> dict[str, st.SearchStrategy[Any]]:
    if isinstance(part, Leaf):
        return {part.field: leaf(part)}
    if isinstance(part, Nested):
        one = unit(part.shape)
        return {part.field: st.lists(one, max_size=2).map(tuple) if part.many else one}
    if isinstance(part, Inlined):
        return {part.field: unit(part.shape)}
    if isinstance(part, Noted):
        # A note alone is a plain string in the model, so a detail of its own has extensions.
        details = unit(part.shape).filter(lambda detail: detail.extensions)
        return {part.field: st.lists(texts | details, max_size=2).map(tuple)}
    return {field: strategy for inner in part.parts for field, strategy in fields(inner).items()}


@st.composite
def unit(draw: st.DrawFn, shape: Shape) -> Any:
    """A unit with some of the fields of its shape; a combination that the model refuses is drawn anew."""
    given_fields: dict[str, Any] = {}
    for part in shape.parts:
        for field, strategy in fields(part).items():
            if field in required_fields(shape.type) or draw(st.booleans()):
                given_fields[field] = draw(strategy)
    try:
        return shape.type(**given_fields)
    except ValueError:
        reject()


@pytest.fixture(scope="module")
def schemas(shared: Path) -> Schemas:
    return Schemas(shared / "standards")


def goes_round(document: bytes, entities: list[Any], schemas: Schemas) -> None:
    assert validate(document, schemas) == []
    assert list(read_premis(io.BytesIO(document))) == entities


@pytest.mark.parametrize("category", OBJECTS)
def test_an_arbitrary_object_goes_round_and_is_valid(category: str, schemas: Schemas) -> None:
    @some
    @given(unit(OBJECTS[category]))
    def check(entity: Any) -> None:
        goes_round(written([entity]), [entity], schemas)

    check()


@pytest.mark.parametrize(
    ("shape", "place"),
    [(EVENT, "events"), (AGENT, "agents"), (RIGHTS_STATEMENT, "rights")],
    ids=["event", "agent", "rights"],
)
def test_an_arbitrary_entity_goes_round_and_is_valid(shape: Shape, place: str, schemas: Schemas) -> None:
    @some
    @given(unit(shape))
    def check(entity: Any) -> None:
        goes_round(written([ENTITY], **{place: [entity]}), [ENTITY, entity], schemas)

    check()
