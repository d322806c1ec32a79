from __future__ import annotations

import pytest
from bag_support import bag, codes, declaration, errors, judge, lines, warnings
from hypothesis import given
from hypothesis import strategies as st

from archive.bags import baginfo, fetch
from archive.bags import declaration as declarations
from archive.bags.manifests import Line, parse_manifest, write_manifest
from archive.bags.tagfiles import decode_tag_file, is_known_encoding, split_lines
from archive.bags.versions import V1_0, Version
from profiles.finding import Severity

PART = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%\r\n/\\:~"), min_size=1, max_size=20)
PATHS = st.lists(PART.filter(lambda part: part not in (".", "..")), min_size=1, max_size=4).map(
    lambda parts: "/".join(("data", *parts)).encode()
)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1).filter(
    lambda text: text[0] not in " \t"
)
LABEL = LINE.filter(lambda text: ":" not in text and text == text.strip())
VALUE = st.lists(LINE, max_size=4).map("\n".join)


@given(st.dictionaries(PATHS, DIGESTS))
def test_a_written_manifest_is_read_back_the_same(digests: dict[bytes, str]) -> None:
    text = write_manifest("sha256", digests).decode()
    parsed, findings = parse_manifest(text, name="manifest-sha256.txt", algorithm="sha256", version=V1_0)
    assert findings == ()
    assert {line.path.encode(): line.digest for line in parsed} == digests


@given(st.lists(st.tuples(LABEL, VALUE)))
def test_written_bag_info_is_read_back_the_same(elements: list[tuple[str, str]]) -> None:
    text = baginfo.write_info(elements).decode()
    parsed, findings = baginfo.parse_info(text, name="bag-info.txt", version=V1_0)
    assert {finding.severity for finding in findings} <= {Severity.WARNING}
    assert list(parsed) == elements


@given(st.integers(0, 10**20), st.integers(0, 10**9))
def test_a_written_oxum_is_read_back_the_same(octets: int, streams: int) -> None:
    assert baginfo.parse_oxum(baginfo.write_oxum(octets, streams)) == (octets, streams)


@given(st.binary(max_size=300))
def test_no_octets_make_a_parser_raise(data: bytes) -> None:
    declared = declarations.parse_declaration(data)
    for encoding in (declared.encoding, "UTF-16", "UTF-7", "windows-1251"):
        text, _ = decode_tag_file(data, name=b"x.txt", encoding=encoding, version=declared.version)
        parse_manifest(text, name="x.txt", algorithm="md5", version=declared.version)
        baginfo.parse_info(text, name="x.txt", version=declared.version)
        fetch.parse_fetch(text)


@given(
    st.dictionaries(PATHS, st.binary(max_size=8), max_size=4), st.binary(max_size=200), st.sampled_from(["0.97", "1.0"])
)
def test_no_manifest_makes_validation_raise(payload: dict[bytes, bytes], rubbish: bytes, version: str) -> None:
    files = bag({b"data/x": b"", **{k: v for k, v in payload.items() if k != b"data/x"}}, version=version)
    files = {
        path: data for path, data in files.items() if not any(path + b"/" == other[: len(path) + 1] for other in files)
    }
    files[b"manifest-sha256.txt"] += rubbish
    files[b"fetch.txt"] = files[b"bag-info.txt"] = rubbish
    judge(files)


@pytest.mark.parametrize("path", [b"data/100%", b"data/a\rb", b"data/a\nb", b"data/%41"])
def test_our_writer_refuses_names_that_tools_spell_differently(path: bytes) -> None:
    with pytest.raises(ValueError, match="disagree"):
        write_manifest("sha256", {path: "0" * 64})


@pytest.mark.parametrize(
    "path",
    [b"/data/a", b"data/../a", b"~/a", b"data//a", b"./data/a", b"data/", b"*a", b" a", b"C:\\a", b"data/\xff", b""],
)
def test_our_writer_refuses_paths_that_are_not_plain(path: bytes) -> None:
    with pytest.raises(ValueError):
        write_manifest("sha256", {path: "0" * 64})


@pytest.mark.parametrize("digest", ["", "0" * 63, "A" * 64, "g" * 64])
def test_our_writer_refuses_what_is_no_digest(digest: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        write_manifest("sha256", {b"data/a": digest})


@pytest.mark.parametrize("label", ["", "a:b", " a", "a ", "a\nb"])
def test_a_label_that_would_not_be_read_back_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        baginfo.write_info([(label, "x")])


@pytest.mark.parametrize("value", ["a\rb", "a\n\nb", "a\n b", "a\n"])
def test_a_value_that_would_not_be_read_back_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="folded"):
        baginfo.write_info([("Label", value)])


def test_the_declaration_we_write_is_1_0_in_utf_8() -> None:
    written = declarations.write_declaration()
    assert written == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    assert declarations.parse_declaration(written) == declarations.Declaration(V1_0, "UTF-8", ())


@pytest.mark.parametrize("text", ["1", "1.", ".1", "1.2.3", "-1.2", "1.2 ", "1,2", "١.٢", ""])
def test_an_oxum_of_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        baginfo.parse_oxum(text)


def test_lines_end_at_lf_cr_and_crlf_only() -> None:
    assert list(split_lines("a\nb\rc\r\nd\u0085e\u2028f\x0bg")) == ["a", "b", "c", "d\u0085e\u2028f\x0bg"]


@pytest.mark.parametrize(
    "name", ["hex", "rot13", "idna", "unicode_escape", "undefined", "no-such", "utf-8\0", "", "a/b"]
)
def test_a_codec_that_is_no_character_set_is_no_encoding(name: str) -> None:
    assert not is_known_encoding(name)


@pytest.mark.parametrize("name", ["UTF-8", "utf8", "UTF-16", "ISO-8859-1", "windows-1251", "KOI8-R", "Shift_JIS"])
def test_character_sets_are_known_by_their_usual_names(name: str) -> None:
    assert is_known_encoding(name)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"BagIt-Version: 1.0\n", "declaration-encoding-missing"),
        (b"Tag-File-Character-Encoding: UTF-8\n", "declaration-version-missing"),
        (b"", "declaration-version-missing"),
        (declaration("1"), "declaration-version-malformed"),
        (declaration("2.0"), "declaration-version-unsupported"),
        (declaration("0.92"), "declaration-version-unsupported"),
        (declaration("01.0"), "declaration-version-unsupported"),
        (declaration(encoding="klingon"), "declaration-encoding-unknown"),
        (b"\xef\xbb\xbf" + declaration(), "declaration-byte-order-mark"),
        (declaration().decode().encode("utf-16"), "declaration-byte-order-mark"),
        (declaration() + b"\xff", "declaration-encoding"),
        (declaration() + b"X: y\n", "declaration-lines"),
        (declaration() + b"\n", "declaration-lines"),
        (b"Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n", "declaration-lines"),
        (b"Bagit-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "declaration-label-case"),
        (b"BagIt-Version:1.0\nTag-File-Character-Encoding: UTF-8\n", "declaration-whitespace"),
        (b"BagIt-Version: 1.0\nTag-File-Character-Encoding:  UTF-8\n", "declaration-whitespace"),
        (b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8 \n", "declaration-whitespace"),
    ],
)
def test_a_declaration_that_departs_from_the_standard_is_an_error(data: bytes, code: str) -> None:
    assert code in errors(judge(bag(tag_files={b"bagit.txt": data})))


@pytest.mark.parametrize(
    "data", [b"BagIt-Version : 0.97\nTag-File-Character-Encoding:UTF-8", declaration("0.97") + b"\n"]
)
def test_before_1_0_a_loose_declaration_is_a_warning_only(data: bytes) -> None:
    verdict = judge(bag(tag_files={b"bagit.txt": data}))
    assert verdict.valid
    assert any(code.startswith("declaration-") for code in warnings(verdict))


@pytest.mark.parametrize("ending", [b"\r", b"\r\n", b"\n"])
def test_a_declaration_may_use_any_line_end_and_none_at_its_end(ending: bytes) -> None:
    data = ending.join((b"BagIt-Version: 1.0", b"Tag-File-Character-Encoding: UTF-8"))
    assert judge(bag(tag_files={b"bagit.txt": data})).valid


def test_a_wrong_declaration_does_not_keep_the_rest_from_being_judged() -> None:
    files = bag(tag_files={b"bagit.txt": b"nonsense"})
    files[b"data/a.txt"] = b"ALPHA"
    assert {"declaration-version-missing", "payload-digest-mismatch"} <= errors(judge(files))


@pytest.mark.parametrize("encoding", ["UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32"])
def test_tag_files_in_wide_encodings_are_read(encoding: str) -> None:
    payload = {"data/доказательство.jpg".encode(): b"x"}
    verdict = judge(bag(payload, version="0.97", encoding=encoding))
    assert verdict.valid
    assert verdict.files == 1


def test_utf_16_without_a_mark_is_big_endian() -> None:
    files = bag(version="0.97", encoding="UTF-16", sealed=False)
    files[b"manifest-sha256.txt"] = files[b"manifest-sha256.txt"].decode("utf-16").encode("utf-16-be")
    assert judge(files).valid


def test_in_1_0_another_encoding_than_utf_8_is_warned_of() -> None:
    verdict = judge(bag(encoding="ISO-8859-1"))
    assert verdict.valid
    assert warnings(verdict) == {"declaration-encoding-not-utf-8"}


def test_names_in_latin_1_tag_files_find_their_utf_8_files() -> None:
    payload = {"data/café.txt".encode(): b"x"}
    assert judge(bag(payload, version="0.97", encoding="ISO-8859-1")).valid


def test_names_on_disk_in_the_legacy_encoding_of_the_tag_files_are_found() -> None:
    name = "data/дело.txt".encode("cp1251")
    files = bag({name: b"x"}, version="0.97", encoding="windows-1251", sealed=False)
    files[b"manifest-sha256.txt"] = lines("sha256", {b"X": b"x"}).replace(b"X", name)
    verdict = judge(files)
    assert verdict.valid
    assert warnings(verdict) == {"name-not-utf-8"}


def test_a_utf_8_manifest_with_other_octets_is_an_error_and_its_digests_are_still_used() -> None:
    verdict = judge(bag({b"data/\xe4.txt": b"x"}))
    assert errors(verdict) == {"tag-file-encoding"}


@pytest.mark.parametrize(("version", "valid"), [("0.97", True), ("1.0", False)])
def test_a_byte_order_mark_in_a_utf_8_manifest_is_wrong_since_1_0(version: str, valid: bool) -> None:
    payload = {b"data/a": b"x"}
    marked = {b"manifest-sha256.txt": b"\xef\xbb\xbf" + lines("sha256", payload)}
    verdict = judge(bag(payload, version=version, tag_files=marked))
    assert verdict.valid is valid
    assert "tag-file-byte-order-mark" in codes(verdict)


def test_folded_values_are_joined_without_their_padding() -> None:
    text = "Label: one\r\n   two\r\n\tthree\r\nlabel: four\n"
    elements, findings = baginfo.parse_info(text, name="bag-info.txt", version=V1_0)
    assert elements == (("Label", "one\ntwo\nthree"), ("label", "four"))
    assert findings == ()
    assert baginfo.values(elements, "LABEL") == ("one\ntwo\nthree", "four")


def test_package_info_is_read_up_to_0_95_and_bag_info_since() -> None:
    info = {b"package-info.txt": b"Payload-Oxum: 1.1\n", b"bag-info.txt": b"Payload-Oxum: 10.2\n"}
    assert errors(judge(bag(version="0.95", tag_files=info))) == {"oxum-mismatch"}
    assert judge(bag(version="0.96", tag_files=info)).valid


@pytest.mark.parametrize("line", [b"no colon", b" starts with space: x", b": no label", b"Label : x", b"Label:x"])
def test_a_bag_info_line_of_another_form_is_an_error_in_1_0(line: bytes) -> None:
    assert errors(judge(bag(tag_files={b"bag-info.txt": line + b"\n"})))


def test_a_label_whose_empty_value_was_trimmed_is_a_warning() -> None:
    verdict = judge(bag(tag_files={b"bag-info.txt": b"Label:\n\n"}))
    assert verdict.valid
    assert warnings(verdict) == {"info-whitespace", "info-blank-line"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("# comment", "manifest-line-malformed"),
        (" " + "0" * 64 + "  data/a", "manifest-line-malformed"),
        ("0" * 64, "manifest-line-malformed"),
        ("", "manifest-blank-line"),
        ("0" * 63 + "  data/a", "digest-malformed"),
    ],
)
def test_a_manifest_line_of_another_form_is_an_error(line: str, code: str) -> None:
    _, findings = parse_manifest(line + "\n", name="m", algorithm="sha256", version=V1_0)
    assert [(finding.code, finding.severity) for finding in findings] == [(code, Severity.ERROR)]


def test_one_wrong_line_says_nothing_about_the_others() -> None:
    text = f"{'A' * 64} \t data/ two  spaces \n?\n{'b' * 64}  data/x\n"
    parsed, _ = parse_manifest(text, name="m", algorithm="sha256", version=Version(0, 97))
    assert parsed == (Line("a" * 64, "data/ two  spaces "), Line("b" * 64, "data/x"))


def test_fetch_lines_are_parsed_with_their_spaces() -> None:
    parsed, findings = fetch.parse_fetch("http://h/a%20b 12\tdata/a b \nftp://h/x - data/x\n")
    assert findings == ()
    assert parsed == (fetch.Line("http://h/a%20b", 12, "data/a b "), fetch.Line("ftp://h/x", None, "data/x"))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("http://h/a data/a", "fetch-line-malformed"),
        ("", "fetch-line-malformed"),
        ("a/b - data/a", "fetch-url-malformed"),
    ],
)
def test_a_fetch_line_of_another_form_is_an_error(line: str, code: str) -> None:
    _, findings = fetch.parse_fetch(line + "\n")
    assert [finding.code for finding in findings] == [code]


@given(st.text())
def test_lines_are_what_a_plain_split_at_their_ends_gives(text: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert list(split_lines(text)) == (plain[:-1] if plain[-1] == "" else plain)


def test_many_wrong_lines_are_one_finding_with_their_first_places() -> None:
    _, findings = parse_manifest("?\n" * 1000, name="m", algorithm="sha256", version=V1_0)
    assert [finding.code for finding in findings] == ["manifest-line-malformed"]
    assert findings[0].message.endswith("(lines 1, 2, 3, 4, 5 and 995 more).")
