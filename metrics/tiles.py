"""The numbers on top of the overview. Rooms register theirs in AppConfig.ready; nobody here knows them by name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from metrics.contract import Snapshot


@dataclass(frozen=True, slots=True)
class Tile:
    """One number: `shape` is one of the component stat's (bytes, number, percent, duration, rate ...), `page` the name
    of the page that shows more, `spark` its last values, oldest first, None where nothing was stored. `at` is when the
    oldest value that it is made of was read; `limit` the age in seconds from which it is old, None: the fleet's own."""

    label: str
    value: float | None
    shape: str
    page: str
    spark: tuple[float | None, ...] = ()
    at: datetime | None = None
    limit: float | None = None
    note: str = ""
    status: str = ""
    title: str = ""


# Gets the snapshot and how many seconds of history the sparklines show.
TileMaker = Callable[[Snapshot, float], Iterable[Tile]]
_makers: dict[int, TileMaker] = {}


def register(order: int, maker: TileMaker) -> None:
    """Adds tiles; they are shown by `order`. A second maker at the same place is a defect."""
    if order in _makers:
        raise ValueError(f"Tiles are already registered at place {order}.")
    _makers[order] = maker


def tiles(snapshot: Snapshot, seconds: float) -> tuple[Tile, ...]:
    return tuple(tile for order in sorted(_makers) for tile in _makers[order](snapshot, seconds))
