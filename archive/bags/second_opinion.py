"""A second opinion on a bag by bagit-python, the validator that recipients know.

The only door to the ``bagit`` package. It is asked to read and validate, nothing else: its writing functions change
the working folder and move files. Its limits: it hangs on a pipe, follows links, and knows no BLAKE3; what it would
hang on is refused here before it is asked.
"""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from archive.bags.structure import THE_BAG
from archive.durable import ask_for, forget_pages
from archive.model.names import shown
from profiles.finding import Finding, Severity, finding_as_json, finding_from_json
from profiles.finding_codes import FindingCode

LARGE = 256 * 1024 * 1024
"""Octets from which a bag is worth a process on each core."""

_WANTED = 4 * 1024 * 1024
"""Octets of a file that the medium is asked for before bagit-python is; a reading goes on from there without asking."""

_AHEAD = 1024 * 1024 * 1024
"""Octets of a bag behind which nothing more is asked for ahead: memory has an end."""

_SOURCE = "bagit-python"


def second_opinion(path: Path) -> list[Finding]:
    """What bagit-python finds wrong with the bag in the folder ``path``; nothing where it accepts the bag.

    The cached pages of every file are dropped first, so that its pass reads from the medium; pages not yet written
    cannot be dropped, so sync before. Everything the library raises becomes a finding.
    """
    octets = [0]
    findings = list(_prepare(path, octets))
    if findings:
        return findings
    return _validate_apart(path) if octets[0] >= LARGE else list(_validate(path))


def _prepare(path: Path, octets: list[int]) -> Iterator[Finding]:
    """Drop the pages of every file, and name what bagit-python must not meet; ``octets`` counts what it will read."""
    try:
        for folder, folders, files, descriptor in os.fwalk(os.fsencode(path), onerror=_raise):
            for name in (*folders, *files):
                status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                mode = status.st_mode
                if stat.S_ISREG(mode):
                    ahead = min(status.st_size, _WANTED) if octets[0] < _AHEAD else 0
                    octets[0] += status.st_size
                    _read_anew(name, descriptor, ahead=ahead)
                elif not stat.S_ISDIR(mode):
                    subject = shown(os.path.relpath(os.path.join(folder, name), os.fsencode(path)))
                    message = "This is a link or a special file, on which bagit-python may hang; it was not asked."
                    yield Finding(FindingCode.SECOND_OPINION_NOT_POSSIBLE, Severity.ERROR, subject, message, _SOURCE)
    except OSError as error:
        yield _failed(error, path)


def _raise(error: OSError) -> None:
    raise error


def _read_anew(name: bytes, folder: int, *, ahead: int) -> None:
    """Drop a file's pages, and have its first ``ahead`` octets on the way before they are asked for."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        forget_pages(descriptor)
        ask_for(descriptor, ahead)
    finally:
        os.close(descriptor)


def _validate_apart(path: Path) -> list[Finding]:
    """As ``_validate``, on every core.

    bagit-python forks for that, which a process with threads cannot risk: so it gets one of its own, out of reach of
    the Ctrl-C that asks us to finish what is in hand. (A group of its own does that. In a session of its own, where the
    kernel shares cores out among sessions, it would wait for our workers, who have stepped back behind everybody here.)
    ``-P``: no module is taken from the folder we happen to be in, which may be a delivered one.
    """
    command = [sys.executable, "-P", "-m", __name__, os.fspath(path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, process_group=0)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        words = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        return [_failed(OSError(words[-1]), path)]
    return [finding_from_json(one) for one in told]


def _validate(path: Path, *, processes: int = 1) -> Iterator[Finding]:
    import bagit  # its import reads package metadata and message catalogues

    logging.getLogger(bagit.MODULE_NAME).disabled = True  # it logs each file, and its own exceptions with traces
    try:
        bagit.Bag(str(path)).validate(processes=processes)
    except bagit.BagValidationError as error:
        for detail in error.details or [error]:
            yield _disagreement(detail, path)
    except bagit.BagError as error:
        yield _disagreement(error, path)
    except Exception as error:  # whatever else it raises (decoding, missing files, arithmetic) is its answer too
        yield _failed(error, path)


def _disagreement(error: Exception, path: Path) -> Finding:
    import bagit

    if isinstance(error, bagit.ChecksumMismatch):
        # Where it could not read a file, the library puts the reason in the place of the digest.
        found, listed = _tidy(error.found, path), _tidy(error.expected, path)
        code = FindingCode.SECOND_OPINION_DIGEST_MISMATCH
        message = f"Its {error.algorithm} digest: found {found}, listed {listed}."
    elif isinstance(error, bagit.FileMissing):
        code = FindingCode.SECOND_OPINION_FILE_MISSING
        message = "A manifest lists this file, but bagit-python does not find it."
    elif isinstance(error, bagit.UnexpectedFile):
        code, message = FindingCode.SECOND_OPINION_FILE_NOT_LISTED, "No manifest lists this file."
    else:
        code, message = FindingCode.SECOND_OPINION_INVALID, f"bagit-python refuses the bag: {_said(error, path)}."
    subject = shown(getattr(error, "path", THE_BAG))
    return Finding(code, Severity.ERROR, subject, message, _SOURCE)


def _failed(error: Exception, path: Path) -> Finding:
    message = f"bagit-python could not judge the bag: {_said(error, path)}."
    return Finding(FindingCode.SECOND_OPINION_FAILED, Severity.ERROR, THE_BAG, message, _SOURCE)


def _said(error: Exception, path: Path) -> str:
    return _tidy(str(error) or type(error).__name__, path)


def _tidy(words: str, path: Path) -> str:
    """The library's own words, without the place where the bag happens to lie, fit for a person's eyes."""
    place = os.path.abspath(path)
    return shown(words.replace(place + os.sep, "").replace(place, "the bag")).rstrip(".")


if __name__ == "__main__":
    json.dump(
        [finding_as_json(found) for found in _validate(Path(sys.argv[1]), processes=os.cpu_count() or 1)], sys.stdout
    )
