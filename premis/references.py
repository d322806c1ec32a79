"""What a schema cannot say of a package: that its references lead somewhere, and that what they say is true.

`check_references` follows a METS document and the METS documents it points to; `check_premis` judges one PREMIS
document. Faults are returned, in the order of the documents; nothing is changed and nothing outside the package is
opened.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from posixpath import normpath
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from premis.errors import PremisError
from premis.faults import Code, Fault
from premis.identifiers import Identifier
from premis.mets_reader import MetsDocument, Target, read_mets
from premis.premis_references import PremisReferences, read_references

_METS: Final = "METS 1.12.1"
_CSIP: Final = "E-ARK CSIP 2.2"
_PREMIS: Final = "PREMIS 3.0"

# What each attribute of type IDREF may name (METS 1.12.1); CSIP lets a file pointer name a whole group.
_TARGETS: Final[dict[str, frozenset[str]]] = {
    "DMDID": frozenset({"dmdSec"}),
    "ADMID": frozenset({"amdSec", "techMD", "rightsMD", "sourceMD", "digiprovMD"}),
    "FILEID": frozenset({"file", "fileGrp"}),
}
_DIGESTS: Final[dict[str, Callable[[], "hashlib._Hash"]]] = {
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "SHA-1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


def check_references(root_folder: Path, mets_path: Path, *, known: Collection[Identifier] = ()) -> list[Fault]:
    """What is wrong with the references of a package: its METS documents, their files, and its PREMIS documents.

    ``mets_path`` is the METS document to begin with, inside ``root_folder``; those it points to are followed. IDs are
    unique and lead to the right kind of section; every file exists inside the package, is no symbolic link, and has
    the size and digest stated; identifiers in PREMIS are unique, and links lead to an entity of this package or to
    one of ``known``. Every file is read in full. Raises OSError where something cannot be read, ValueError for a
    METS document outside the folder.
    """
    package = _Package(root_folder)
    try:
        start = mets_path.resolve().relative_to(root_folder.resolve())
    except ValueError:
        raise ValueError(f"{mets_path} is not inside {root_folder}") from None
    return list(package.check(start.as_posix(), known))


def check_premis(source: BinaryIO | Path, *, known: Collection[Identifier] = ()) -> list[Fault]:
    """What is wrong with one PREMIS document by itself, beyond its schema.

    Identifiers are unique among entities of a kind and not empty, links lead to an entity of the document or to one of
    ``known``, every xmlID that is referred to exists, and every eventDateTime is real. Raises OSError.
    """
    try:
        found = read_references(source)
    except PremisError as error:
        return [Fault(Code.NOT_PREMIS, error.line, "", str(error), _PREMIS)]
    return [*found.faults, *found.unresolved(found.declared, known)]


class _Package:
    """One walk through the documents of a package."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._visited: set[str] = set()
        self._premis: dict[str, PremisReferences] = {}

    def check(self, mets: str, known: Collection[Identifier]) -> Iterator[Fault]:
        yield from self._check_mets(mets)
        # Links may lead from one document to another, so all are read before any link is judged.
        declared = frozenset().union(*(found.declared for found in self._premis.values()))
        for path, found in self._premis.items():
            for fault in (*found.faults, *found.unresolved(declared, known)):
                yield _in_document(fault, path)

    def _check_mets(self, path: str) -> Iterator[Fault]:
        if path in self._visited:
            return
        self._visited.add(path)
        try:
            mets = read_mets(self._root / path)
        except PremisError as error:
            yield Fault(Code.NOT_METS, error.line, "", str(error), _METS, path)
            return
        yield from _id_faults(mets, path)
        for file in mets.files:
            yield from self._check_target("file", file.target, path, has_digest=True)
        for reference in mets.metadata:
            faults = list(self._check_target("mdRef", reference.target, path, has_digest=True))
            yield from faults
            if reference.md_type == "PREMIS" and not any(fault.code in _UNREACHABLE for fault in faults):
                yield from self._check_premis(_inside(path, reference.target.href or ""))
        for pointer in mets.pointers:
            faults = list(self._check_target("mptr", pointer.target, path, has_digest=False))
            yield from faults
            if not faults:
                yield from self._check_mets(_inside(path, pointer.target.href or ""))

    def _check_premis(self, path: str) -> Iterator[Fault]:
        if path in self._premis:
            return
        try:
            self._premis[path] = read_references(self._root / path)
        except PremisError as error:
            yield Fault(Code.NOT_PREMIS, error.line, "", str(error), _PREMIS, path)

    def _check_target(self, element: str, target: Target, document: str, *, has_digest: bool) -> Iterator[Fault]:
        def fault(code: Code, message: str, source: str = _CSIP) -> Fault:
            return Fault(code, target.line, element, message, source, document)

        if target.raw_href is None:
            yield fault(Code.HREF_MISSING, "the reference has no xlink:href")
            return
        if target.href is None or "\0" in target.href:
            yield fault(Code.HREF_UNREADABLE, f"{target.raw_href!r} is not percent-encoded UTF-8", "RFC 3986 §2.1")
            return
        path = _inside(document, target.href)
        if not _stays_inside(target.raw_href, target.href, path):
            yield fault(Code.HREF_OUTSIDE, f"{target.raw_href!r} leads out of the package")
            return
        link = _symbolic_link(self._root, path)
        if link is not None:
            yield fault(Code.HREF_SYMLINK, f"{link!r} is a symbolic link")
            return
        try:
            status = (self._root / path).lstat()
        except (FileNotFoundError, NotADirectoryError):
            yield fault(Code.FILE_MISSING, f"{path!r} does not exist")
            return
        if not stat.S_ISREG(status.st_mode):
            yield fault(Code.FILE_NOT_REGULAR, f"{path!r} is not a regular file")
            return
        if has_digest:
            for code, message in _statement_faults(self._root / path, target, status.st_size):
                yield fault(code, f"{path!r}: {message}")


# After these there is no file that could be read as PREMIS.
_UNREACHABLE: Final = frozenset(
    {
        Code.HREF_MISSING,
        Code.HREF_UNREADABLE,
        Code.HREF_OUTSIDE,
        Code.HREF_SYMLINK,
        Code.FILE_MISSING,
        Code.FILE_NOT_REGULAR,
    }
)


def _id_faults(mets: MetsDocument, document: str) -> Iterator[Fault]:
    declared: dict[str, str] = {}
    for item in mets.ids:
        if item.id in declared:
            message = f"the ID {item.id!r} is given a second time"
            yield Fault(Code.ID_DUPLICATE, item.line, item.element, message, "XML 1.0, ID", document)
        declared.setdefault(item.id, item.element)
    for reference in mets.id_references:
        found = declared.get(reference.id)
        if found is None:
            message = f"{reference.attribute} names {reference.id!r}, which the document does not have"
            yield Fault(Code.ID_UNRESOLVED, reference.line, reference.element, message, "XML 1.0, IDREF", document)
        elif found not in _TARGETS[reference.attribute]:
            message = f"{reference.attribute} names {reference.id!r}, which is a {found}"
            yield Fault(Code.ID_WRONG_TARGET, reference.line, reference.element, message, _METS, document)


def _statement_faults(path: Path, target: Target, size: int) -> Iterator[tuple[Code, str]]:
    """What is untrue of the size and the digest that a reference states."""
    if target.size is None:
        yield Code.SIZE_MISSING, "the reference states no size"
    elif target.size != size:
        yield Code.SIZE_WRONG, f"has {size} octets where {target.size} are stated"
    if target.checksum is None or target.checksum_type is None:
        yield Code.CHECKSUM_MISSING, "the reference states no checksum and its type"
    elif target.checksum_type not in _DIGESTS:
        yield Code.CHECKSUM_UNSUPPORTED, f"checksums of type {target.checksum_type} are not computed here"
    else:
        actual = _digest(path, target.checksum_type)
        if actual != target.checksum.strip().lower():
            yield Code.CHECKSUM_WRONG, f"{target.checksum_type} is {actual} where {target.checksum} is stated"


def _digest(path: Path, algorithm: str) -> str:
    # A link put there since it was looked at is not followed.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with open(descriptor, "rb") as stream:
        return hashlib.file_digest(stream, _DIGESTS[algorithm]).hexdigest()


def _inside(document: str, href: str) -> str:
    """The path, from the root of the package, that a reference in ``document`` means."""
    folder, _, _ = document.rpartition("/")
    return normpath(f"{folder}/{href}" if folder else href)


def _stays_inside(raw_href: str, href: str, path: str) -> bool:
    # A percent-encoded colon belongs to a name; a bare one behind a word makes an address of another place.
    return not (
        not href
        or urlsplit(raw_href).scheme
        or href.startswith("/")
        or path in {".", ".."}
        or path.startswith(("../", "/"))
    )


def _symbolic_link(root: Path, path: str) -> str | None:
    """The first part of ``path`` below ``root`` that is a symbolic link."""
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        part = "/".join(parts[:count])
        if (root / part).is_symlink():
            return part
    return None


def _in_document(fault: Fault, document: str) -> Fault:
    return Fault(fault.code, fault.line, fault.element, fault.message, fault.source, document)
