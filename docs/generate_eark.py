"""Writes ``docs/reference/eark.md`` from the checks themselves: every E-ARK requirement and what we do about it.

``python docs/generate_eark.py`` writes it; a test says when that was forgotten.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from profiles.eark import TABLES
from profiles.requirement import Level, Requirement

REFERENCE = Path(__file__).parent / "reference" / "eark.md"

HEAD = """\
# E-ARK requirements

<!-- Written by docs/generate_eark.py from the checks in profiles/. Change those, then: make docs -->

Every requirement of [E-ARK CSIP 2.2.0 and AIP 2.2.0](https://dilcis.eu/), its level, what it demands in our words, and
where our packages meet it, or why not. `archive mets validate FILE` asks them of any METS document. *Does not arise* is
a requirement about something our packages do not have; it is checked where others have it. Why some choices look odd:
[ADR 0011](../adr/0011-e-ark-choices.md).
"""


def reference() -> str:
    """The whole page."""
    return HEAD + "".join(f"\n{_section(name, requirements)}" for name, requirements in TABLES)


def _section(specification: str, requirements: tuple[Requirement, ...]) -> str:
    rows = "".join(f"{_row(requirement)}\n" for requirement in requirements)
    return (
        f"## {specification}\n\n{_summary(requirements)}\n\n"
        f"| Requirement | Level | About | Demand | Ours | Where, or why not |\n"
        f"|-------------|-------|-------|--------|------|-------------------|\n{rows}"
    )


def _summary(requirements: tuple[Requirement, ...]) -> str:
    sentences = []
    for level in Level:
        stances = Counter(str(r.stance) for r in requirements if r.level is level)
        if stances:
            parts = ", ".join(f"{count} {stance}" for stance, count in sorted(stances.items()))
            sentences.append(f"{level}: {parts}.")
    return " ".join(sentences)


def _row(requirement: Requirement) -> str:
    check = "" if requirement.check is not None else " (not checked)"
    cells = (
        requirement.identifier,
        requirement.level,
        requirement.scope,
        requirement.says,
        f"{requirement.stance}{check}",
        requirement.ours,
    )
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
    print(f"{REFERENCE} is written")
