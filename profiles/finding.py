"""``Finding``: content is wrong, and this is how it is said. Imports nothing, so that anyone may import it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    """The content breaks the rule that is named."""
    WARNING = "warning"
    """Acceptable, and somebody should know."""
    INFO = "info"
    """A fact worth keeping."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found about one subject.

    ``code`` is stable and machine-readable, ``subject`` the thing meant (a path, an identifier; lossy text where the
    name is not UTF-8), ``message`` a sentence for a person, ``source`` the rule (for example ``RFC 8493 §2.1.3``).
    """

    code: str
    severity: Severity
    subject: str
    message: str
    source: str = ""
