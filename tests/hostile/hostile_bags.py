"""Hostile bags: what a manifest says is compared with what is there, and never given to an operating system."""

from __future__ import annotations

import codecs
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from hostile_case import Case, Content, files, outcomes, put

PAYLOAD: dict[str, bytes] = {"1.txt": b"first", "папка/2.txt": b"second"}
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PASSWD = "/etc/passwd"


def manifest(algorithm: str, payload: Mapping[str, bytes] = PAYLOAD, *more: str) -> bytes:
    lines = [f"{hashlib.new(algorithm, data).hexdigest()}  data/{name}" for name, data in payload.items()]
    return "".join(f"{line}\n" for line in (*lines, *more)).encode()


def digest(text: str, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, text.encode()).hexdigest()


def tags(**changed: bytes | None) -> dict[str | bytes, bytes]:
    """The tag files of a right bag, some of them changed (``bagit=``, ``manifest_sha256=``) or left out (None)."""
    found: dict[str, bytes | None] = {"bagit.txt": DECLARATION, "manifest-sha256.txt": manifest("sha256")}
    found |= {f"{name.replace('_', '-')}.txt": data for name, data in changed.items()}
    found.setdefault("tagmanifest-sha256.txt", tag_manifest(found))
    return {name: data for name, data in found.items() if data is not None}


def tag_manifest(found: Mapping[str, bytes | None]) -> bytes:
    listed = {name: hashlib.sha256(data).hexdigest() for name, data in found.items() if data is not None}
    return "".join(f"{digest}  {name}\n" for name, digest in listed.items()).encode()


def payload(content: Mapping[str, bytes] = PAYLOAD) -> dict[str | bytes, bytes]:
    return {f"data/{name}": data for name, data in content.items()}


def bag(
    id: str, delivered: str, *codes: str, exit: int = 0, more: Content | None = None, **changed: bytes | None
) -> Case:
    """A bag of two files with these tag files; it is taken as a bag and its payload is what is received."""
    content = {**payload(), **tags(**changed), **(more or {})}
    delivered_names = [str(name).removeprefix("data/") for name in content if str(name).startswith("data/")]
    return Case(
        id=id,
        delivered=delivered,
        make=files(content),
        files=outcomes(*delivered_names),
        codes=frozenset(codes),
        exit=exit,
        bag=True,
    )


def folder(
    id: str, delivered: str, *codes: str, exit: int = 0, content: Content, links: Mapping[str, str] | None = None
) -> Case:
    """What claims to be a bag and is taken in whole as a folder."""

    def make(root: Path) -> None:
        put(root, content)
        for name, target in (links or {}).items():
            os.symlink(target, root / name)

    return Case(
        id=id,
        delivered=delivered,
        make=make,
        files=outcomes(*content),
        codes=frozenset(codes),
        exit=exit,
        others={os.fsencode(name): "link" for name in links or {}},
    )


def extra(id: str, delivered: str, *codes: str, line: str, exit: int = 0) -> Case:
    """A bag whose manifest has one line more."""
    return bag(id, delivered, *codes, exit=exit, manifest_sha256=manifest("sha256", PAYLOAD, line))


def _with(content: Content, then: Callable[[Path], object]) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        put(root, content)
        then(root)

    return make


_INSIDE = {name: b"inner " + data for name, data in PAYLOAD.items()}
_INNER = {
    f"inner/{name}": data
    for name, data in {**payload(_INSIDE), **tags(manifest_sha256=manifest("sha256", _INSIDE))}.items()  # type: ignore[str-bytes-safe]
}
_MANY = "".join(f"{digest(str(n))}  data/not there {n}\n" for n in range(3000)).encode()

CASES = (
    extra(
        "manifest-climbs",
        "a manifest line `data/../../../etc/passwd`",
        "path-unsafe",
        line=f"{'0' * 64}  data/../../../etc/passwd",
        exit=3,
    ),
    extra("manifest-absolute", "a manifest line `/etc/passwd`", "path-unsafe", line=f"{'0' * 64}  {PASSWD}", exit=3),
    extra(
        "manifest-windows-paths",
        "a manifest line `C:\\Windows\\win.ini`",
        "path-unsafe",
        line=f"{'0' * 64}  C:\\Windows\\win.ini",
        exit=3,
    ),
    extra(
        "manifest-home",
        "a manifest line `~root/.ssh/id_rsa`",
        "path-unsafe",
        line=f"{'0' * 64}  ~root/.ssh/id_rsa",
        exit=3,
    ),
    extra(
        "manifest-encoded-traversal",
        "a manifest line `data/%2e%2e/%2e%2e/x`",
        "listed-not-delivered",
        line=f"{'0' * 64}  data/%2e%2e/%2e%2e/x",
        exit=3,
    ),
    extra(
        "manifest-lists-tag-file",
        "a manifest line `bagit.txt`",
        "manifest-path-outside-payload",
        line=f"{'0' * 64}  bagit.txt",
        exit=3,
    ),
    extra(
        "manifest-line-twice",
        "a manifest line given twice",
        "listed-twice",
        line=f"{digest('first')}  data/1.txt",
        exit=3,
    ),
    extra(
        "manifest-line-twice-differently",
        "two digests of one file in one manifest",
        "listed-twice-differently",
        line=f"{'0' * 64}  data/1.txt",
        exit=3,
    ),
    extra(
        "manifest-no-line", "a manifest line that is none", "manifest-line-malformed", line="\x1b[2J not a line", exit=3
    ),
    extra(
        "manifest-endless-line",
        "a manifest line of a million characters",
        "listed-not-delivered",
        line=f"{'0' * 64}  data/{'x' * 1_000_000}",
        exit=3,
    ),
    bag(
        "manifest-of-thousands-missing",
        "a manifest of 3,000 files that did not come",
        "listed-not-delivered",
        manifest_sha256=manifest("sha256") + _MANY,
        exit=3,
    ),
    bag(
        "manifest-with-bom",
        "a byte order mark before a manifest",
        "tag-file-byte-order-mark",
        manifest_sha256=codecs.BOM_UTF8 + manifest("sha256"),
        exit=3,
    ),
    bag(
        "declaration-with-bom",
        "a byte order mark before bagit.txt",
        "declaration-byte-order-mark",
        bagit=codecs.BOM_UTF8 + DECLARATION,
        exit=3,
    ),
    bag(
        "manifest-with-backslashes",
        "a manifest written on Windows",
        "backslash-separator",
        manifest_sha256=manifest("sha256").replace(b"/", b"\\"),
        exit=3,
    ),
    bag("manifest-with-cr", "manifest lines that end in CR", manifest_sha256=manifest("sha256").replace(b"\n", b"\r")),
    bag(
        "manifest-upper-case",
        "digests in capitals",
        manifest_sha256="".join(f"{digest(d.decode()).upper()}  data/{n}\n" for n, d in PAYLOAD.items()).encode(),
    ),
    bag(
        "manifest-with-asterisks",
        "lines as `md5sum -b` writes them",
        "manifest-md5sum-asterisk",
        manifest_sha256=manifest("sha256").replace(b"  data", b" *data"),
    ),
    bag(
        "manifest-wrong-digest",
        "a digest that does not fit",
        "digest-mismatch",
        manifest_sha256=manifest("sha256", {**PAYLOAD, "1.txt": b"other"}),
        exit=3,
    ),
    bag(
        "manifests-contradict",
        "MD5 fits and SHA-256 does not",
        "digest-mismatch",
        manifest_md5=manifest("md5"),
        manifest_sha256=manifest("sha256", {**PAYLOAD, "1.txt": b"other"}),
        exit=3,
    ),
    bag(
        "manifests-list-different-files",
        "two manifests of which one lists less",
        "payload-file-not-in-every-manifest",
        manifest_md5=manifest("md5", {"1.txt": b"first"}),
        exit=3,
    ),
    bag(
        "manifest-md5-only", "no digest but MD5", "algorithms-weak", manifest_sha256=None, manifest_md5=manifest("md5")
    ),
    bag(
        "manifest-digest-too-short",
        "digests cut in half",
        "digest-malformed",
        manifest_sha256=b"".join(line[:32] + line[64:] + b"\n" for line in manifest("sha256").splitlines()),
        exit=3,
    ),
    bag(
        "manifest-of-unknown-algorithm-too",
        "a second manifest of an unknown algorithm",
        "algorithm-unknown",
        "payload-file-not-in-every-manifest",
        manifest_whirlpool=b"00  data/1.txt\n",
        exit=3,
    ),
    bag(
        "fetch-climbs",
        "fetch.txt with `../../etc/cron.d/x`",
        "path-unsafe",
        fetch=b"http://127.0.0.1:9/x - ../../etc/cron.d/x\n",
        exit=3,
    ),
    bag(
        "fetch-http",
        "fetch.txt with http:// and https://",
        "fetch-file-not-listed",
        fetch=b"http://127.0.0.1:9/x 5 data/3.txt\nhttps://archive.invalid/x - data/4.txt\n",
        exit=3,
    ),
    bag(
        "fetch-local",
        "fetch.txt with file:///etc/passwd and smb://",
        "fetch-file-not-listed",
        fetch=b"file:///etc/passwd - data/3.txt\nsmb://h/s - data/4.txt\n",
        exit=3,
    ),
    bag(
        "bag-with-holes",
        "a file that is to be fetched",
        "payload-file-not-fetched",
        fetch=b"https://archive.invalid/3 7 data/3.txt\n",
        manifest_sha256=manifest("sha256", {**PAYLOAD, "3.txt": b"third"}),
        exit=3,
    ),
    bag(
        "bag-wrong-oxum",
        "a Payload-Oxum that is wrong, one that is no number",
        "oxum-malformed",
        "oxum-mismatch",
        "oxum-repeated",
        bag_info=b"Payload-Oxum: 1.1\nBag-Size: -1\nPayload-Oxum: x\n",
        exit=3,
    ),
    bag(
        "bag-info-of-a-megabyte",
        "one value of a million characters, folded",
        bag_info=b"External-Description: " + b"x\n " * 250_000 + b"y\n",
    ),
    bag(
        "bag-version-from-the-future",
        "BagIt-Version: 9.9",
        "declaration-version-unsupported",
        bagit=DECLARATION.replace(b"1.0", b"9.9"),
        exit=3,
    ),
    bag(
        "bag-encoding-unknown",
        "an encoding nobody knows",
        "declaration-encoding-unknown",
        bagit=DECLARATION.replace(b"UTF-8", b"EBCDIC-CYR-X"),
        exit=3,
    ),
    bag(
        "bag-encoding-wrong",
        "UTF-16 declared, UTF-8 used",
        "declaration-encoding-not-utf-8",
        "delivered-not-listed",
        "manifest-line-malformed",
        "tag-file-encoding",
        "tag-file-not-listed",
        "tag-manifest-incomplete",
        bagit=DECLARATION.replace(b"UTF-8", b"UTF-16"),
        exit=3,
    ),
    bag(
        "bag-encoding-dangerous",
        "a codec that unpacks (`zip`)",
        "declaration-encoding-unknown",
        bagit=DECLARATION.replace(b"UTF-8", b"zlib_codec"),
        exit=3,
    ),
    bag(
        "bag-cp1251",
        "tag files in cp1251, as declared",
        "declaration-encoding-not-utf-8",
        bagit=DECLARATION.replace(b"UTF-8", b"cp1251"),
        manifest_sha256=manifest("sha256").decode().encode("cp1251"),
    ),
    bag(
        "bag-manifest-in-nfd",
        "a manifest in NFD, names on disk in NFC",
        "name-normalised-differently",
        manifest_sha256=manifest("sha256", {"и\u0306.txt": b"nfc"}) + manifest("sha256"),
        more={"data/й.txt": b"nfc"},
    ),
    bag(
        "bag-tag-folders",
        "tag files in folders, with hostile names",
        "tag-file-not-listed",
        more={"notes/\x1b[2J": b"n", "notes/../x".replace("../", "..\\"): b"b", "CON/y": b"c"},
    ),
    bag(
        "bag-tagmanifest-wrong",
        "a tag manifest whose digests do not fit",
        "path-unsafe",
        "tag-digest-mismatch",
        "tag-file-not-listed",
        "tag-manifest-incomplete",
        tagmanifest_sha256=f"{'0' * 64}  bagit.txt\n{'0' * 64}  ../x\n".encode(),
        exit=3,
    ),
    bag(
        "bag-in-a-bag",
        "a bag whose payload holds a bag",
        more={f"data/{n}": d for n, d in _INNER.items()},
        manifest_sha256=manifest("sha256", {**PAYLOAD, **{str(n): d for n, d in _INNER.items()}}),
    ),
    bag(
        "bag-payload-not-listed", "a payload file in no manifest", "delivered-not-listed", more={"data/unlisted": b"u"}
    ),
    Case(
        id="bag-payload-link",
        delivered="a link to /etc/passwd in the payload, listed in the manifest",
        bag=True,
        files=outcomes(*PAYLOAD),
        make=_with(
            {**payload(), **tags(manifest_sha256=manifest("sha256", PAYLOAD, f"{'0' * 64}  data/passwd"))},
            lambda f: os.symlink(PASSWD, f / "data/passwd"),
        ),
        others={b"data/passwd": "link"},
        codes=frozenset({"link", "listed-not-delivered"}),
        exit=3,
    ),
    Case(
        id="bag-manifest-fifo",
        delivered="a second manifest that is a named pipe",
        bag=True,
        files=outcomes(*PAYLOAD),
        make=_with({**payload(), **tags()}, lambda f: os.mkfifo(f / "manifest-md5.txt")),
        others={b"manifest-md5.txt": "fifo"},
        codes=frozenset({"fifo"}),
    ),
    Case(
        id="bag-tag-file-link",
        delivered="a bag-info.txt that is a link to /etc/passwd",
        bag=True,
        files=outcomes(*PAYLOAD),
        make=_with({**payload(), **tags()}, lambda f: os.symlink(PASSWD, f / "bag-info.txt")),
        others={b"bag-info.txt": "link"},
        codes=frozenset({"link"}),
    ),
    folder(
        "bag-payload-is-a-link",
        "`data` is a link to another folder",
        "not-a-bag",
        "listed-not-delivered",
        "delivered-not-listed",
        "link",
        content={**tags(), "elsewhere/1.txt": b"first"},
        links={"data": "elsewhere"},
        exit=3,
    ),
    folder(
        "bag-payload-link-out",
        "`data` is a link to `/etc`",
        "not-a-bag",
        "listed-not-delivered",
        "link",
        content=tags(),
        links={"data": "/etc"},
        exit=3,
    ),
    folder(
        "bag-declaration-is-a-link",
        "bagit.txt is a link",
        "not-a-bag",
        "delivered-not-listed",
        "link",
        content={**payload(), **tags(bagit=None), "real.txt": DECLARATION},
        links={"bagit.txt": "real.txt"},
    ),
    folder(
        "bag-nothing-but-holes",
        "every payload file is to be fetched",
        "not-a-bag",
        "listed-not-delivered",
        content=tags(fetch=b"https://archive.invalid/1 5 data/1.txt\n"),
        exit=3,
    ),
    folder(
        "bag-without-manifest",
        "no manifest",
        "payload-manifest-missing",
        "not-a-bag",
        "delivered-not-listed",
        content={**payload(), **tags(manifest_sha256=None)},
        exit=3,
    ),
    folder(
        "bag-of-unknown-algorithm",
        "a manifest of an unknown algorithm only",
        "algorithm-unknown",
        "not-a-bag",
        "delivered-not-listed",
        content={**payload(), **tags(manifest_sha256=None, manifest_whirlpool=b"00  data/1.txt\n")},
        exit=3,
    ),
    bag(
        "manifest-is-binary",
        "a manifest of random bytes",
        "delivered-not-listed",
        "manifest-line-malformed",
        "tag-file-encoding",
        manifest_sha256=bytes(range(256)) * 40,
        exit=3,
    ),
    folder(
        "bagit-txt-in-a-folder",
        "a loose folder with a file called bagit.txt",
        "declaration-encoding",
        "declaration-encoding-missing",
        "declaration-version-missing",
        "payload-manifest-missing",
        "not-a-bag",
        content={"bagit.txt": b"\x00\xff rubbish", "a.txt": b"a"},
        exit=3,
    ),
)
