"""A page with everything on it, and what a browser would make of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from archive.pages.page import Code, Facts, Figure, Marked, Numbers, Page, Section, Table, Text
from archive.pages.plots import Bar, BarChart, Histogram
from archive.pages.words import Size, Tone

_VOID = {"meta", "link", "img", "br", "hr", "input"}


def page_saying(text: str) -> Page:
    """A page that says ``text`` wherever a page can say anything."""
    table = Table(
        text,
        (text, "number", "size", "mark"),
        ((text, 1234567, Size(1_500_000), Marked(text, Tone.DANGER)),),
        total=(text, 1234567, Size(1_500_000), ""),
    )
    bars = tuple(Bar(text, 10 + number, tone) for number, tone in enumerate(Tone))
    elements = (
        Text(text),
        Numbers(((1234567, text), (Marked(text, Tone.OPEN), text))),
        Facts(((text, text), (text, Size(5)), (text, Code(text)))),
        table,
        Figure(BarChart(text, bars), table),
        Figure(Histogram(text, bars), table),
        Table(text, (text,), ()),
    )
    return Page(text, text, text, (Section(text, elements), Section(text, ())), (text, text))


@dataclass
class Seen(HTMLParser):
    """Tags with their attributes in order, texts, and whether every tag was closed in its turn."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def of(cls, html: str) -> Seen:
        seen = cls()
        seen.feed(html)
        seen.close()
        assert seen.open == [], f"never closed: {seen.open}"
        return seen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute stands twice in {tag}"
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"{tag} is closed inside {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style" and data.strip():
            self.texts.append(data.strip())

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]
