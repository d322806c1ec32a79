"""A page is one file that does nothing but stand there, whatever is said on it."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages_support import Seen, page_saying

from archive.model.names import shown
from archive.pages.page import Figure, Page, Section, Table
from archive.pages.plots import BarChart, Histogram
from archive.pages.rendering import render
from archive.pages.words import Tone

TEMPLATES = Path(__file__).resolve().parents[2] / "archive" / "pages" / "templates"
HARMLESS = Seen.of(render(page_saying("plain words")))
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></svg></table><script>",
    "{{ 7 * 7 }} {% raw %}",
    "<!-- -->]]><![CDATA[",
    "&lt;b&gt; &#x202e;",
    "javascript:alert(1)",
    "\u202egpj.exe\u2066",
    "a\x00b\x1b[31mc\r\nd\u2028e\u200bf\ufeff",
    "\udcff\ud800",
    "запись допроса № 1 — مقطع",
]


def shape(seen: Seen) -> list[tuple[str, dict[str, str | None]]]:
    """The tags, without the one thing about them that hangs on what is said: whether it is short."""

    def without(attributes: dict[str, str | None]) -> dict[str, str | None]:
        kept = (attributes.get("class") or "").removesuffix("short").strip()
        return {
            name: kept if name == "class" else value for name, value in attributes.items() if name != "class" or kept
        }

    return [(tag, without(attributes)) for tag, attributes in seen.tags]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_said_changes_no_tag_and_no_attribute_and_is_seen_whole(text: str) -> None:
    seen = Seen.of(render(page_saying(text)))
    assert shape(seen) == shape(HARMLESS)
    visible = [heard for heard in seen.texts if heard == shown(text).strip()]
    assert len(visible) >= 20


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1))
def test_no_text_at_all_changes_the_shape_of_a_page(text: str) -> None:
    assert shape(Seen.of(render(page_saying("x" + text)))) == shape(HARMLESS)


def test_control_and_bidi_characters_are_shown_and_never_stand_in_the_file() -> None:
    html = render(page_saying("a\u202eb\x1bc\u2067d\x00"))
    assert "a\\u202eb\\x1bc\\u2067d\\x00" in html
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]", html)


def test_nothing_runs_and_nothing_is_fetched() -> None:
    html = render(page_saying("plain words"))
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "image", "use"} & {
        tag for tag, _ in HARMLESS.tags
    }
    for tag, attributes in HARMLESS.tags:
        for name, value in attributes.items():
            assert not name.startswith("on") and name not in ("src", "href", "xlink:href", "style", "srcset"), tag
            assert "url(" not in (value or "") or re.fullmatch(r"url\(#tone-[a-z]+\)", value or "")
    style = html[html.index("<style>") : html.index("</style>")]
    assert not re.search(r"url\(|@import|@font-face|expression|://", style)


def test_a_browser_is_told_to_refuse_scripts_and_everything_remote_and_other_styles() -> None:
    html = render(page_saying("plain words"))
    style = html[html.index("<style>") + len("<style>") : html.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = (meta["content"] for meta in HARMLESS.named("meta") if "http-equiv" in meta)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_the_policy_stands_before_anything_it_is_about() -> None:
    html = render(page_saying("plain words"))
    assert html.startswith("<!DOCTYPE html>")
    assert html.index("Content-Security-Policy") < html.index("<title>") < html.index("<style>")


def test_every_plot_has_a_title_a_description_and_its_table_beside_it() -> None:
    html = render(page_saying("plain words"))
    for figure in re.findall(r'<div class="figure">.*?</div>\s*</div>', html, re.DOTALL):
        assert figure.count('role="img"') == 1
        (labels,) = re.findall(r'role="img" aria-labelledby="([^"]+)"', figure)
        for identifier, tag in zip(labels.split(), ("title", "desc"), strict=True):
            assert f'<{tag} id="{identifier}">plain words' in figure
        assert figure.count("<table>") == 1 and "<caption" in figure
    assert html.count('class="figure"') == 2


def test_tables_tell_what_their_cells_belong_to() -> None:
    assert all(attributes.get("scope") in ("col", "row") for attributes in HARMLESS.named("th"))
    names = [attributes["id"] for _, attributes in HARMLESS.tags if "id" in attributes]
    assert len(set(names)) == len(names)
    for _, attributes in HARMLESS.tags:
        for name in (attributes.get("aria-labelledby") or "").split():
            assert name in names


def test_tones_are_told_apart_without_colour() -> None:
    html = render(page_saying("plain words"))
    patterns = re.findall(r'<pattern id="tone-(\w+)"[^>]*>(.*?)</pattern>', html, re.DOTALL)
    assert {tone for tone, _ in patterns} == {str(tone) for tone in Tone}
    drawn = {tone: re.sub(r'class="\w+"', "", body).strip() for tone, body in patterns}
    assert len({drawn[tone] for tone in ("good", "caution", "danger", "open")}) == 4
    style = (TEMPLATES / "page.css").read_text("utf-8")
    for tone in Tone:
        assert f".{tone} {{" in style and f".line-{tone} {{" in style and style.count(f"--{tone}: #") == 3


def test_numbers_stand_to_the_right_and_keep_their_exact_value() -> None:
    html = render(page_saying("plain words"))
    assert '<td class="number"><data value="1234567">1,234,567</data></td>' in html
    assert '<td class="number"><data value="1500000">1.5 MB</data></td>' in html


def test_what_is_empty_says_so() -> None:
    table = Table("t", ("a", "b"), (), total=("all", 0))
    figures = (Figure(BarChart("t", ()), table), Figure(Histogram("t", ()), table))
    html = render(Page("t", "", "", (Section("t", figures),), ()))
    seen = Seen.of(html)
    assert seen.texts.count("none") == 2
    assert seen.texts.count("nothing to show") == 4, "each plot says it, and its description does"
    assert '<td class="number">0</td>' in html


def test_the_same_page_is_the_same_file() -> None:
    assert render(page_saying("plain words")) == render(page_saying("plain words"))


def test_a_row_that_does_not_fit_its_table_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="as many cells"):
        Table("t", ("a", "b"), (("only one",),))
    with pytest.raises(ValueError, match="as many cells"):
        Table("t", ("a", "b"), (), total=("only one",))


def test_jinja2_is_loaded_when_a_page_is_rendered_and_not_before() -> None:
    script = (
        "import sys, archive.pages.rendering, archive.pages.bins, archive.pages.writing\n"
        "assert not {'jinja2', 'markupsafe'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
