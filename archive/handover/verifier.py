"""What travels with every set of packages: the verifier, which is one file, and the same method for human hands."""

from __future__ import annotations

from importlib import resources

from archive.storage.filesystem import FileSystemBackend

VERIFIER = "verify_custody.py"
HAND_METHOD = "VERIFY-BY-HAND.txt"


def travelling(name: str) -> bytes:
    """The octets of one of the two files."""
    return resources.files("archive.handover").joinpath(f"data/{name}").read_bytes()


def leave_beside_log(location: FileSystemBackend) -> None:
    """Put both files beside the custody log's copy at a location.

    What an earlier release left there stays: it checks what that release wrote, and nothing is ever overwritten.
    """
    held = set(location.keys("custody/"))
    for name in (VERIFIER, HAND_METHOD):
        if f"custody/{name}" not in held:
            location.put(f"custody/{name}", travelling(name))
