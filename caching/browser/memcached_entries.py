"""Searching L2: a key by its exact name on every server, and patterns among the items that each server's crawler lists
first. Memcached cannot be searched."""

import re
import time
from dataclasses import dataclass
from fnmatch import fnmatchcase

from caching.browser.entry import Entry
from caching.browser.places import Sick, ask_all, memcached
from caching.clients.memcached import Item
from caching.library.keys import parse
from novaops.inventory.targets import Target

LISTED = 5_000  # items of one server
MOST_FOUND = 40  # on one server
LONGEST_NAME = 250
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Listing:
    """`looked` items; `whole` when these are all."""

    entries: tuple[Entry, ...]
    looked: int
    whole: bool


@dataclass(frozen=True, slots=True)
class SearchL2:
    entries: tuple[Entry, ...]
    looked: int
    whole: bool
    sick: tuple[Sick, ...]


def search(servers: tuple[Target, ...], pattern: str) -> SearchL2:
    said, sick = ask_all(servers, lambda one: one.name, lambda one: listing(one, pattern))
    return SearchL2(
        tuple(entry for one in said.values() for entry in one.entries),
        sum(one.looked for one in said.values()),
        all(one.whole for one in said.values()),
        sick,
    )


def exactly(servers: tuple[Target, ...], key: str) -> SearchL2:
    """The key as it stands: which server a client puts it on is the client's to say, so all are asked."""
    if not askable(key):
        return SearchL2((), 0, True, ())
    said, sick = ask_all(servers, lambda one: one.name, lambda one: memcached(one).item(key.encode()))
    names = [(name, item) for name, item in said.items() if item is not None]
    return SearchL2(tuple(_entry(name, item) for name, item in names), 0, True, sick)


def listing(server: Target, pattern: str) -> Listing:
    """CacheError when the server cannot answer."""
    items, whole = memcached(server).some_items(LISTED)
    found = [item for item in items if matches(item.key.decode(errors="replace"), pattern)]
    return Listing(tuple(_entry(server.name, item) for item in found[:MOST_FOUND]), len(items), whole)


def matches(key: str, pattern: str) -> bool:
    """The key as it stands, or without its generation, which nobody knows by heart."""
    shape = as_fnmatch(pattern)
    return fnmatchcase(key, shape) or fnmatchcase(_without_generation(key), shape)


def as_fnmatch(pattern: str) -> str:
    """A pattern of Redis in the words of fnmatch: `\\*` is a plain star, `[^a]` another letter than a."""
    return ESCAPED.sub(lambda found: f"[{found[1]}]", pattern).replace("[^", "[!")


def _without_generation(key: str) -> str:
    parts = parse(key)
    return key.replace(f"}}:{parts.generation}:", "}:", 1) if parts.generation else key


def askable(key: str) -> bool:
    """Whether Memcached takes such a name at all."""
    return 0 < len(key.encode()) <= LONGEST_NAME and all("!" <= sign <= "~" for sign in key)


def _entry(server: str, item: Item) -> Entry:
    key, parts = item.key.decode(errors="replace"), parse(item.key)
    return Entry(
        tier="L2",
        node=server,
        key=key,
        bytes=item.bytes,
        ttl=None if item.expires is None else max(0.0, item.expires - time.time()),
        sort="item",
        slab=item.slab,
        total=int(parts.generation) if parts.generation else None,
    )
