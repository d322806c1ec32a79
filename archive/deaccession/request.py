"""What exactly would be deleted, in which words a person is told, and what forbids it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archive.catalogue.rows import FileRow, PackageRow
from archive.errors import ArchiveError, UsageError
from archive.holdings.acting import Acting, Subjects, text, texts
from archive.holdings.holdings import Holdings
from archive.holdings.holds import require_no_hold
from archive.model.identifiers import AccessionId, FileId, PackageId
from archive.model.names import shown
from archive.model.packages import PackageKind, ReplicaState


@dataclass(frozen=True, slots=True)
class Doomed:
    """A package of which files are to be deleted: ``gone`` of them, while ``kept`` stay.

    ``carried`` are further receipts whose bytes are those of files in ``gone``: they go with them. Of the papers of an
    accession, ``lines`` are the files that they are not to name any more; papers without any are to be deleted as a
    whole.
    """

    package: PackageRow
    gone: tuple[FileRow, ...] = ()
    kept: tuple[FileRow, ...] = ()
    lines: tuple[FileRow, ...] = ()
    carried: tuple[FileRow, ...] = ()

    @property
    def receipts(self) -> tuple[FileRow, ...]:
        """Every file that is held no more afterwards."""
        return (*self.gone, *self.carried)

    @property
    def whole(self) -> bool:
        """Whether nothing of the package is left."""
        return not self.kept and not self.lines

    def subject(self) -> dict[str, object]:
        """How it stands in a request: identifiers only, and the digest that pins what they meant."""
        return {
            "files": sorted(file.id for file in self.receipts),
            "lines": sorted(file.id for file in self.lines),
            "package": self.package.id,
            "tagmanifest_sha256": self.package.tagmanifest_sha256,
        }


def subjects_of(
    holdings: Holdings, identifiers: Iterable[str], *, keep_papers: bool = False
) -> list[dict[str, object]]:
    """The exact list for these files, packages and accessions. Raises UsageError for what cannot be meant.

    The papers of an accession are divided too, so that they do not name what is deleted, unless ``keep_papers``. What
    was released from quarantine still lies there too, encrypted, and goes with what is deleted of it.
    """
    wanted: dict[PackageId, set[FileId]] = {}
    whole: set[PackageId] = set()
    without_bytes: list[FileRow] = []
    for identifier in identifiers:
        packages, files = _meant(holdings, identifier)
        whole |= {package.id for package in packages}
        without_bytes += [file for file in files if file.same_as is not None]
        for file in files:
            if file.same_as is not None:
                continue
            wanted.setdefault(_package_of(file), set()).add(file.id)
    whole |= {row.package for row in holdings.catalogue.quarantined() if row.content in whole | wanted.keys()}
    doomed = []
    for package in [row for row in holdings.catalogue.packages() if row.id in whole | wanted.keys()]:
        rows = holdings.catalogue.files_of(package.id)
        gone = [row for row in rows if package.id in whole or row.id in wanted.get(package.id, set())]
        carried = holdings.catalogue.references_to([row.id for row in gone])
        kept = tuple(row for row in rows if row not in gone)
        doomed.append(Doomed(package, tuple(gone), kept, carried=tuple(carried)))
    _refuse_mere_references(without_bytes, doomed)
    _refuse_lonely_papers(holdings, doomed)
    papers = [] if keep_papers else list(_papers(holdings, doomed))
    return [one.subject() for one in sorted([*doomed, *papers], key=_papers_last)]


def _papers(holdings: Holdings, doomed: Sequence[Doomed]) -> Iterator[Doomed]:
    """The papers that name what is to be deleted, and stay."""
    going = {one.package.id for one in doomed}
    for accession in dict.fromkeys(one.package.accession for one in doomed):
        lines = [file for one in doomed if one.package.accession == accession for file in one.receipts]
        for package in holdings.catalogue.packages(accession):
            if package.kind is PackageKind.ACCESSION and package.id not in going:
                yield Doomed(package, lines=tuple(lines))


def _papers_last(one: Doomed) -> tuple[bool, int]:
    """Papers are divided when it is known in which packages the other files lie."""
    return one.package.kind is PackageKind.ACCESSION, one.package.leaf


def _meant(holdings: Holdings, identifier: str) -> tuple[list[PackageRow], list[FileRow]]:
    catalogue = holdings.catalogue
    package = catalogue.package(PackageId(identifier))
    if package is not None:
        if package.deaccessioned_at is not None:
            raise UsageError(f"package {identifier} was deaccessioned on {package.deaccessioned_at}")
        return [package], []
    file = catalogue.file(FileId(identifier))
    if file is not None:
        return [], [file]
    if catalogue.accession(AccessionId(identifier)) is not None:
        packages = catalogue.packages(AccessionId(identifier))
        if not packages:
            raise UsageError(f"nothing of accession {identifier} is held any more")
        return packages, []
    raise UsageError(
        f"nothing here has the identifier {identifier}", hint="archive list shows packages, archive find shows files"
    )


def _package_of(file: FileRow) -> PackageId:
    if file.deaccessioned_at is not None:
        raise UsageError(f"file {file.id} was deaccessioned on {file.deaccessioned_at}")
    if file.aip is None:
        raise UsageError(f"file {file.id} is {file.outcome} and lies in no package; there is nothing to delete")
    return file.aip


def _refuse_mere_references(named: Iterable[FileRow], doomed: Sequence[Doomed]) -> None:
    """A receipt whose bytes are those of another file goes with that one, and never by itself."""
    going = {file.id for one in doomed for file in one.carried}
    for file in named:
        if file.deaccessioned_at is not None:
            raise UsageError(f"file {file.id} was deaccessioned on {file.deaccessioned_at}")
        if file.id not in going:
            raise UsageError(
                f"file {file.id} has no bytes of its own: they are stored once, as file {file.same_as}",
                hint=f"give {file.same_as} to delete the bytes with every receipt of them; archive show lists these",
            )


def _refuse_lonely_papers(holdings: Holdings, doomed: Sequence[Doomed]) -> None:
    """The papers of an accession go with the last of its evidence, never before."""
    going = {one.package.id for one in doomed if one.whole}
    for one in doomed:
        if one.package.kind is PackageKind.ACCESSION:
            left = [row for row in holdings.catalogue.packages(one.package.accession) if row.id not in going]
            if left:
                raise UsageError(
                    f"package {one.package.id} holds the papers of accession {one.package.accession}, of which "
                    f"{len(left)} other packages are held",
                    hint="give the accession's identifier to delete all of it",
                )


def doomed_by(holdings: Holdings, subjects: Subjects) -> list[Doomed]:
    """What a request's list means as things stand. Raises ArchiveError where they have changed since it was made."""
    found = []
    for subject in subjects:
        identifier, wanted = text(subject, "package"), set(texts(subject, "files"))
        package = holdings.catalogue.package(PackageId(identifier))
        if package is None or package.deaccessioned_at is not None:
            raise ArchiveError(f"package {identifier} is held no more", hint="withdraw the request, and ask anew")
        rows = holdings.catalogue.files_of(package.id)
        lines = [holdings.catalogue.file(FileId(file)) for file in texts(subject, "lines")]
        gone = tuple(row for row in rows if row.id in wanted)
        carried = tuple(holdings.catalogue.references_to([row.id for row in gone]))
        if wanted != {row.id for row in (*gone, *carried)} or package.tagmanifest_sha256 != text(
            subject, "tagmanifest_sha256"
        ):
            raise ArchiveError(
                f"package {identifier} is not what it was when the request was made",
                hint="withdraw the request, and ask anew",
            )
        kept = tuple(row for row in rows if row.id not in wanted)
        found.append(Doomed(package, gone, kept, tuple(row for row in lines if row is not None), carried))
    return found


def check(acting: Acting, subjects: Subjects) -> None:
    """Refuse a deletion that a legal hold, an open accession or a suspicion of tampering forbids."""
    holdings = acting.holdings
    for one in doomed_by(holdings, subjects):
        require_no_hold(holdings, [one.package], one.receipts)
        accession = holdings.catalogue.accession(one.package.accession)
        if accession is None or accession.closed_at is None:
            raise ArchiveError(
                f"accession {one.package.accession} is not closed yet",
                hint="finish taking it in first: archive ingest with the same delivery",
            )
        for replica in holdings.catalogue.replicas(one.package.id):
            if replica.state is ReplicaState.FROZEN:
                raise ArchiveError(
                    f"the copy of package {one.package.id} at '{replica.location}' is frozen: tampering is suspected, "
                    "and a deletion would destroy the traces",
                    hint="archive incident list --open; close the incident first",
                )


def words(acting: Acting, subjects: Subjects) -> list[str]:
    """What would be deleted, file by file."""
    lines = []
    for one in doomed_by(acting.holdings, subjects):
        if one.lines:
            lines.append(f"divide the papers of accession {one.package.accession}, which name these files")
            continue
        papers = " (the papers of the accession)" if one.package.kind is PackageKind.ACCESSION else ""
        extent = "all of it" if not one.kept else f"{len(one.gone)} of its {len(one.gone) + len(one.kept)} files"
        lines.append(f"delete from package {one.package.id}{papers}: {extent}")
        lines += [f"  {file.id}  {file.size or 0:,} bytes  {shown(file.name)}" for file in one.gone]
        lines += [f"  {file.id}  the same bytes, delivered as {shown(file.name)} too" for file in one.carried]
    return lines


def check_request(acting: Acting, subjects: Subjects) -> None:
    """As ``check``, and refuse what this program could not carry out later."""
    check(acting, subjects)
    for one in doomed_by(acting.holdings, subjects):
        if one.kept and one.package.kind is not PackageKind.AIP:
            raise UsageError(f"package {one.package.id} of kind {one.package.kind} is deleted as a whole or not at all")
