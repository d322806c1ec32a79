"""Run the tests and the tour on other days, in other zones, as other users and in other folders: `make test-any-day`.

The rows stand in ``circumstances.py``. Each is tried in a fresh copy of this checkout with temporary and home folders
of its own, and all of them are told in one table. The exit code is 1 if anything failed.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from circumstances import DEPENDS_ON_TIME, FAR, ROWS, Day, Folder, Row, User, begins

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ARCHIVE_SHARED") or REPOSITORY.parent / "shared").resolve()
SLEEP = "tests/any_day/sleep"
STRICT = bool(os.environ.get("ARCHIVE_TESTS_SKIP_NOTHING"))

LEFT_OUT: tuple[str, ...] = ()
"""Real servers that no test asks under a false clock."""
EXCUSED = ("not in this machine's power: ", "left out under a false clock: ")
"""How the reason of a skip begins that is allowed even where ``ARCHIVE_TESTS_SKIP_NOTHING`` is set."""

_PROBE = """
import datetime, multiprocessing, subprocess, time
def told(_=None): return datetime.datetime.now(datetime.timezone.utc).timestamp()
if __name__ == "__main__":
    began = time.monotonic()
    time.sleep(0.01)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(told(), subprocess.check_output(["date", "+%s"], text=True).strip(), pool.apply(told), sep="\\n")
"""


@dataclass
class Outcome:
    """What one run of a row came to."""

    row: Row
    run: str
    passed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    tour: str = "not run"
    log: Path | None = None

    def right(self) -> bool:
        """Whether tests ran, none of them failed, none skipped without leave, and the tour is not wrong."""
        unexcused = [reason for reason in self.skipped if not reason.startswith(EXCUSED)]
        tests = self.passed > 0 and not self.failed and not (STRICT and unexcused)
        return tests and self.tour in ("ok", "not run")


class Trouble(Exception):
    """This cannot be tried here; the message says what is missing."""


def main() -> int:
    """Run what the words of the command line choose."""
    chosen = _chosen()
    if chosen.list:
        for row in ROWS:
            print(f"{row.name:8} {row}\n{'':8} begins {begins(row.day, datetime.now(UTC)):%Y-%m-%d %H:%M} UTC")
        return 0
    rows = FAR if chosen.far else [row for row in ROWS if not chosen.only or row.name in chosen.only]
    tests = [*DEPENDS_ON_TIME] if chosen.far else _part(chosen.tests, chosen.part)
    if chosen.moving is not None:
        rows, tests = _moving(chosen.moving)
    if missing := _missing(rows):
        raise Trouble("\n".join(missing))
    if os.geteuid() != 0:
        print("Only root can be others: every row is run as you.")
    print(f"Real servers left out under a false clock: {', '.join(LEFT_OUT) or 'none'}")
    base = Path(tempfile.mkdtemp(prefix="any-day-"))
    base.chmod(0o755)
    outcomes = []
    try:
        for row in rows:
            print(f"\n{row.name}: {row}", flush=True)
            with ThreadPoolExecutor(row.times) as several:
                names = [row.name if row.times == 1 else f"{row.name}-{n + 1}" for n in range(row.times)]
                asked = [
                    several.submit(_try, row, name, base, tests, tour=not (chosen.far or chosen.no_tour))
                    for name in names
                ]
                outcomes += [one.result() for one in asked]
            for outcome in outcomes[-row.times :]:
                _tell(outcome)
    finally:
        right = len(outcomes) >= len(rows) and all(outcome.right() for outcome in outcomes)
        if chosen.keep or not right:
            print(f"\nEverything is kept in {base}")
        else:
            shutil.rmtree(base, ignore_errors=True)
    _table(outcomes)
    return 0 if right else 1


def _chosen() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="tell the rows and run nothing")
    parser.add_argument("--only", metavar="ROW", action="append", help="this row; may be given again")
    parser.add_argument("--part", metavar="K/N", default="1/1", help="the K-th of N parts of the test files")
    parser.add_argument("--tests", metavar="PATH", nargs="+", default=["tests"], help="these files or folders of tests")
    parser.add_argument("--far", action="store_true", help="what depends on time, on two far days, without the tour")
    parser.add_argument(
        "--moving", metavar="N", type=int, help="one row and one of N parts, others with each commit (for CI)"
    )
    parser.add_argument("--no-tour", action="store_true", help="leave out the tour")
    parser.add_argument("--keep", action="store_true", help="leave copies and logs where they are")
    chosen = parser.parse_args()
    unknown = set(chosen.only or ()) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; the rows: {', '.join(row.name for row in ROWS)}")
    return chosen


def _part(paths: list[str], part: str) -> list[str]:
    """The test files below ``paths`` that belong to a part such as ``2/8``: every eighth, beginning with the second."""
    number, of = (int(word) for word in part.split("/"))
    if not 1 <= number <= of:
        raise Trouble(f"{part} is no part: the first of eight is 1/8")
    if of == 1:
        return paths
    files: set[Path] = set()
    for path in (REPOSITORY / path for path in paths):
        files |= {path} if path.is_file() else set(path.rglob("test_*.py"))
    return [str(path.relative_to(REPOSITORY)) for path in sorted(files)[number - 1 :: of]]


def _moving(parts: int) -> tuple[list[Row], list[str]]:
    """One row and one part of the tests. Every commit has its own; as many commits as there are pairs try them all."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=True
        ).stdout.strip()

    if git("rev-parse", "--is-shallow-repository") == "true":
        number = int(git("rev-parse", "HEAD"), 16)
    else:
        number = int(git("rev-list", "--count", "HEAD"))
    row, part = ROWS[number % len(ROWS)], number // len(ROWS) % parts + 1
    print(f"This commit's turn: row {row.name}, part {part}/{parts} of the tests")
    return [row], _part(["tests"], f"{part}/{parts}")


# What is needed


def _missing(rows: tuple[Row, ...] | list[Row]) -> list[str]:
    """What these rows need and this machine does not have, each with the command that brings it."""
    missing = []
    if any(row.day is not Day.TODAY for row in rows) and shutil.which("faketime") is None:
        missing.append("faketime is not installed; install it with: apt-get install faketime")
    spoken = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.lower()
    if any(row.locale.startswith("ru") for row in rows) and "ru_ru.utf8" not in spoken:
        missing.append(
            "the locale ru_RU.UTF-8 is missing; make it with: apt-get install locales && "
            "localedef -i ru_RU -f UTF-8 ru_RU.UTF-8"
        )
    if any(row.folder is Folder.BLANKS for row in rows) and shutil.which("make") is None:
        missing.append("make is not installed; install it with: apt-get install make")
    return missing


def _false_clock(row: Row) -> dict[str, str]:
    """The settings of a false clock that begins with this row's day; none today.

    The clock is ahead by an offset, so that every process is told the same. The times of files stay true, and so does
    monotonic time: with either of them false, programs and tests contradict themselves or hang (see ``sleep``).
    """
    if row.day is Day.TODAY:
        return {}
    asked = ["faketime", "-f", "+0", "sh", "-c", 'printf %s "$LD_PRELOAD"']
    library = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    now = datetime.now(UTC)
    return {
        "LD_PRELOAD": library,
        "FAKETIME": f"{round((begins(row.day, now) - now).total_seconds()):+d}",
        "FAKETIME_CACHE_DURATION": "86400",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


# One run


def _try(row: Row, name: str, base: Path, tests: list[str], *, tour: bool) -> Outcome:
    """Copy the checkout to a folder of this run's own, and try tests and tour there."""
    outcome, run = Outcome(row, name), Run(row, base, name)
    run.copy()
    outcome.log = run.log
    if row.folder is Folder.BLANKS or not run.can_use(sys.executable):
        run.install()
        python, tour_command, test_command = run.installed, ["make", "tour"], ["make", "test"]
    else:
        python = sys.executable
        tour_command = [python, "-P", "-m", "archive", "tour"]
        test_command = [python, "-m", "pytest", "-n", "auto"]
    clock = _false_clock(row)
    run.probe(python, clock)
    report = run.ground / "tests.xml"
    options = shlex.join([f"--junitxml={report}", "-q", *tests])
    ended = run.call(test_command, {**clock, "PYTEST_ADDOPTS": options})
    _count(report, ended, outcome)
    if tour:
        ended = run.call(tour_command, clock)
        outcome.tour = "ok" if ended == 0 else f"FAILED ({ended})"
    return outcome


class Run:
    """A copy of the checkout, and how commands are run in it: by whom, with which umask, zone and locale."""

    def __init__(self, row: Row, base: Path, name: str) -> None:
        self.row = row
        self.ground = ground = base / (f"{name}, дело № 7" if row.folder is Folder.BLANKS else name)
        self.checkout = ground / "checkout"
        self.log = ground / "log.txt"
        self.installed = str(self.checkout / ".venv/bin/python")
        self.user = pwd.getpwnam("nobody") if row.user is User.NOBODY and os.geteuid() == 0 else None

    def copy(self) -> None:
        """All that git knows or would add, with the permissions that a clone under this umask has."""
        names = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
        ).stdout
        for name in filter(None, os.fsdecode(names).split("\0")):
            if (REPOSITORY / name).is_file():
                target = self.checkout / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(REPOSITORY / name, target)
        for folder in ("t", "home"):
            (self.ground / folder).mkdir()
        for path in [self.ground, *self.ground.rglob("*")]:
            path.chmod((0o777 if path.is_dir() or os.access(path, os.X_OK) else 0o666) & ~self.row.umask)
            if self.user is not None:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def can_use(self, python: str) -> bool:
        """Whether this user can run this Python, with what the tests need installed for it."""
        asked = [python, "-P", "-c", "import hypothesis, lxml, pytest, xdist, cryptography, sqlalchemy"]
        return self._succeeds(asked)

    def _succeeds(self, command: list[str]) -> bool:
        try:
            return self._start(command, {}, subprocess.DEVNULL).wait() == 0
        except PermissionError:  # the program lies in a folder that this user may not enter
            return False

    def install(self) -> None:
        """Make the environment as a stranger does. The clock is right meanwhile: servers have certificates."""
        candidates = [shutil.which("python3"), f"{sys.base_prefix}/bin/python3", "/usr/bin/python3"]
        asked = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"
        for python in filter(None, candidates):
            if self._succeeds([python, "-c", asked]):
                break
        else:
            raise Trouble(
                f"{self.row.user} can run no Python 3.11 with venv; install one with: apt-get install python3-venv"
            )
        if self.call(["make", ".venv/.installed-dev", f"PYTHON={python}"], {}) != 0:
            raise Trouble(f"{self.row.name}: make could not install what the tests need; see {self.log}")

    def probe(self, python: str, clock: dict[str, str]) -> None:
        """Raise Trouble unless Python, its workers and other programs are all told this row's time."""
        (self.ground / "probe.py").write_text(_PROBE)
        (self.ground / "probe.py").chmod(0o644)
        now = datetime.now(UTC).timestamp() + int(clock.get("FAKETIME", "0"))
        asked = self._start([python, str(self.ground / "probe.py")], clock, subprocess.PIPE)
        told, _ = asked.communicate()
        moments = [float(word) for word in told.split()]
        if asked.returncode != 0 or len(moments) != 3 or any(abs(moment - now) > 600 for moment in moments):
            raise Trouble(f"{self.row.name}: the clock is not told as it should be: {told.decode()!r}, not {now}")

    def call(self, command: list[str], more: dict[str, str]) -> int:
        """Run a command, its words in the log; its exit code."""
        with self.log.open("a") as log:
            log.write(f"\n$ {shlex.join(command)}\n")
            log.flush()
            return self._start(command, more, log.fileno()).wait()

    def _start(self, command: list[str], more: dict[str, str], out: int) -> subprocess.Popen[bytes]:
        by = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        return subprocess.Popen(
            command,
            cwd=self.checkout,
            env={**self._environment(), **more},
            umask=self.row.umask,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT if out != subprocess.PIPE else None,
            **by,  # type: ignore[arg-type]
        )

    def _environment(self) -> dict[str, str]:
        odd = ("VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE", "LANGUAGE", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LC_") and name not in odd}
        return {
            **kept,
            "ARCHIVE_SHARED": str(SHARED),
            "HOME": str(self.ground / "home") if self.user else kept.get("HOME", "/"),
            "LANG": self.row.locale,
            "LC_ALL": self.row.locale,
            "PYTHONPATH": f"{self.checkout}:{self.checkout / SLEEP}",
            "TMPDIR": str(self.ground / "t"),
            "TZ": self.row.zone,
        }


# What came of it


def _count(report: Path, ended: int, outcome: Outcome) -> None:
    """Read pytest's report; where it is not there or says less than the exit code, that is a failure too."""
    if report.is_file():
        for case in ElementTree.parse(report).iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            skips = [s.get("message") or "" for s in case.iter("skipped") if s.get("type") == "pytest.skip"]
            if case.find("failure") is not None or case.find("error") is not None:
                outcome.failed.append(name)
            elif skips:
                outcome.skipped[skips[0]] += 1
            else:
                outcome.passed += 1
    if ended != 0 and not outcome.failed:
        outcome.failed.append(f"the tests ended with {ended}")


def _tell(outcome: Outcome) -> None:
    for reason, number in sorted(outcome.skipped.items()):
        print(f"  {outcome.run}: {number} skipped: {reason}")
    for name in outcome.failed:
        print(f"  {outcome.run}: FAILED {name}")
    print(f"  {outcome.run}: {'right' if outcome.right() else f'WRONG, see {outcome.log}'}", flush=True)


def _table(outcomes: list[Outcome]) -> None:
    print(f"\n{'row':10} {'passed':>6} {'failed':>6} {'skipped':>7}  {'tour':10}  circumstances")
    for one in outcomes:
        skipped = sum(one.skipped.values())
        print(f"{one.run:10} {one.passed:6} {len(one.failed):6} {skipped:7}  {one.tour:10}  {one.row}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        sys.exit(f"any-day: {trouble}")
