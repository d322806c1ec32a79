"""The table of hostile deliveries in the documentation, written from the cases that the tests run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hostile_case import Case, State
from hostile_cases import CASES, GROUPS

HEAD = """\
# Hostile deliveries

<!-- Written by docs/generate_hostile.py from tests/hostile. Change the cases there, then: make docs -->

What `archive ingest` makes of {count} kinds of deliveries that are broken, odd, or meant to do harm. Each row is a test
that makes the delivery, runs the command, and compares outcome, findings and exit code to the letter. Of every one it
also checks that

- the command ends; given again it says the same and records nothing twice;
- nothing is written outside the archive and its locations, and the delivered folder is afterwards what it was, to the
  times of its files; nothing calls another machine or looks up its name;
- every regular file that could be read lies in a package under a name from which the delivered one can be told byte for
  byte, with the SHA-256 it had on the medium; links in it are never followed, and what holds no bytes is never opened;
- `received = accepted + duplicate + quarantined + rejected + pending`;
- all packages are right for `archive verify`, for `sha256sum -c` and for bagit-python, and METS and PREMIS are valid;
- no character of a name makes a terminal do anything;
- `archive survey` of the same folder ends, writes nothing and calls nobody either.

**Outcome** says how the accession stands and what became of its files. *Closed*: everything was received. *Open*: the
rest waits until the same command can read it. *Refused*: the command says why and receives nothing. *Failed*: the
archive's own disk failed; the same command goes on, and the numbers are those it ends with.

**Recorded** says where, beside the custody log: *package* is PREMIS in the AIP, with the name byte for byte; *listing*
and *findings* are `listing.jsonl` and `findings.json` in the accession package; *papers* is its folder `submission`,
where the tag files of a bag and the producer's table lie as received. *Told* stands in the answer of the command only,
for an open accession has no package of its own yet; the custody log names the files that wait.

**Findings** are those beyond what any delivery has on the same machine, where no malware scanner runs, for example.
What the exit codes mean for a person: [exit codes](exit-codes.md).
"""


_HEADINGS = """\
| Kind | Delivered | Outcome | Findings | Exit | Recorded |
|------|-----------|---------|----------|-----:|----------|
"""


def page() -> str:
    """The whole page."""
    return HEAD.format(count=len(CASES)) + "".join(f"\n{_section(title, cases)}" for title, cases in GROUPS)


def _section(title: str, cases: tuple[Case, ...]) -> str:
    rows = "".join(f"| {' | '.join(_cells(case))} |\n" for case in cases)
    return f"## {title}\n\n{_HEADINGS}{rows}"


def _cells(case: Case) -> Iterator[str]:
    yield f"`{case.id}`"
    yield case.delivered.replace("|", "\\|")
    yield _outcome(case)
    yield ", ".join(f"`{code}`" for code in sorted(case.codes)) or "none"
    yield str(case.exit)
    yield ", ".join(_recorded(case))


def _outcome(case: Case) -> str:
    counts = Counter(str(outcome) for outcome in case.files.values())
    parts = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{case.state}: {parts}" if parts else str(case.state)


def _recorded(case: Case) -> Iterator[str]:
    if case.state is State.REFUSED:
        yield "nothing was received"
        return
    yield "package"
    if case.state is State.OPEN:
        yield "told"
        return
    yield "listing"
    if case.codes:
        yield "findings"
    if case.bag or case.table is not None:
        yield "papers"
