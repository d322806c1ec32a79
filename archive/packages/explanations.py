"""The texts by which a package explains itself: READMEs in four languages, a codebook, its formats in words.

Plain UTF-8 for people who have never heard of this program, and small enough for every package (DESIGN §5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib import resources
from types import MappingProxyType

from archive.inspection.identification import Identification
from archive.model.formats import Basis
from archive.packages.content import PackagedFile
from archive.packages.folder import readable_size
from premis.model import Agent, Entity, File

README_TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "README.txt": "README-aip.txt",
        "README.fr.txt": "README-aip.fr.txt",
        "README.ru.txt": "README-aip.ru.txt",
        "README.be.txt": "README-aip.be.txt",
    }
)
"""The READMEs of an AIP by the names they have there, and the texts they are made of."""

LARGEST_FORMATS = 500
"""Formats that are listed; packages with more name the commonest and count the others."""

_BASES = {
    Basis.CONTAINER: "recognised by what it contains",
    Basis.SIGNATURE: "recognised by its bytes",
    Basis.TEXT: "plain text; which kind, the name says",
    Basis.MAGIC: "recognised by its first bytes only",
}
_KINDS = {
    "application": "document or data",
    "audio": "sound",
    "font": "letters for printing",
    "image": "picture",
    "message": "electronic mail",
    "model": "model in space",
    "multipart": "electronic mail with parts",
    "text": "text",
    "video": "moving picture",
}
_FORMATS_HEAD = """\
FORMATS OF THE FILES IN THIS PACKAGE
====================================

A format says how the bytes of a file are to be read, and so which programs can open it. Names and numbers are those of
PRONOM, the register of formats of The National Archives of the United Kingdom: search there for the number. "local" are
our own words for what PRONOM has no number for. Which file has which format stands in
data/representations/original/metadata/preservation/premis.xml.

"""


def template(name: str, **values: object) -> bytes:
    """One of our texts with its places filled in."""
    return _text(name).format(**values).encode()


def readmes(**values: object) -> dict[str, bytes]:
    """The READMEs of an AIP by file name, with their places filled in."""
    return {name: template(source, **values) for name, source in README_TEMPLATES.items()}


def codebook() -> bytes:
    """What the words and columns of every package mean."""
    return _text("codebook.txt").encode()


def formats_in_words(files: Iterable[PackagedFile]) -> bytes:
    """The formats of these files, the commonest first."""
    sizes: dict[tuple[str, str], list[int]] = defaultdict(list)
    tools: set[str] = set()
    for file in files:
        sizes[_described(file.identification)].append(file.size)
        tools.update(map(_tool, file.answers))
    text = _FORMATS_HEAD + "".join(f"Identified by {tool}.\n" for tool in sorted(tools)) + "\n"
    return (text + _table(sizes)).encode("utf-8", "backslashreplace")


def formats_from_premis(files: Iterable[File], entities: Iterable[Entity]) -> bytes:
    """As ``formats_in_words``, of files whose PREMIS is all there is; ``entities`` name the tools that spoke."""
    sizes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for file in files:
        found = file.characteristics[0].formats[0]
        name = f"{found.name} {found.version}" if found.version else found.name or "unknown"
        explained = f"{found.registry_name} {found.registry_key}" if found.registry_key else "no registry names it"
        sizes[(name, explained)].append(file.characteristics[0].size or 0)
    tools = sorted(
        f"{agent.names[0]} {agent.version}, {'; '.join(agent.notes)}"
        for agent in entities
        if isinstance(agent, Agent) and agent.version is not None and agent.notes
    )
    text = _FORMATS_HEAD + "".join(f"Identified by {tool}.\n" for tool in tools) + "\n"
    return (text + _table(sizes)).encode("utf-8", "backslashreplace")


def _table(sizes: Mapping[tuple[str, str], list[int]]) -> str:
    ordered = sorted(sizes.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    text = ""
    for (name, explained), octets in ordered[:LARGEST_FORMATS]:
        text += f"{len(octets):>6} {_files(len(octets))}, {readable_size(sum(octets))}: {name}\n       {explained}\n"
    rest = ordered[LARGEST_FORMATS:]
    if rest:
        text += f"{sum(len(octets) for _, octets in rest):>6} files of {len(rest)} more formats\n"
    return text


def _described(found: Identification) -> tuple[str, str]:
    """A format's name and one line about it."""
    match = found.format
    if match is None:
        guesses = sorted({guess.name for guess in found.matches})[:3]
        hint = f"; its name looks like {' or '.join(guesses)}" if guesses else ""
        return "unknown", f"no program could name it with certainty{hint}"
    name = f"{match.name} {match.version}" if match.version else match.name
    kind = _KINDS.get((match.mime or "").split("/")[0])
    parts = [kind] if kind else []
    parts += [f"{match.registry} {match.puid}"]
    parts += [f"media type {match.mime}"] if match.mime else []
    parts += [_BASES[match.basis]] if match.basis in _BASES else []
    return name, "; ".join(parts)


def _tool(found: Identification) -> str:
    return f"{found.tool} {found.tool_version}, signatures {found.signatures}"


def _files(count: int) -> str:
    return "file" if count == 1 else "files"


def _text(name: str) -> str:
    return resources.files("archive.packages").joinpath(f"data/{name}").read_text(encoding="utf-8")
