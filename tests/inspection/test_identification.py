from __future__ import annotations

from archive.inspection.identification import FormatMatch, Identification, describe, printable
from archive.model.formats import Basis


def match(puid: str, basis: Basis) -> FormatMatch:
    return FormatMatch(puid, "a format", None, None, basis)


def answer(*matches: FormatMatch, warning: str | None = None) -> Identification:
    return Identification(matches, "fido", "1.6.1", "PRONOM v109", warning)


def test_a_format_matched_by_its_bytes_is_named() -> None:
    for basis in (Basis.SIGNATURE, Basis.CONTAINER):
        found = match("fmt/11", basis)
        assert answer(found).format is found


def test_a_guess_by_extension_is_never_the_format() -> None:
    assert answer(match("fmt/11", Basis.EXTENSION)).format is None


def test_of_two_formats_that_fit_neither_is_named() -> None:
    both = answer(match("fmt/61", Basis.SIGNATURE), match("fmt/62", Basis.SIGNATURE))
    assert both.format is None
    assert both.note == "basis: signature, fits several: fmt/61, fmt/62; fido 1.6.1, PRONOM v109"


def test_a_note_names_basis_tool_and_signatures() -> None:
    assert answer(match("fmt/11", Basis.SIGNATURE)).note == "basis: signature; fido 1.6.1, PRONOM v109"


def test_a_note_says_that_an_extension_is_not_confirmed() -> None:
    note = answer(match("fmt/11", Basis.EXTENSION)).note
    assert note == "extension suggests fmt/11 (not confirmed by content); fido 1.6.1, PRONOM v109"


def test_a_note_on_an_unknown_file_says_what_was_tried() -> None:
    assert answer().note.startswith("unknown: no signature, no container, no extension match")


def test_a_note_carries_the_warning() -> None:
    assert answer(warning="empty file").note == "unknown; fido 1.6.1, PRONOM v109; warning: empty file"


def test_fidos_own_formats_are_not_said_to_be_in_pronom() -> None:
    assert match("fido-fmt/189.word", Basis.SIGNATURE).registry == "FIDO"
    assert match("fmt/412", Basis.CONTAINER).registry == "PRONOM"
    assert match("x-fmt/263", Basis.SIGNATURE).registry == "PRONOM"


def test_what_a_warning_quotes_is_one_printable_line() -> None:
    shown = printable("a\x1b[31m\n\u202e\udcff" + "x" * 500)
    assert shown.isprintable()
    assert len(shown) <= 200


def test_a_described_error_does_not_tell_our_paths() -> None:
    assert describe(FileNotFoundError(2, "No such file", "/our/staging/x")) == "FileNotFoundError: No such file"
