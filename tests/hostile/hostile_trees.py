"""Hostile trees: what is no regular file, what cannot be read, and folders that are not what they seem."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

from hostile_case import CannotBeMade, Case, State, outcomes, put

from archive.model.packages import Outcome

KEPT = {"kept.txt": b"beside it"}
GIB = 1 << 30
MANY = 100_000


def beside(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """One ordinary file and what ``make`` adds."""

    def both(folder: Path) -> None:
        put(folder, KEPT)
        make(folder)

    return both


def odd(id: str, delivered: str, make: Callable[[Path], None], *, code: str, exit: int = 0, **others: str) -> Case:
    """One ordinary file that is accepted, and entries that hold no bytes and stand in the listing."""
    return Case(
        id=id,
        delivered=delivered,
        make=beside(make),
        files=outcomes("kept.txt"),
        others={os.fsencode(name.replace("_", " ")): kind for name, kind in others.items()},
        codes=frozenset({code}),
        exit=exit,
    )


def _socket(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)  # a socket's path is short; folders of tests are not
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(f"/proc/self/fd/{descriptor}/socket")
    finally:
        os.close(descriptor)


def _device(kind: int, major: int, minor: int) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        try:
            os.mknod(folder / "device", kind | 0o600, os.makedev(major, minor))
        except PermissionError as error:
            raise CannotBeMade("only root may make devices") from error

    return make


def _links(folder: Path) -> None:
    holder = os.open(folder, os.O_RDONLY)
    for number in range(MANY):
        os.symlink("kept.txt", f"{number:06}", dir_fd=holder)
    os.close(holder)


def _sparse(folder: Path) -> None:
    with open(folder / "sparse.img", "wb") as file:
        file.truncate(2 * GIB)


def _hard_links(folder: Path) -> None:
    put(folder, {"1": b"one file"})
    for name in ("2", "3"):
        os.link(folder / "1", folder / name)


def _times(nanoseconds: int) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        put(folder, {"photo.jpg": b"from a camera with this clock"})
        os.utime(folder / "photo.jpg", ns=(0, nanoseconds))
        if os.stat(folder / "photo.jpg").st_mtime_ns != nanoseconds:
            raise CannotBeMade("this file system cannot hold such a time")

    return make


def _time_beyond(folder: Path) -> None:
    _run("mount", "-t", "tmpfs", "-o", "size=1m", "none", folder, cannot="only root may mount what holds any time")
    _times(300_000_000_000_000 * 10**9)(folder)


def _modes(folder: Path) -> None:
    put(folder, {"setuid": b"a", "read only": b"b", "sticky/file": b"c"})
    os.chmod(folder / "setuid", 0o6755)
    os.chmod(folder / "read only", 0o400)
    os.chmod(folder / "sticky", 0o1777)


def _run(*words: str | Path, cannot: str) -> None:
    try:
        done = subprocess.run(words, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise CannotBeMade(cannot) from error
    if done.returncode != 0:
        raise CannotBeMade(cannot)


def _flagged(folder: Path) -> None:
    put(folder, {"immutable": b"a", "append only": b"b"})
    _run("chattr", "+i", folder / "immutable", cannot="only root may make files immutable, and not everywhere")
    _run("chattr", "+a", folder / "append only", cannot="only root may make files append-only, and not everywhere")


def _unflagged(folder: Path) -> None:
    for name in ("immutable", "append only"):
        if (folder / name).exists():
            subprocess.run(["chattr", "-ia", folder / name], capture_output=True, check=False)


def _read_only(folder: Path) -> None:
    put(folder, {"a.txt": b"a", "b/c.txt": b"c"})
    _run("mount", "--bind", folder, folder, cannot="only root may mount")
    _run("mount", "-o", "remount,bind,ro", folder, cannot="this machine cannot mount read-only")


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", folder], capture_output=True, check=False)


def _to(*links: tuple[str, str]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        for name, target in links:
            os.symlink(target, folder / name)

    return make


def _linked(folder: Path) -> None:
    put(folder, {"a.txt": b"a"})
    os.symlink(folder, folder.parent / "link to it")


def _refused(id: str, delivered: str, make: Callable[[Path], None], given: Callable[[Path], Path], exit: int) -> Case:
    return Case(id=id, delivered=delivered, make=make, given=given, exit=exit, state=State.REFUSED)


def _archive(folder: Path) -> Path:
    return folder.parent.parent


CASES = (
    odd("fifo", "a named pipe that nobody writes to", lambda f: os.mkfifo(f / "pipe"), code="fifo", pipe="fifo"),
    odd("socket", "a socket", _socket, code="socket", socket="socket"),
    odd(
        "device-character",
        "the device that never ends (`/dev/zero`)",
        _device(stat.S_IFCHR, 1, 5),
        code="device",
        device="device",
    ),
    odd("device-block", "a disk", _device(stat.S_IFBLK, 7, 0), code="device", device="device"),
    odd(
        "link-loop",
        "links that lead to each other and to themselves",
        _to(("a", "b"), ("b", "a"), ("c", "c")),
        code="link",
        a="link",
        b="link",
        c="link",
    ),
    odd(
        "link-to-the-folder-above",
        "links to `.` and `..`: trees without end",
        _to(("up", ".."), ("here", ".")),
        code="link",
        up="link",
        here="link",
    ),
    odd(
        "link-out-of-the-tree",
        "links to `/etc/passwd` and `/etc`",
        _to(("passwd", "/etc/passwd"), ("etc", "/etc")),
        code="link",
        passwd="link",
        etc="link",
    ),
    odd(
        "link-climbing",
        "a relative link that climbs out",
        _to(("out", "../../../../../../../../etc/passwd")),
        code="link",
        out="link",
    ),
    odd(
        "link-to-proc",
        "links to `/proc/self/mem` and `/proc/kmsg`",
        _to(("mem", "/proc/self/mem"), ("kmsg", "/proc/kmsg")),
        code="link",
        mem="link",
        kmsg="link",
    ),
    odd(
        "link-to-nothing",
        "a link that leads nowhere, and one to a file beside it",
        _to(("gone", "nowhere"), ("beside", "kept.txt")),
        code="link",
        gone="link",
        beside="link",
    ),
    odd(
        "folder-empty",
        "empty folders, one in another",
        lambda f: (f / "empty" / "inner").mkdir(parents=True),
        code="empty-folder",
        empty="folder",
    ),
    Case(
        id="folder-of-100000-entries",
        delivered="100,000 links in one folder",
        make=beside(_links),
        files=outcomes("kept.txt"),
        others={b"000000": "link", b"099999": "link"},
        codes=frozenset({"link"}),
    ),
    Case(
        id="hard-links",
        delivered="three names of one file",
        make=_hard_links,
        files={**outcomes("1"), **outcomes("2", "3", of=Outcome.DUPLICATE)},
    ),
    Case(
        id="sparse-2-gib",
        delivered="a file of 2 GiB that takes no room on its disk",
        make=_sparse,
        files=outcomes("sparse.img"),
    ),
    Case(
        id="zero-bytes",
        delivered="empty files",
        make=lambda f: put(f, {"a": b"", "b": b""}),
        files={**outcomes("a"), **outcomes("b", of=Outcome.DUPLICATE)},
    ),
    Case(
        id="same-bytes-thrice",
        delivered="one content under three names",
        make=lambda f: put(f, {"a": b"x", "b/a": b"x", "c": b"x"}),
        files={**outcomes("a"), **outcomes("b/a", "c", of=Outcome.DUPLICATE)},
    ),
    Case(
        id="time-before-1970",
        delivered="a file last changed in 1938",
        make=_times(-1_000_000_000_000_000_001),
        files=outcomes("photo.jpg"),
    ),
    Case(
        id="time-in-the-far-future",
        delivered="a file last changed in 2350",
        make=_times(12_000_000_000 * 10**9),
        files=outcomes("photo.jpg"),
    ),
    Case(
        id="time-to-the-nanosecond",
        delivered="a time that a double cannot hold",
        make=_times(1_600_000_000_123_456_789),
        files=outcomes("photo.jpg"),
    ),
    Case(
        id="time-beyond-every-calendar",
        delivered="a file last changed 9.5 million years from now",
        make=_time_beyond,
        undo=lambda folder: _unmount(folder),
        files=outcomes("photo.jpg"),
    ),
    Case(
        id="modes-unusual",
        delivered="setuid, read-only, sticky",
        make=_modes,
        files=outcomes("setuid", "read only", "sticky/file"),
    ),
    Case(
        id="flags-immutable-and-append-only",
        delivered="files that nobody may change",
        make=_flagged,
        undo=_unflagged,
        files=outcomes("immutable", "append only"),
    ),
    Case(
        id="medium-read-only",
        delivered="a medium mounted read-only",
        make=_read_only,
        undo=_unmount,
        files=outcomes("a.txt", "b/c.txt"),
    ),
    Case(
        id="delivery-is-a-link",
        delivered="a link to the delivered folder",
        make=_linked,
        files=outcomes("a.txt"),
        given=lambda folder: folder.parent / "link to it",
    ),
    _refused(
        "delivery-without-files", "a folder that holds links and empty folders only", _to(("a", "b")), lambda f: f, 1
    ),
    _refused(
        "delivery-is-a-file", "a file where a folder should be", lambda f: put(f, KEPT), lambda f: f / "kept.txt", 2
    ),
    _refused("delivery-not-there", "a path that leads nowhere", lambda f: None, lambda f: f / "not there", 2),
    _refused("delivery-is-a-device", "`/dev/zero`", lambda f: None, lambda f: Path("/dev/zero"), 2),
    _refused(
        "delivery-inside-the-archive",
        "a folder inside the archive's own",
        lambda f: None,
        lambda f: _archive(f) / "archive" / "staging",
        2,
    ),
    _refused("archive-inside-the-delivery", "a folder that the archive lies in", lambda f: None, _archive, 2),
    _refused(
        "delivery-is-a-location",
        "a location of the archive itself",
        lambda f: None,
        lambda f: _archive(f) / "second",
        2,
    ),
)
