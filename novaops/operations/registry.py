"""The kinds of operations that there are. Rooms register theirs in AppConfig.ready; nobody here knows them by name."""

from typing import Any

from novaops.operations.contract import Kind

_kinds: dict[str, Kind[Any]] = {}


def register(kind: Kind[Any]) -> None:
    """Adds a kind; a second one of the same name is a defect."""
    if kind.name in _kinds:
        raise ValueError(f"A kind of operation named {kind.name!r} is already registered.")
    _kinds[kind.name] = kind


def kinds() -> tuple[Kind[Any], ...]:
    return tuple(sorted(_kinds.values(), key=lambda kind: kind.name))


def kind(name: str) -> Kind[Any]:
    """The kind; KeyError when there is none of that name."""
    return _kinds[name]
