"""From a page to HTML: the only door to jinja2.

Every value passes ``_visible`` and then jinja2's own escaping; templates put values between tags and into quoted
attributes, nowhere else. A policy in the page's head forbids scripts and anything remote, should a value ever get
through.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from archive.model.names import shown
from archive.model.quantities import octets
from archive.pages.page import Cell, Code, Marked, Page
from archive.pages.words import Size, Tone

if TYPE_CHECKING:
    from jinja2 import Environment


_SHORT = 16
_DIGEST = 64  # characters of a SHA-256


def render(page: Page) -> str:
    """The page as one HTML document; the same page gives the same text."""
    return _environment().get_template("page.html.j2").render(page=page)


@dataclass(frozen=True, slots=True)
class _View:
    """A cell as it is shown: ``exact`` is the number a machine would read, or None."""

    text: str
    tone: Tone | None = None
    code: bool = False
    exact: str | None = None

    @property
    def short(self) -> bool:
        """Whether it is better not broken into lines."""
        return len(self.text) <= _SHORT

    @property
    def is_digest(self) -> bool:
        """Whether it is so long that in a column it wants two lines of the same length."""
        return len(self.text) == _DIGEST


def _view(cell: Cell) -> _View:
    match cell:
        case Marked(text=text, tone=tone):
            return _View(text, tone=tone)
        case Code(text=text):
            return _View(text, code=True)
        case Size(octets=size):
            return _View(octets(size), exact=str(size))
        case int():
            return _View(f"{cell:,}", exact=str(cell))
        case str():
            return _View(cell)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def visible(value: object) -> object:
        return value if isinstance(value, Markup) else shown(str(value))

    environment = Environment(
        loader=PackageLoader("archive.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = resources.files("archive.pages").joinpath("templates/page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment.globals.update(view=_view, tones=list(Tone), style=Markup(style), style_digest=digest)
    return environment
