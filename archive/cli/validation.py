"""What ``archive premis validate`` and ``archive mets validate`` have in common: schemas, answer and exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from archive.cli.output import emit_json, findings_as_json, plural, say, tell_findings
from archive.cli.session import find_home
from archive.errors import ExitCode, NoArchiveError, UsageError

if TYPE_CHECKING:
    from premis.schemas import Schemas
    from profiles.judgement import Judgement

F = TypeVar("F", bound=Callable[..., object])


def options(command: F) -> F:
    """What both commands take."""
    command = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")(command)
    command = click.option("--archive", "here", metavar="DIR", help="The archive whose schemas to use.")(command)
    command = click.option(
        "--schemas", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Use the schemas in this folder."
    )(command)
    return click.argument("file", metavar="FILE", type=click.Path(path_type=Path))(command)


def validate(
    file: Path,
    judge: Callable[[Path, Schemas | None], Judgement],
    *,
    folder: Path | None,
    here: str | None,
    as_json: bool,
) -> int:
    """Let ``judge`` judge ``file`` with the schemas that are to be had, and say what it found."""
    if not file.is_file():
        raise UsageError(f"{file} is not a file", hint="give one XML document, such as data/METS.xml of a package")
    with _schemas(folder, here) as schemas:
        judgement = judge(file, schemas)
    _tell(file, judgement, as_json=as_json)
    return ExitCode.DONE if judgement.valid else ExitCode.DAMAGE


@contextmanager
def _schemas(folder: Path | None, here: str | None) -> Iterator[Schemas | None]:
    """Those in ``folder``, else the archive's own, else none."""
    from archive.packages.schemas import opened

    chosen = folder if folder is not None else _installed(here)
    if chosen is None:
        yield None
        return
    with opened(chosen) as schemas:
        yield schemas


def _installed(here: str | None) -> Path | None:
    """The schemas of the archive, where there is one; a document can be judged without any."""
    from archive.packages.schemas import installed

    try:
        home = find_home(here)
    except NoArchiveError:
        return None
    return installed(home)


def _tell(file: Path, judgement: Judgement, *, as_json: bool) -> None:
    from profiles.judgement import not_judged_by_schemas

    findings = [*judgement.findings]
    if as_json:
        emit_json(
            {
                "file": str(file),
                "valid": judgement.valid,
                "by_schemas": judgement.by_schemas,
                "documents": list(judgement.documents),
                "findings": findings_as_json(findings),
            }
        )
        return
    how = "judged" if judgement.by_schemas else "judged without schemas"
    verdict = "valid" if judgement.valid else "NOT VALID"
    say(f"{file}: {verdict}, {plural(len(judgement.documents), 'document')} {how}")
    tell_findings(findings if judgement.by_schemas else [*findings, not_judged_by_schemas()])
