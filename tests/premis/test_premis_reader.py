"""The reader refuses what is hostile, old, or not PREMIS, and says where."""

import io
from pathlib import Path

import pytest
from premis_samples import every_event, every_object, uuid, written

from premis.errors import PremisError
from premis.model import IntellectualEntity
from premis.reader import read_mets, read_premis

HEAD = (
    '<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0">'
)
ENTITY = written([IntellectualEntity((uuid(1),))])
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE premis [<!ENTITY l0 "ha">{LAUGHS}]>'


def read(document: bytes | str) -> list[object]:
    return list(read_premis(io.BytesIO(document if isinstance(document, bytes) else document.encode())))


@pytest.mark.parametrize("where", [f"{HEAD}<object>&l9;</object></premis>", f"{HEAD[:-1]} bomb='&l9;'></premis>"])
def test_an_entity_bomb_is_refused(where: str) -> None:
    with pytest.raises(PremisError):
        read(BOMB + where)


def test_any_document_type_declaration_is_refused() -> None:
    with pytest.raises(PremisError, match="document type declaration"):
        read(ENTITY.replace(b"<premis", b"<!DOCTYPE premis>\n<premis", 1))


def test_an_external_entity_is_not_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    document = f'<!DOCTYPE premis [<!ENTITY e SYSTEM "{secret.as_uri()}">]>{HEAD}<object>&e;</object></premis>'
    with pytest.raises(PremisError) as refusal:
        read(document)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("namespace", "name"),
    [("info:lc/xmlns/premis-v2", "PREMIS 2"), ("http://www.loc.gov/standards/premis/v1", "PREMIS 1")],
)
def test_an_older_premis_is_named_and_refused(namespace: str, name: str) -> None:
    with pytest.raises(PremisError, match=f"the document is {name}; only PREMIS 3.0"):
        read(f'<premis xmlns="{namespace}" version="2.2"/>')


@pytest.mark.parametrize("document", ["<premis/>", "<a xmlns='http://www.loc.gov/premis/v3'/>", "", "<premis"])
def test_what_is_not_premis_is_refused(document: str) -> None:
    with pytest.raises(PremisError):
        read(document)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"intellectualEntity"', b'"folder"', "line 3: 'folder' is no category of PREMIS object"),
        (b'xsi:type="intellectualEntity"', b"", "line 3: '' is no category"),
        (b"<objectIdentifierType>UUID</objectIdentifierType>", b"", "line 3: objectIdentifier: lacks type"),
        (b"</objectIdentifier>", b"loose</objectIdentifier>", "holds text where elements belong"),
        (b">UUID<", b"><b/>UUID<", "holds elements where text belongs"),
        (b"<object ", b"<thing/><object ", "is no PREMIS entity"),
        (b"</premis>", b"<event/></premis>", "event: lacks identifier and type and date_time"),
        (b"</premis>", b"<rights><x/></rights></premis>", "without a statement"),
        (b"</premis>", b"<rights><rightsExtension/></rights></premis>", "rightsExtension holds no element"),
        (b'xsi:type="intellectualEntity"', b'xsi:type="file"', "file: lacks|object: lacks characteristics"),
        (b"</premis>", b"", "not well-formed"),
    ],
)
def test_a_document_that_breaks_the_model_is_refused_with_its_line(old: bytes, new: bytes, message: str) -> None:
    assert old in ENTITY
    with pytest.raises(PremisError, match=message):
        read(ENTITY.replace(old, new, 1))


@pytest.mark.parametrize("size", [b"4 9", b"-49", b"forty", b""])
def test_a_size_that_is_no_whole_number_is_refused(size: bytes) -> None:
    document = written(every_object()).replace(b"<size>49</size>", b"<size>" + size + b"</size>")
    with pytest.raises(PremisError, match="size is no whole number"):
        read(document)


def test_a_date_that_does_not_exist_is_refused() -> None:
    document = written(every_object(), every_event()).replace(b"2026-11-22T02:00:00Z", b"2026-11-31T02:00:00Z")
    with pytest.raises(PremisError, match="event: '2026-11-31T02:00:00Z' is not a moment"):
        read(document)


def test_entities_are_read_before_the_document_ends() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(200)

    stream = Slow(written(every_object(), every_event()))
    first = next(iter(read_premis(stream)))
    assert first == every_object()[0]
    assert stream.tell() < len(stream.getvalue()) / 2


def test_a_document_can_be_read_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "допрос.xml"
    path.write_bytes(ENTITY)
    assert list(read_premis(path)) == [IntellectualEntity((uuid(1),))]


def test_a_missing_document_is_an_error_of_the_world(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_premis(tmp_path / "absent.xml"))


@pytest.mark.parametrize("document", [b"<premis/>", b"<!DOCTYPE mets><mets xmlns='http://www.loc.gov/METS/'/>", b"<m"])
def test_what_is_not_mets_is_refused(document: bytes) -> None:
    with pytest.raises(PremisError):
        read_mets(io.BytesIO(document))
