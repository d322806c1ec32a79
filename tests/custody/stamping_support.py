"""Small things that tests of the queue of time-stamps share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from local_authority import LocalAuthority, now

from archive.custody import stamps
from archive.custody.authority import NoAnswer
from archive.custody.chains import read_trust
from archive.custody.instructions import RESPONSE
from archive.custody.stamp_examination import Known
from archive.custody.stamping import Authority, Network, Sent, request_all, send, to_send
from archive.custody.stamps import Place
from archive.progress import Silent

TEXT = b"evidence-archive/3f0c7a0e-58d1-4f5a-9b53-6f6f3f4f1c11\n1234\nAAAA\n"
SIZE = 1234
PLACE = Place(SIZE, "local")


class World:
    """A network whose authorities answer as a test wants: bytes, or an exception."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[bytes], bytes]] = {}
        self.lists: dict[str, bytes] = {}
        self.asked: list[tuple[str, bytes]] = []

    def ask(self, url: str, request: bytes) -> bytes:
        self.asked.append((url, request))
        return self.answers[url](request)

    def fetch(self, url: str) -> bytes:
        if url not in self.lists:
            raise NoAnswer("nobody there")
        return self.lists[url]

    @property
    def network(self) -> Network:
        return Network(self.ask, self.fetch)


def offline(_request: bytes) -> bytes:
    raise NoAnswer("the network is down")


def configured(local: LocalAuthority, name: str = "local", **more: object) -> Authority:
    trust = read_trust(local.ca.read_bytes())
    return Authority(name, f"https://{name}.example.org/tsr", trust, **more)  # type: ignore[arg-type]


def request(custody: Path, *authorities: Authority, size: int = SIZE, at: datetime | None = None) -> list[Place]:
    return request_all(custody, size=size, text=TEXT, authorities=authorities, now=at or now())


def send_all(custody: Path, world: World, *authorities: Authority, clock: Callable[[], datetime] = now) -> Sent:
    waiting = to_send(custody, authorities, now=clock(), only_due=False)
    return send(custody, waiting, authorities, network=world.network, clock=clock, progress=Silent())


def names(custody: Path, place: Place) -> list[str]:
    return sorted(stamps.read_files(custody / place.key))


def stored(custody: Path, local: LocalAuthority, *places: Place, **more: object) -> list[Known]:
    """Have tokens arrive for these places, and answer what the log would know of them."""
    known = []
    for place in places:
        authority, world = configured(local, place.authority, **more), World()
        world.answers[authority.url] = local.answer
        request(custody, authority, size=place.size)
        (one,) = send_all(custody, world, authority).stored
        digest = hashlib.sha256((custody / place.key / RESPONSE).read_bytes()).hexdigest()
        known.append(Known(place.size + 1, place, one.time, one.expires, digest))
    return known
