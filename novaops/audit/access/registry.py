"""What the review is told by rooms that it does not know: which right a record used, and which credentials people hold.

Rooms register in `AppConfig.ready`."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from novaops.fleets.rights import Right

RightUsed = Callable[[str, str], Right | None]
"""Verb and kind of a record (the kind is empty where it has none) -> the right that its person used, if any."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Something besides a password by which somebody gets in, such as a token. `scopes` says to what it is limited."""

    name: str
    scopes: str = ""
    since: datetime | None = None
    until: datetime | None = None
    used_at: datetime | None = None


Credentials = Callable[[Collection[int]], Mapping[int, Sequence[Credential]]]
"""Ids of people -> what each holds on the fleet whose schema the connection is on, as far as it is valid."""

_uses: list[RightUsed] = []
_credentials: list[Credentials] = []


def register_use(rule: RightUsed) -> None:
    if rule not in _uses:
        _uses.append(rule)


def register_credentials(source: Credentials) -> None:
    if source not in _credentials:
        _credentials.append(source)


def rights_used(verb: str, kind: str) -> Iterator[Right]:
    yield from (right for rule in _uses if (right := rule(verb, kind)) is not None)


def credentials_of(people: Collection[int]) -> dict[int, tuple[Credential, ...]]:
    found: dict[int, tuple[Credential, ...]] = {}
    for source in _credentials:
        for person, held in source(people).items():
            found[person] = (*found.get(person, ()), *held)
    return found
