"""Whether an entry is visible: the sum of the generations that it was computed under, beside the sum of now."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from caching.browser.entry import Entry, Visible
from caching.browser.places import Places, Primary, ask_all
from caching.library import keys
from caching.library.families import FAMILIES, Family, Follows
from caching.library.looks import look
from caching.sampling import pipelined

Numbers = Mapping[str, int | None]
# The shards of some tenants, by tenant; without those that are placed nowhere.
ShardsOf = Callable[[Collection[str]], Mapping[str, str]]


def judged(places: Places, several: Sequence[Entry], shards_of: ShardsOf) -> tuple[Entry, ...]:
    """Each entry with whether it is visible; not known where a generation's node does not answer."""
    shards = shards_of({entry.parts.tenant for entry in several if entry.total is not None})
    rules = [followed(entry, shards) for entry in several]
    numbers = read(places, {key for rule in rules for key in rule})
    return tuple(entry.judged(verdict(entry, rule, numbers)) for entry, rule in zip(several, rules, strict=True))


def followed(entry: Entry, shards: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of all generations that an entry carries the sum of; none where nothing hides it."""
    family, rest, backing = entry.family, entry.parts.rest, ""
    if family is None or entry.total is None:
        return ()
    copied = _copied(family, rest)
    if copied is not None:
        family, rest, backing = copied, rest.removeprefix(copied.prefix), keys.family_key(family.name)
    tenant = entry.parts.tenant
    shard = shards.get(tenant, "") if family.follows is not Follows.NOTHING else ""
    shared = (keys.family_key(family.name), backing, keys.shard_key(shard) if shard else "")
    return (*look(family, tenant, (rest,), numbers_only=True).keys, *filter(None, shared))


def _copied(family: Family, rest: str) -> Family | None:
    """The L1 family whose entry this is a copy of."""
    front = FAMILIES.get(rest.partition(":")[0])
    return front if front is not None and front.backing == family.name else None


def verdict(entry: Entry, rule: Sequence[str], numbers: Numbers) -> Visible:
    """A number that is not kept begins anew with the next read, above all that was."""
    if not rule:
        return Visible.ALWAYS
    if any(key not in numbers for key in rule) or _digested(entry):
        return Visible.UNKNOWN
    known = [number for number in (numbers[key] for key in rule) if number is not None]
    return Visible.YES if len(known) == len(rule) and entry.total == sum(known) else Visible.HIDDEN


def _digested(entry: Entry) -> bool:
    """A name that was too long for a key does not say which generations it follows."""
    return keys.DIGEST in (entry.parts.tenant[:1], entry.parts.rest.rpartition(":")[2][:1])


def read(places: Places, wanted: Iterable[str]) -> dict[str, int | None]:
    """The numbers by key, None for one that is not kept; without those whose node does not answer."""
    by_node: dict[str, tuple[Primary, list[str]]] = {}
    for key in sorted(wanted):
        owner = places.primary_of(key)
        if owner is not None:
            by_node.setdefault(owner.target.name, (owner, []))[1].append(key)
    said, _ = ask_all(by_node.values(), lambda pair: pair[0].target.name, _numbers)
    return {key: number for one in said.values() for key, number in one.items()}


def _numbers(asked: tuple[Primary, list[str]]) -> dict[str, int | None]:
    primary, names = asked
    said = pipelined(primary.node, lambda pipe, key: pipe.execute_command("GET", key), names)
    pairs = [(key, one) for key, one in zip(names, said, strict=True) if not isinstance(one, Exception)]
    return {key: int(one) if one is not None else None for key, one in pairs}
