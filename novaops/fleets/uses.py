"""When each person last came in by something else than a password: rooms that know such a way register it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Use:
    """The last use of one way in, such as “token deploy (novaops_demo_7_a1b2c3…)”."""

    at: datetime
    by: str


Source = Callable[[], Mapping[int, Use]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """`source()` gives the last use by person's id, in the fleet whose schema the connection is on."""
    if source not in _sources:
        _sources.append(source)


def last_uses() -> dict[int, Use]:
    """The newest use of each person who ever came in such a way to the fleet whose schema the connection is on."""
    newest: dict[int, Use] = {}
    for source in _sources:
        for person_id, use in source().items():
            if person_id not in newest or newest[person_id].at < use.at:
                newest[person_id] = use
    return newest
