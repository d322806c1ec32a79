"""Taking over: this home declares itself the one that goes on, and every older one refuses from then on."""

from __future__ import annotations

from dataclasses import dataclass

from archive.custody.copies import require_beginning
from archive.custody.epoch_files import replace_home
from archive.custody.epochs import Epoch, Home
from archive.custody.issue import issue_epoch
from archive.errors import ArchiveError, CustodyError, StorageError
from archive.holdings.checkpoints import signing_now
from archive.holdings.holdings import Holdings
from archive.holdings.homes import Seen
from archive.model.identifiers import new_identifier
from archive.storage.location import Location


@dataclass(frozen=True, slots=True)
class Taking:
    """What a takeover would be: its number, and the locations in reach.

    Those ``away`` get the note with the copy of the log when they are back.
    """

    number: int
    reached: tuple[str, ...]
    away: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """A takeover that is done: what it was to be, and what this home is now."""

    taking: Taking
    epoch: Epoch


def check_takeover(holdings: Holdings) -> Taking:
    """What a takeover would be; raises, changing nothing, where this home cannot take over.

    CustodyError where a location in reach holds records that this home does not: it is not the one to go on.
    """
    reached = []
    for location in holdings.online():
        _require_nothing_more(holdings, location)
        reached.append(location.name)
    away = tuple(name for name in holdings.locations if name not in reached)
    return Taking(next_number(holdings.seen()), tuple(reached), away)


def _require_nothing_more(holdings: Holdings, location: Location) -> None:
    try:
        require_beginning(holdings.log, location.backend)
    except CustodyError as error:
        raise CustodyError(
            f"nothing was taken over: location '{location.name}' tells more than this home, or another history: "
            f"{error.what}",
            hint=f"make the archive anew from it: archive catalogue rebuild --from {location.where()}; or, if it is "
            "that location that is wrong, keep it out of reach, and take over without it",
        ) from error
    except (OSError, StorageError) as error:
        raise ArchiveError(
            f"nothing was taken over: location '{location.name}' cannot be read: {error}",
            hint="mend it, or keep it out of reach, and take over without it",
        ) from error


def take_over(holdings: Holdings) -> Taken:
    """Make this home the newest, under a new identifier, so that a copy of its folder is another home.

    It is done in one durable step, in the home; the note reaches the locations with the copy of the log, which the
    caller makes. Raises as ``check_takeover``, and ArchiveError where nobody here can sign.
    """
    with holdings.in_turn():
        taking, log = check_takeover(holdings), holdings.log
        epoch = Epoch(
            origin=holdings.signing.origin,
            number=taking.number,
            home=new_identifier(),
            size=log.size,
            root=log.frontier.root(),
            time=holdings.stamp.clock(),
        )
        known, signer = signing_now(holdings)
        note = issue_epoch(log, epoch, known=known, signer=signer)
        replace_home(holdings.home, Home(epoch.home, note))
    return Taken(taking, epoch)


def next_number(seen: Seen) -> int:
    """The first number behind the newest, under which no location in reach shows a note; a forged one is passed by."""
    own = 0 if seen.home is None else seen.home.number
    number = 1 + max((own, *(epoch.number for _, epoch in seen.epochs)))
    while number in seen.numbers:
        number += 1
    return number
