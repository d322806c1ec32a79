"""METS documents: the shape of the example, the spelling of references, the light view."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from premis_samples import texts

from premis.mets import (
    AIP_PROFILE,
    AgentNote,
    Div,
    FileGroup,
    MdRef,
    Mets,
    MetsAgent,
    MetsFile,
    Mptr,
    NoteType,
    decode_href,
    percent_encode_href,
    write_mets,
)
from premis.reader import read_mets
from premis.validation import Schemas, validate

CREATED = "2026-11-22T02:00:00Z"
OBJID = "urn:uuid:0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11"
AGENT = MetsAgent(
    "evidence-archive", "CREATOR", "OTHER", "SOFTWARE", notes=(AgentNote("0.1.0", NoteType.SOFTWARE_VERSION),)
)


def a_file(id_: str, size: int, sha256: str, href: str) -> MetsFile:
    return MetsFile(id_, "application/octet-stream", size, CREATED, sha256, href)


def premis_reference(size: int, sha256: str) -> MdRef:
    href = "metadata/preservation/premis.xml"
    return MdRef("digiprov-1", href, "PREMIS", "application/xml", size, CREATED, sha256, "3.0")


def a_mets(**changes: object) -> Mets:
    given_fields: dict[str, object] = {
        "objid": OBJID,
        "type": "Mixed",
        "profile": AIP_PROFILE,
        "content_information_type": "OTHER",
        "other_content_information_type": "evidence",
        "create_date": CREATED,
        "oais_package_type": "AIP",
        "agents": (AGENT,),
        "struct_map": Div("div-0", OBJID),
    }
    return Mets(**{**given_fields, **changes})  # type: ignore[arg-type]  # any field


def written(mets: Mets) -> bytes:
    out = io.BytesIO()
    write_mets(out, mets)
    return out.getvalue()


def root_mets() -> Mets:
    """The root METS document of the example package."""
    return a_mets(
        dmd=(
            MdRef(
                "dmd-1",
                "metadata/descriptive/dc.xml",
                "DC",
                "application/xml",
                238,
                CREATED,
                "d9f8b53f52f7f95b206e12293d924a6a56317557fa33344b312de62be1fee81e",
            ),
        ),
        digiprov=(premis_reference(4388, "720c8915adfeefd4f62e4c106daa53b606738fc04ba9ed557b84a411ed578389"),),
        file_groups=(
            FileGroup(
                "Documentation",
                "group-documentation",
                [
                    a_file(
                        "file-1",
                        57,
                        "e6c0555a068690b1e59d58773ac20b853961dbdd76afb5cf88da3095c6179468",
                        "documentation/README.txt",
                    )
                ],
            ),
            FileGroup(
                "Schemas",
                "group-schemas",
                [
                    a_file(
                        "file-2",
                        457,
                        "36c1338d449c8dac8bb21d50b7a955c4a3a79df551eab265dd5ac8a7b45f5e5c",
                        "schemas/evidence-extension.xsd",
                    )
                ],
            ),
            FileGroup(
                "Representations/original",
                "group-representation",
                [
                    a_file(
                        "file-3",
                        3549,
                        "a95fc87336752964bcb6191656ca400acd6c6c5d3ff04993db02fc2dae633bcd",
                        "representations/original/METS.xml",
                    )
                ],
            ),
        ),
        struct_map=Div(
            "div-0",
            OBJID,
            children=(
                Div("div-metadata", "Metadata", ("digiprov-1",), ("dmd-1",)),
                Div("div-documentation", "Documentation", fptr=("group-documentation",)),
                Div("div-schemas", "Schemas", fptr=("group-schemas",)),
                Div("div-representations", "Representations", fptr=("group-representation",)),
                Div(
                    "div-original",
                    "Representations/original",
                    fptr=("file-3",),
                    mptr=Mptr("representations/original/METS.xml", "group-representation"),
                ),
            ),
        ),
    )


def test_the_example_is_written_octet_for_octet(shared: Path) -> None:
    example = (shared / "examples" / "aip" / "data" / "METS.xml").read_bytes()
    assert written(root_mets()).rstrip() == example.rstrip()


def test_the_document_is_valid(shared: Path) -> None:
    schemas = Schemas(shared / "standards")
    assert validate(written(root_mets()), schemas) == []
    assert validate(written(a_mets(label="a & b", agents=())), schemas) == []


def test_what_was_written_is_seen_by_the_reader() -> None:
    view = read_mets(io.BytesIO(written(root_mets())))
    assert (view.objid, view.oais_package_type, view.profile) == (OBJID, "AIP", AIP_PROFILE)
    assert (view.type, view.content_information_type, view.create_date) == ("Mixed", "OTHER", CREATED)
    assert view.other_content_information_type == "evidence"
    assert [file.target.href for file in view.files] == [
        "documentation/README.txt",
        "schemas/evidence-extension.xsd",
        "representations/original/METS.xml",
    ]
    assert [file.group for file in view.files] == ["Documentation", "Schemas", "Representations/original"]
    assert [file.target.size for file in view.files] == [57, 457, 3549]
    assert {file.target.checksum_type for file in view.files} == {"SHA-256"}
    assert [(item.section, item.md_type, item.md_type_version) for item in view.metadata] == [
        ("dmdSec", "DC", None),
        ("digiprovMD", "PREMIS", "3.0"),
    ]
    assert [(pointer.target.href, pointer.title) for pointer in view.pointers] == [
        ("representations/original/METS.xml", "group-representation")
    ]
    assert {reference.id for reference in view.id_references} <= {declared.id for declared in view.ids}


def test_thousands_of_files_are_written_from_an_iterator() -> None:
    def files() -> Iterator[MetsFile]:
        for number in range(5000):
            yield a_file(f"file-{number}", number, "0" * 64, f"data/{number}")

    document = written(a_mets(file_groups=iter([FileGroup("Data", "group-data", files())])))
    assert len(read_mets(io.BytesIO(document)).files) == 5000


def test_a_group_may_state_its_own_content_type() -> None:
    document = written(a_mets(file_groups=[FileGroup("Data", "g", [], "MIXED")]))
    assert b'<fileGrp USE="Data" ID="g" csip:CONTENTINFORMATIONTYPE="MIXED"></fileGrp>' in document


def test_a_document_without_files_has_no_file_section() -> None:
    assert b"fileSec" not in written(a_mets())
    assert b"amdSec" not in written(a_mets())


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("data/100=25 правда.txt", "data/100%3D25%20%D0%BF%D1%80%D0%B0%D0%B2%D0%B4%D0%B0.txt"),
        ("a+b", "a%2Bb"),
        ("a=b", "a%3Db"),
        ("A-z_0.9~/x", "A-z_0.9~/x"),
        ("photo[1]#?&:@!$'()*,;.png", "photo%5B1%5D%23%3F%26%3A%40%21%24%27%28%29%2A%2C%3B.png"),
        ("100%", "100%25"),
        ("\U0001f600", "%F0%9F%98%80"),
    ],
)
def test_a_path_is_percent_encoded_except_for_unreserved_characters_and_slashes(path: str, href: str) -> None:
    assert percent_encode_href(path) == href
    assert decode_href(href) == path


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_an_encoded_path_is_decoded_to_itself(path: str) -> None:
    href = percent_encode_href(path)
    assert decode_href(href) == path
    assert href.isascii()


@pytest.mark.parametrize("href", ["%", "%2", "a%zz", "%FF", "%D0"])
def test_a_reference_that_means_no_path_is_refused(href: str) -> None:
    with pytest.raises(ValueError):
        decode_href(href)


@settings(max_examples=50, deadline=None)
@given(texts, texts)
def test_a_label_and_an_identifier_are_read_as_they_were_written(objid: str, label: str) -> None:
    view = read_mets(io.BytesIO(written(a_mets(objid=objid, label=label))))
    assert (view.objid, view.label) == (objid, label)


def test_a_forbidden_character_in_a_label_is_refused_with_its_element() -> None:
    with pytest.raises(ValueError, match=r"div: .*U\+0001"):
        written(a_mets(struct_map=Div("d", "\x01")))


@pytest.mark.parametrize(
    "build",
    [
        lambda: a_mets(oais_package_type="PIP"),
        lambda: a_mets(create_date="2026-11-22"),
        lambda: a_mets(create_date="2026-11-31T02:00:00Z"),
        lambda: Div("1st", "label"),
        lambda: FileGroup("Data", "a group", []),
        lambda: a_file("f", -1, "0" * 64, "a"),
        lambda: a_file("f", 1, "0" * 63, "a"),
        lambda: a_file("f", 1, "A" * 64, "a"),
        lambda: a_file("", 1, "0" * 64, "a"),
        lambda: premis_reference(1, ""),
    ],
)
def test_a_type_refuses_what_the_schema_refuses(build: object) -> None:
    with pytest.raises(ValueError):
        build()  # type: ignore[operator]  # a constructor
