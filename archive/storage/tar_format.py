"""One package as one plain tar file: POSIX.1-2001 (pax) headers of our own spelling, members in one order.

Members are regular files below one folder, which has the package's identifier. What a catalogue is rebuilt from comes
first: bagit.txt, bag-info.txt, the manifests, the READMEs, METS, all metadata; then the payload. Every octet of the
file follows from names, sizes, times and contents, so that a header, a padding or an end that is not as it was written
is seen without any digest of the whole. The spelling never changes: two programs must write the same octets.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from archive.errors import StorageError
from archive.model.entries import Entry, EntryKind
from archive.model.names import shown
from archive.storage.copying import octets_of, read_from
from archive.storage.location import PackageReader

BLOCK = 512
END = bytes(2 * BLOCK)
"""What a tar file ends with, and ours with nothing behind it."""

_FILE, _PAX = b"0", b"x"
_PAX_NAME = b"././@PaxHeader"
_NAME = 100  # octets that a name has room for without a pax record
_LARGEST = 8**11  # octets and seconds that eleven octal digits cannot say any more: 8 GiB
_LARGEST_PAX = 1 << 20  # octets of pax records that are believed to be ours
_NANO = 1_000_000_000
_TIME = re.compile(rb"(-?)([0-9]{1,15})(?:\.([0-9]{9}))?")

_FIRST = {b"bagit.txt": 0, b"bag-info.txt": 1}
_TAG, _README, _METS, _PAPERS, _PAYLOAD = 2, 3, 4, 5, 6


def rank(path: bytes) -> int:
    """Where a file of a package comes among its members; those of one rank are in order of their paths."""
    first, _, rest = path.partition(b"/")
    if first != b"data":
        return _FIRST.get(path, _README if path.startswith(b"README") else _TAG)
    parts = rest.split(b"/")
    if parts[0] == b"representations" and parts[2:3] == [b"data"]:
        return _PAYLOAD
    if parts[-1] == b"METS.xml":
        return _METS
    return _PAYLOAD if len(parts) == 1 else _PAPERS


def header(name: bytes, *, size: int, mtime_ns: int) -> bytes:
    """The header of a regular file: pax records where a plain one cannot say its name, size or time, then that."""
    seconds, rest = divmod(mtime_ns, _NANO)
    records = b""
    if len(name) > _NAME or not name.isascii():
        records += b"" if _is_utf8(name) else _record(b"hdrcharset", b"BINARY")
        records += _record(b"path", name)
    if size >= _LARGEST:
        records += _record(b"size", b"%d" % size)
    if rest or not 0 <= seconds < _LARGEST:
        records += _record(b"mtime", _spelled_time(mtime_ns))
    plain = _block(name[:_NAME], _FILE, size if size < _LARGEST else 0, seconds if 0 <= seconds < _LARGEST else 0)
    if not records:
        return plain
    records += _record(b"comment", b"crc32 %08x" % zlib.crc32(records))  # no field of tar's guards what stands here
    return _block(_PAX_NAME, _PAX, len(records), 0) + records + padding(len(records)) + plain


def padding(size: int) -> bytes:
    """What follows ``size`` octets up to the next block."""
    return bytes(-size % BLOCK)


def pack(source: PackageReader, root: bytes) -> Iterator[bytes]:
    """The package that ``source`` reads as a tar file, below a folder named ``root``; each octet is read once.

    Raises StorageError where it cannot be read, changes meanwhile, or holds something else than files and folders.
    Folders have no members of their own: one that holds no file is left out.
    """
    files = list[Entry]()
    for entry in read_from(source, source.entries()):
        if entry.kind is EntryKind.FILE:
            files.append(entry)
        elif entry.kind is not EntryKind.FOLDER:
            raise StorageError(f"{entry.path!r} in a sealed package is no file")
    files.sort(key=lambda entry: (rank(entry.path), entry.path))
    times = read_from(source, (source.modified(entry.path) for entry in files))
    for entry, mtime_ns in zip(files, times, strict=True):
        yield header(root + b"/" + entry.path, size=entry.size, mtime_ns=mtime_ns)
        left = entry.size
        for chunk in octets_of(source, entry.path):
            left -= len(chunk)
            yield chunk
        if left:
            raise StorageError(f"{source.where}: {shown(entry.path)} changed while it was read")
        yield padding(entry.size)
    yield END


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says of a member. ``length`` is its own, in octets, pax records and all."""

    name: bytes
    kind: EntryKind
    size: int
    mtime_ns: int
    length: int
    exact: bool
    """Whether it is, octet for octet, what this program writes for such a file."""


def parse_plain(block: bytes) -> tuple[bytes, bytes, int, int] | None:
    """Name, type, size and seconds in a header block; None where it is none, or damaged."""
    if len(block) != BLOCK or block[257:262] != b"ustar":
        return None
    numbers = [_octal(block[at : at + length]) for at, length in ((124, 12), (136, 12), (148, 8))]
    if None in numbers or numbers[2] != _checksum(block):
        return None
    name = block[:_NAME].rstrip(b"\0")
    above = block[345:500].rstrip(b"\0")
    return (above + b"/" + name if above else name), block[156:157], numbers[0] or 0, numbers[1] or 0


def parse_header(octets: bytes) -> Header | int | None:
    """The header that ``octets`` begin with; how many octets are wanted to tell, or None where there is none."""
    plain = parse_plain(octets[:BLOCK])
    if plain is None:
        return None
    name, kind, size, seconds = plain
    mtime_ns, length = seconds * _NANO, BLOCK
    if kind == _PAX:
        if size > _LARGEST_PAX:
            return None
        begins = BLOCK + size + len(padding(size))
        if len(octets) < begins + BLOCK:
            return begins + BLOCK
        following = parse_plain(octets[begins : begins + BLOCK])
        records = _records(octets[BLOCK : BLOCK + size])
        if following is None or records is None or following[1] == _PAX:
            return None
        length, kind = begins + BLOCK, following[1]
        name, told = records.get(b"path", following[0]), records.get(b"size", b"%d" % following[2])
        mtime = _time_of(records.get(b"mtime", b"%d" % following[3]))
        if not told.isdigit() or len(told) > 18 or mtime is None:
            return None
        size, mtime_ns = int(told), mtime
    exact = kind == _FILE and octets[:length] == header(name, size=size, mtime_ns=mtime_ns)
    return Header(name, _KINDS.get(kind, EntryKind.UNKNOWN), size, mtime_ns, length, exact)


_KINDS = {
    b"0": EntryKind.FILE,
    b"\0": EntryKind.FILE,
    b"1": EntryKind.LINK,
    b"2": EntryKind.LINK,
    b"3": EntryKind.DEVICE,
    b"4": EntryKind.DEVICE,
    b"5": EntryKind.FOLDER,
    b"6": EntryKind.FIFO,
}


def _block(name: bytes, kind: bytes, size: int, seconds: int) -> bytes:
    fields = (
        name.ljust(_NAME, b"\0"),
        b"0000644\0" + b"0000000\0" * 2,  # mode, owner, group
        b"%011o\0" % size + b"%011o\0" % seconds,
        b" " * 8,  # the checksum, counted as blanks
        kind + bytes(100),
        b"ustar\x0000" + bytes(64) + bytes(16),  # magic, version; names of owner and group; numbers of a device
        bytes(155 + 12),  # the name's beginning, not used, and what fills the block
    )
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % _checksum(block) + block[156:]


def _checksum(block: bytes) -> int:
    return sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _octal(field: bytes) -> int | None:
    digits = field.strip(b" \0")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else None


def _record(key: bytes, value: bytes) -> bytes:
    """A pax record: its own length in decimal, the key, the value."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %b=%b\n" % (length, key, value)


def _records(octets: bytes) -> dict[bytes, bytes] | None:
    found = dict[bytes, bytes]()
    while octets:
        told = octets[:8].partition(b" ")[0]
        length = int(told) if told.isdigit() else 0
        key, equals, value = octets[len(told) + 1 : length].partition(b"=")
        if not equals or length > len(octets) or not value.endswith(b"\n"):
            return None
        found[key] = value[:-1]
        octets = octets[length:]
    return found


def _spelled_time(mtime_ns: int) -> bytes:
    seconds, rest = divmod(abs(mtime_ns), _NANO)
    return b"%b%d%b" % (b"-" if mtime_ns < 0 else b"", seconds, b".%09d" % rest if rest else b"")


def _time_of(text: bytes) -> int | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    magnitude = int(found[2]) * _NANO + int(found[3] or 0)
    return -magnitude if found[1] else magnitude


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def folders_above(paths: Iterable[bytes]) -> set[bytes]:
    """Every folder that stands above one of ``paths``."""
    found = set[bytes]()
    for path in paths:
        folder = path.rpartition(b"/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition(b"/")[0]
    return found
