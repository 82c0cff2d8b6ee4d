"""Pages of other rooms that show what an operation is about, such as a tenant's move. Rooms register a finder in
AppConfig.ready; nobody here knows them by name."""

from collections.abc import Callable
from dataclasses import dataclass

from novaops.operations.models import Operation


@dataclass(frozen=True, slots=True)
class Companion:
    """`what` it is about ("Move"), the words of the link, and where that leads."""

    what: str
    words: str
    href: str


Finder = Callable[[Operation], Companion | None]
_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """It is asked, inside the fleet, each time that an operation's page is shown."""
    _finders.append(finder)


def companions_of(operation: Operation) -> tuple[Companion, ...]:
    found = (finder(operation) for finder in _finders)
    return tuple(one for one in found if one is not None)
