"""Which entries belong to a family, in each tier. Pure."""

from caching.clients.memcached import Item
from caching.families import FAMILIES, Family, Tier


def in_l1(family: Family) -> bool:
    return family.tier is Tier.L1


def in_l2(family: Family) -> bool:
    """Its own entries, or the copies that fill it after a miss in L1."""
    return family.tier is Tier.L2 or bool(family.backing)


def items_of(family: Family, items: tuple[Item, ...]) -> list[Item]:
    """The family's items among all of a Memcached. A copy whose key was too long to be readable is not found here: it
    is invisible all the same, and expires."""
    if family.tier is Tier.L2:
        prefix = family.prefix.encode()
        return [item for item in items if item.key.startswith(prefix)]
    return [item for item in items if family.backing and _is_copy(item.key, family)]


def _is_copy(key: bytes, family: Family) -> bool:
    """qr:<tenant>:<generation>:vm:<key>; a tenant's id may hold colons too."""
    return key.startswith(FAMILIES[family.backing].prefix.encode()) and f":{family.prefix}".encode() in key[3:]
