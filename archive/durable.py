"""The one atomic, synced write, and the few other promises made to the disk.

Everything that must survive a power cut passes through here, so that tests can inject a crash at each promise: see
``promise``.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from archive.errors import LockedError

promise: Callable[[str], None] = lambda what: None  # noqa: E731 - replaced by tests that crash at each durable call
"""Called with a word just before every durable step. Does nothing but in crash tests."""


def write_atomic(path: Path, data: bytes) -> None:
    """Make ``path`` hold ``data`` whole or stay as it was, also across a power cut."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            sync_file(file.fileno())
        replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise


def write_new(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Make a new file, whole or not at all; FileExistsError if it exists. ``mode`` is cut by the umask."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            sync_file(file.fileno())
        publish(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise


def write_secret(path: Path, data: bytes) -> None:
    """Make a new file that only its owner may read, whole or not at all; FileExistsError if it exists."""
    write_new(path, data, mode=0o600)


def replace(temporary: Path, final: Path) -> None:
    """Rename a synced file to its final name, in place of what stood there, and sync the folder."""
    promise(f"replace {final.name}")
    os.replace(temporary, final)
    sync_folder(final.parent)


def publish(temporary: Path, final: Path) -> None:
    """Rename a synced file or folder to a name that must not exist yet; FileExistsError if it does.

    The kernel decides (``RENAME_NOREPLACE``), so of several processes that publish the same name one succeeds. On a
    file system without that, a file is linked to its new name, which is as safe; on one without links, and for a
    folder, the name is looked at first and then taken. There an empty folder made in between would be replaced.
    """
    promise(f"publish {final.name}")
    try:
        _rename_new(temporary, final)
    except FileExistsError:
        raise FileExistsError(f"{final} exists already") from None
    sync_folder(final.parent)
    if temporary.parent != final.parent:
        sync_folder(temporary.parent)


_RENAME_NOREPLACE = 1  # linux/fs.h; renameat2(2), Linux 3.15, glibc 2.28
_AT_FDCWD = -100
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})
_NO_LINKS = frozenset({errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EMLINK})


def _rename_new(source: Path, target: Path) -> None:
    """Rename to a name that is not taken; FileExistsError if it is, in one step where the file system can."""
    try:
        _rename_no_replace(source, target)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        if stat.S_ISDIR(os.lstat(source).st_mode):
            _look_and_rename(source, target)
        else:
            _link_and_unlink(source, target)


def _rename_no_replace(source: Path, target: Path) -> None:
    if not hasattr(_libc(), "renameat2"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    names = os.fsencode(source), os.fsencode(target)
    if _libc().renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), os.fspath(source), None, os.fspath(target))


def _link_and_unlink(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _look_and_rename(source, target)
    else:
        os.unlink(source)


def _look_and_rename(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(target))
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(target)) from error


def sync_file(descriptor: int) -> None:
    """Bring one open file to its medium."""
    promise("sync file")
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Bring a folder's entries to their medium."""
    promise("sync folder")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_filesystem(folder: Path) -> None:
    """Bring everything written so far on the file system of ``folder`` to its medium, in one call.

    One ``syncfs`` per batch instead of one ``fsync`` per file halves the time of copying small files. Raises OSError
    where the kernel reports a write that failed.
    """
    promise("sync filesystem")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _syncfs(descriptor)
    finally:
        os.close(descriptor)


def _syncfs(descriptor: int) -> None:
    if not hasattr(_libc(), "syncfs"):
        os.sync()
        return
    if _libc().syncfs(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def forget_pages(descriptor: int) -> None:
    """Ask the kernel to drop a file's cached pages, so that the next reading comes from the medium."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def ask_for(descriptor: int, octets: int) -> None:
    """Ask the kernel to fetch a file's first ``octets`` from the medium meanwhile; nobody waits for them here."""
    if hasattr(os, "posix_fadvise") and octets:
        with contextlib.suppress(OSError):  # a wish, which a file system need not understand
            os.posix_fadvise(descriptor, 0, octets, os.POSIX_FADV_WILLNEED)


@contextlib.contextmanager
def exclusive(path: Path, *, doing: str | None, of: str = "the archive", patience: float = 0.0) -> Iterator[None]:
    """Hold the lock file ``path`` alone; LockedError, naming the holder, where others hold it after ``patience`` s.

    ``of`` says what is locked; the holder stays unnamed where ``doing`` is None. The kernel gives the lock back when
    its holder dies, however it dies.
    """
    with _open_lock(path) as descriptor:
        _take(descriptor, fcntl.LOCK_EX, of=of, patience=patience)
        if doing is not None:
            _name_holder(descriptor, doing)
        yield


class Shared:
    """A lock held with others; ``alone`` while nobody else holds it nor can, until ``admit`` lets others in."""

    def __init__(self, descriptor: int, *, alone: bool) -> None:
        self._descriptor = descriptor
        self.alone = alone

    def admit(self) -> None:
        """Let others hold it too."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)
        self.alone = False


@contextlib.contextmanager
def together(path: Path, *, doing: str, patience: float = 5.0) -> Iterator[Shared]:
    """Hold the lock file ``path`` with others who hold it so; the first one holds it alone, until it lets others in.

    LockedError where somebody still holds it alone after ``patience`` seconds.
    """
    with _open_lock(path) as descriptor:
        try:
            _take(descriptor, fcntl.LOCK_EX, of="the archive", patience=0.0)
        except LockedError:
            _take(descriptor, fcntl.LOCK_SH, of="the archive", patience=patience)
            yield Shared(descriptor, alone=False)
        else:
            _name_holder(descriptor, doing)
            yield Shared(descriptor, alone=True)


@contextlib.contextmanager
def fleeting(path: Path, *, doing: str, of: str) -> Iterator[None]:
    """As ``exclusive``, with a lock file that is gone afterwards, unless its holder died."""
    while True:
        with _open_lock(path) as descriptor:
            _take(descriptor, fcntl.LOCK_EX, of=of, patience=0.0)
            if not _lies_at(path, descriptor):
                continue  # the holder before us has removed it meanwhile: whoever comes next would lock another file
            _name_holder(descriptor, doing)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _lies_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _open_lock(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _take(descriptor: int, kind: int, *, of: str, patience: float) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= until:
                holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "another command"
                raise LockedError(
                    f"{of} is in use: {holder}",
                    hint="wait until it has finished, then give the same command again; nothing was changed",
                    transient=True,
                ) from None
            time.sleep(0.02)


def _name_holder(descriptor: int, doing: str) -> None:
    os.ftruncate(descriptor, 0)
    told = f"{doing}, process {os.getpid()}\n".encode("utf-8", "backslashreplace")  # a path may be no UTF-8
    os.pwrite(descriptor, told, 0)
