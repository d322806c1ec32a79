"""``archive custody prove``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.cli.output import emit_json, say
from archive.cli.session import common, find_home
from archive.errors import UsageError

if TYPE_CHECKING:
    from archive.custody.proof_files import Proof


@click.command("prove")
@click.argument("what", metavar="ID", nargs=-1, required=True)
@click.option("--consistency", is_flag=True, help="ID is the SIZE of a checkpoint, or of two; the newest otherwise.")
@click.option("--withhold", is_flag=True, help="Prove that it was recorded and when, without telling what.")
@click.option(
    "--tell",
    type=click.Choice(["all", "content", "skeleton"]),
    default="all",
    show_default=True,
    help="Of what is private: all, only size and digests of files, or nothing.",
)
@click.option(
    "--all", "every", is_flag=True, help="Every record that names it, not only the last; reads the whole log."
)
@click.option("--at", metavar="SIZE", type=int, help="By the checkpoint of so many records, not the newest.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there; of several FILE-1, FILE-2."
)
@common
def prove_command(
    what: tuple[str, ...],
    consistency: bool,
    withhold: bool,
    tell: str,
    every: bool,
    at: int | None,
    out: Path | None,
    here: str | None,
    as_json: bool,
) -> None:
    """Prove that something is in the log: a file, a package, an incident, anything with an ID, or record '#17'.

    The proof is one JSON file that a stranger checks with the public key alone. It holds what was recorded, unless
    --withhold keeps that back. Names, sizes, digests and reasons are private lines of a record, and --tell chooses
    which of them go with it. With --consistency: that the log of one checkpoint is the beginning of a later one.

    \b
    Example:
      archive custody prove 0e6f1b7e-6f35-4c36-8f6a-7a5f2d3c9b11 --out proof.json
      archive custody prove --consistency 1000 1234
    """
    from archive import assembly
    from archive.holdings.proving import Told, prove_consistency, prove_record, records_about

    with assembly.reading(find_home(here)) as archive:
        proofs: list[Proof]
        if consistency:
            sizes = [_size(word) for word in what]
            if len(sizes) > 2 or withhold or every or at is not None:
                raise UsageError("--consistency goes with one size or two, and with nothing else but --out")
            proofs = [prove_consistency(archive.holdings, sizes[0], sizes[1] if len(sizes) == 2 else None)]
        else:
            numbers = sorted({n for each in what for n in records_about(archive.holdings, each, every=every)})
            told = Told.NOTHING if withhold else Told(tell)
            proofs = [prove_record(archive.holdings, n, told=told, size=at) for n in numbers]
    written = [] if out is None else _written(proofs, out)
    if as_json:
        emit_json({"proofs": [json.loads(proof.octets) for proof in proofs], "files": [str(path) for path in written]})
    elif out is None:
        for proof in proofs:
            click.echo(proof.octets.decode(), nl=False)
    else:
        for proof, path in zip(proofs, written, strict=True):
            say(f"{path}: {_told(proof)}")


def _size(word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise UsageError(f"'{word}' is not a number of records", hint="give the size of a checkpoint")
    return int(word)


def _written(proofs: list[Proof], out: Path) -> list[Path]:
    from archive import durable

    several = [out.with_name(f"{out.stem}-{number}{out.suffix}") for number in range(1, len(proofs) + 1)]
    paths = [out] if len(proofs) == 1 else several
    for path in paths:
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path} exists already", hint="give another name; nothing was written")
    for proof, path in zip(proofs, paths, strict=True):
        try:
            durable.write_new(path, proof.octets)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    return paths


def _told(proof: Proof) -> str:
    from archive.custody.proof_files import InclusionProof

    if not isinstance(proof, InclusionProof):
        return f"the log of {proof.first} records is the beginning of the log of {proof.second}"
    withheld = "" if proof.opening is not None else "; what was recorded is withheld"
    return f"record {proof.n} is in the log of {proof.size} records{withheld}"
