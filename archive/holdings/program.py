"""What program this is, for the ``program`` record that is written when it changes (DESIGN §7.8)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from archive.codec.record_codec import newest_kinds
from archive.model.announced import spelled
from archive.model.digests import sha256_hex
from archive.model.log_records import ProgramRecord

DISTRIBUTION = "evidence-archive"
"""The name this program is installed under."""

_PACKAGES = ("archive", "premis", "profiles", "scheduler")
_LEFT_OUT = ("__pycache__",)


@dataclass(frozen=True, slots=True)
class Program:
    """The running program, as far as it can tell: see ``ProgramRecord``."""

    kinds: tuple[str, ...]
    commit: str | None
    build_sha256: str
    python: str
    system: str
    openssl: str
    dependencies: Mapping[str, str]
    verifiers: Mapping[str, str]

    def record(self, stamp: Mapping[str, Any]) -> ProgramRecord:
        """The record that tells of it."""
        return ProgramRecord(
            **stamp,
            kinds=self.kinds,
            commit=self.commit,
            build_sha256=self.build_sha256,
            python=self.python,
            system=self.system,
            openssl=self.openssl,
            dependencies=dict(self.dependencies),
            verifiers=dict(self.verifiers),
        )

    @property
    def identity(self) -> str:
        """What must be the same for no new record to be written: two programs differ where this differs."""
        return identity(self)


def identity(of: Program | ProgramRecord) -> str:
    """SHA-256 over all that a ``program`` record says of the program itself."""
    parts = [*of.kinds, of.commit or "", of.build_sha256, of.python, of.system, of.openssl]
    parts += [f"{name} {value}" for some in (of.dependencies, of.verifiers) for name, value in sorted(some.items())]
    return sha256_hex("\n".join(parts).encode())


@cache
def this_program() -> Program:
    """The running program; worked out once, and only by a command that writes the log."""
    import platform
    import ssl

    root = Path(__file__).resolve().parents[2]
    return Program(
        kinds=spelled(newest_kinds()),
        commit=_commit(root),
        build_sha256=_build(root),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        openssl=ssl.OPENSSL_VERSION,
        dependencies=dict(_dependencies()),
        verifiers=_verifiers(root),
    )


def _build(root: Path) -> str:
    """SHA-256 over the paths and digests of the program's own files, in order of their paths."""
    hasher = hashlib.sha256()
    for package in _PACKAGES:
        files = (path for path in (root / package).rglob("*") if path.is_file())
        for path in sorted(path for path in files if not set(path.parts) & {*_LEFT_OUT}):
            hasher.update(f"{path.relative_to(root).as_posix()} {sha256_hex(path.read_bytes())}\n".encode())
    return hasher.hexdigest()


def _commit(root: Path) -> str | None:
    """The revision of a checkout; None for an installed program, which has no such thing beside it."""
    try:
        head = (root / ".git" / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        return (root / ".git" / head.removeprefix("ref: ")).read_text().strip()
    except OSError:
        return None


def _dependencies() -> list[tuple[str, str]]:
    from importlib import metadata

    try:
        wanted = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:  # run from a folder that was never installed
        return []
    found = []
    for requirement in wanted:
        if "extra ==" in requirement:
            continue
        name = next(part for part in requirement.replace(";", " ").replace("<", " ").replace(">", " ").split())
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, "absent"))
    return sorted(found)


def _verifiers(root: Path) -> dict[str, str]:
    folder = root / "archive" / "handover" / "data"
    return {path.name: sha256_hex(path.read_bytes()) for path in sorted(folder.glob("*")) if path.is_file()}
