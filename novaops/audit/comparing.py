"""What a change of a setting changed: its state before and after, put side by side. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABSENT = object()
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """One value by its path, such as "limits.medium"; `before` or `after` is None where there was, or is, none."""

    path: str
    before: str | None
    after: str | None

    @property
    def word(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


@dataclass(frozen=True, slots=True)
class Comparison:
    differences: tuple[Difference, ...]
    same: int


def compare(before: Any, after: Any) -> Comparison:
    """By the keys of mappings, whatever depth; lists are compared item by item where they are equally long."""
    pairs = list(_pairs("", {} if before is None else before, {} if after is None else after))
    differing = [(path, old, new) for path, old, new in pairs if old is ABSENT or new is ABSENT or old != new]
    found = (Difference(path or "value", _text(old), _text(new)) for path, old, new in differing)
    return Comparison(tuple(found), len(pairs) - len(differing))


def _pairs(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """What was added or removed as a whole is shown by its parts."""
    if _has_keys(before, after) or _has_keys(after, before):
        for key in dict.fromkeys(key for value in (before, after) if value is not ABSENT for key in value):
            inner = f"{path}.{key}" if path else str(key)
            yield from _pairs(inner, _part(before, key), _part(after, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after) and before:
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _pairs(f"{path}[{index}]", old, new)
    else:
        yield path, before, after


def _has_keys(value: Any, other: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and (isinstance(other, Mapping) or other is ABSENT)


def _part(value: Any, key: str) -> Any:
    return value.get(key, ABSENT) if isinstance(value, Mapping) else ABSENT


def _text(value: Any) -> str | None:
    if value is ABSENT:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
