"""What travels with every set of packages: the verifier, which is one file, one for acts, and the method for hands."""

from __future__ import annotations

from importlib import resources

from archive.storage.backend import StorageBackend

VERIFIER = "verify_custody.py"
ACTS_VERIFIER = "verify_acts.py"
HAND_METHOD = "VERIFY-BY-HAND.txt"
TRAVELLING = (VERIFIER, ACTS_VERIFIER, HAND_METHOD)
"""Files that lie beside every copy of the log and on every volume."""


def travelling(name: str) -> bytes:
    """The octets of one of these files."""
    return resources.files("archive.handover").joinpath(f"data/{name}").read_bytes()


def leave_beside_log(location: StorageBackend) -> None:
    """Put them beside the custody log's copy at a location.

    What an earlier release left there stays: it checks what that release wrote, and nothing is ever overwritten.
    """
    held = set(location.keys("custody/"))
    for name in TRAVELLING:
        if f"custody/{name}" not in held:
            location.put(f"custody/{name}", travelling(name))
