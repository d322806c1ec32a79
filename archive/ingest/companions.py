"""Who belongs to a file of a lot beside those just received: what cannot be read yet, and what was received before."""

from __future__ import annotations

from collections.abc import Mapping

from archive.catalogue.catalogue import Catalogue
from archive.ingest.receive import Received
from archive.model.identifiers import ItemId


def companions(received: Received, catalogue: Catalogue) -> Mapping[ItemId, tuple[bytes, ...]]:
    """Delivered names of all files of each item of a lot, whatever became of them.

    What the producer's table says of one of them is said of the item, also while that one is pending.
    """
    names: dict[ItemId, dict[bytes, None]] = {}
    for file in received.lot.files:
        if file.item is not None:
            names.setdefault(file.item, {})[file.name] = None
    for item, earlier in catalogue.names_in_items(list(names)).items():
        names[item].update(dict.fromkeys(earlier))
    return {item: tuple(of_item) for item, of_item in names.items()}
