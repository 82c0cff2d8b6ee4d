"""One question of the browser, answered from both tiers: a name as it stands, or a pattern."""

from dataclasses import dataclass

from caching.browser import memcached_entries as l2
from caching.browser import redis_entries, scan
from caching.browser.entry import Entry
from caching.browser.generations import ShardsOf, judged
from caching.browser.places import Places, Primary, Sick, ask_all

PATTERN = "*?["


@dataclass(frozen=True, slots=True)
class Found:
    """`looked_l1` is 0 for a name. `after` goes on in L1; `whole_l2` is False where L2 holds more items than were
    listed."""

    entries: tuple[Entry, ...]
    sick: tuple[Sick, ...]
    looked_l1: int = 0
    looked_l2: int = 0
    whole_l2: bool = True
    after: str = ""


def is_pattern(text: str) -> bool:
    return any(sign in text for sign in PATTERN)


def look(places: Places, text: str, tier: str, after: str, shards_of: ShardsOf) -> Found:
    """`tier` is L1, L2, or empty for both; only L1 goes on `after`."""
    found = _pattern(places, text, tier, after) if is_pattern(text) else _name(places, text, tier)
    in_order = sorted(found.entries, key=lambda entry: (entry.tier, entry.key, entry.node))
    return Found(
        judged(places, in_order, shards_of),
        found.sick,
        found.looked_l1,
        found.looked_l2,
        found.whole_l2,
        found.after,
    )


def one(places: Places, tier: str, node: str, key: str, shards_of: ShardsOf) -> tuple[Entry | None, str]:
    """An entry as it is now, and why there is none."""
    if tier == "L1":
        entries, sick = _l1_name(places, key)
    else:
        said = l2.exactly(tuple(server for server in places.memcached if server.name == node), key)
        entries, sick = said.entries, said.sick
    cause = " ".join(f"{bad.name}: {bad.cause}" for bad in sick) or "It is there no longer: it expired, or was removed."
    return (judged(places, entries[:1], shards_of)[0], "") if entries else (None, cause)


def _name(places: Places, key: str, tier: str) -> Found:
    """In L2 also the items that have the name without their generation, among those that are listed."""
    first, sick = _l1_name(places, key) if tier != "L2" else ((), ())
    if tier == "L1":
        return Found(first, sick)
    exact, listed = l2.exactly(places.memcached, key), l2.search(places.memcached, literal(key))
    second = {(entry.node, entry.key): entry for entry in (*exact.entries, *listed.entries)}
    return Found((*first, *second.values()), (*sick, *listed.sick), 0, listed.looked, listed.whole)


def literal(key: str) -> str:
    """A pattern of fnmatch that only this key matches."""
    return "".join(f"[{sign}]" if sign in PATTERN else sign for sign in key)


def _l1_name(places: Places, key: str) -> tuple[tuple[Entry, ...], tuple[Sick, ...]]:
    owner = places.primary_of(key)
    if owner is None:
        none = Sick("L1", "No primary that was seen owns this key's slot.")
        return (), (none,) if places.primaries else ()
    said, sick = ask_all([owner], _named, lambda primary: redis_entries.entries(primary, [key]))
    return tuple(said.get(_named(owner), ())), sick


def _pattern(places: Places, pattern: str, tier: str, after: str) -> Found:
    walked = scan.search(places, pattern, after) if tier != "L2" else scan.Search((), 0, "", ())
    first, gone = _described(walked)
    if tier == "L1" or after:
        return Found(first, (*walked.sick, *gone), walked.looked, after=walked.after)
    listed = l2.search(places.memcached, pattern)
    sick = (*walked.sick, *gone, *listed.sick)
    return Found((*first, *listed.entries), sick, walked.looked, listed.looked, listed.whole, walked.after)


def _described(walked: scan.Search) -> tuple[tuple[Entry, ...], tuple[Sick, ...]]:
    by_node: dict[str, tuple[Primary, list[str]]] = {}
    for primary, key in walked.keys:
        by_node.setdefault(primary.target.name, (primary, []))[1].append(key)
    said, sick = ask_all(
        by_node.values(), lambda pair: pair[0].target.name, lambda pair: redis_entries.entries(pair[0], pair[1])
    )
    return tuple(entry for entries in said.values() for entry in entries), sick


def _named(primary: Primary) -> str:
    return primary.target.name
