"""A merge patch over Patroni's dynamic configuration: what it changes, what comes of it, what takes it back. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import rfc8785

from shards.marks import mark_of

ABSENT = None
Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value; `path` is its keys. None: it is not there."""

    path: tuple[str, ...]
    old: Any
    new: Any

    @property
    def name(self) -> str:
        return " ".join(self.path)

    @property
    def sentence(self) -> str:
        return f"{self.name}: {_said(self.old)} -> {_said(self.new)}"


def merged(config: Tree, changes: Tree) -> dict[str, Any]:
    """What Patroni makes of it: None removes a key, objects are merged, all else replaces."""
    result = deepcopy(dict(config))
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            before = result.get(key)
            result[key] = merged(before if isinstance(before, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def inverse(config: Tree, changes: Tree) -> dict[str, Any]:
    """The patch that brings back exactly what stood there before `changes`."""
    back: dict[str, Any] = {}
    for key, value in changes.items():
        before = config.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            back[key] = inverse(before, value)
        else:
            back[key] = deepcopy(before)
    return back


def pruned(changes: Tree, config: Tree) -> dict[str, Any]:
    """Without what changes nothing, and without removals inside what is new: Patroni would keep those as they are."""
    left: dict[str, Any] = {}
    for key, value in changes.items():
        before = config.get(key)
        if isinstance(value, Mapping):
            inner = pruned(value, before if isinstance(before, Mapping) else {})
            if inner or not isinstance(before, Mapping):
                left[key] = inner
        elif value != before or (isinstance(value, bool) is not isinstance(before, bool)):
            left[key] = value
    return left


def differences(config: Tree, changes: Tree, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """One per value that is another one afterwards."""
    for key, value in changes.items():
        before = config.get(key)
        if isinstance(value, Mapping):
            yield from differences(before if isinstance(before, Mapping) else {}, value, (*path, key))
        elif value is None and isinstance(before, Mapping):
            yield from differences(before, dict.fromkeys(before), (*path, key))
        elif value != before:
            yield Difference((*path, key), before, value)


def fingerprint(config: Tree) -> str:
    """SHA-256 (hex) over its RFC 8785 form, without the slots that operations have Patroni leave alone: they come and
    go with moves, and nobody's change rests on them."""
    body: Any = dict(config)
    if isinstance(ignored := body.pop("ignore_slots", None), list):
        ignored = [one for one in ignored if not _of_operation(one)]
    if ignored:
        body["ignore_slots"] = ignored
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def _said(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _of_operation(entry: Any) -> bool:
    return isinstance(entry, Mapping) and mark_of(str(entry.get("name", ""))) is not None
