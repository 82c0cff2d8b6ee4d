"""Which machines a person could act as: what such a machine asked for, the person may have asked for.

Rooms that give machines their keys tell it; they register in `AppConfig.ready`."""

from collections.abc import Callable, Collection

from novaops.fleets.models import Person

Source = Callable[[Person], Collection[int]]
"""A person -> the ids of the machines of this fleet of which they ever held a key, valid or not."""

_sources: list[Source] = []


def register(source: Source) -> None:
    if source not in _sources:
        _sources.append(source)


def machines_of(person: Person) -> frozenset[int]:
    return frozenset(number for source in _sources for number in source(person))
