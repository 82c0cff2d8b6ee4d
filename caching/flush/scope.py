"""Which entries belong to a family, in each tier. Pure."""

from caching.clients.memcached import Item
from caching.library.families import Family, Tier
from caching.library.keys import parse


def in_l1(family: Family) -> bool:
    return family.tier is Tier.L1


def in_l2(family: Family) -> bool:
    """Its own entries, or the copies that fill it after a miss in L1."""
    return family.tier is Tier.L2 or bool(family.backing)


def items_of(family: Family, items: tuple[Item, ...]) -> list[Item]:
    """The family's items among all of a Memcached."""
    return [item for item in items if _belongs(item.key, family)]


def _belongs(key: bytes, family: Family) -> bool:
    parts = parse(key)
    if family.tier is Tier.L2:
        return parts.family == family.name
    return bool(family.backing) and parts.family == family.backing and parts.rest.startswith(family.prefix)
