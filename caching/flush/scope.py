"""Which entries a flush is about, in each tier. Pure."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict
from redis.crc import key_slot

from caching.clients.memcached import Item
from caching.flush.globs import beginning, compiled
from caching.flush.parameters import FlushParameters, HideParameters
from caching.flush.walk import Wanted
from caching.library.counters import HASH
from caching.library.families import FAMILIES, Family, Tier
from caching.library.keys import escaped, l1_key, parse, tag

# What the library keeps in L1 for itself: no flush by pattern takes it.
KEPT = ("gen:", "gen-", "lease:", HASH)


class Scope(BaseModel):
    """A step's arguments. `families` are those that it touches, of every one or a part; `prefixes`, `exact` and
    `pattern` say which keys of L1, in `slot` when all of them lie there; `node` when one server alone is meant."""

    model_config = ConfigDict(frozen=True)

    whose: str
    words: str
    families: tuple[str, ...] = ()
    family: str = ""
    tenant: str = ""
    vm: str = ""
    prefixes: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    pattern: str = ""
    slot: int | None = None
    node: str = ""
    l1: bool = True
    l2: bool = True

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.prefixes, self.exact, self.pattern, KEPT, self.slot)

    @property
    def hides(self) -> bool:
        """Whether generations can make it invisible first."""
        return self.whose in ("family", "tenant", "vm")

    def has(self, key: bytes) -> bool:
        """Whether an item of L2 belongs to it."""
        parts = parse(key)
        if self.whose == "family":
            return _of_family(FAMILIES[self.family], parts.family, parts.rest)
        if self.whose == "tenant":
            return parts.tenant == self.tenant
        if self.whose == "vm":
            return parts.tenant == self.tenant and parts.rest == f"vm:{self.vm}"
        text = key.decode(errors="replace")
        if self.prefixes:
            return text.startswith(self.prefixes)
        return bool(compiled(self.pattern).fullmatch(text))


def scope_of(asked: FlushParameters | HideParameters) -> Scope:
    return _SCOPES[asked.scope](asked)


def in_l1(family: Family) -> bool:
    return family.tier is Tier.L1


def in_l2(family: Family) -> bool:
    """Its own entries, or the copies that fill it after a miss in L1."""
    return family.tier is Tier.L2 or bool(family.backing)


def items_of(scope: Scope, items: Iterable[Item]) -> list[Item]:
    return [item for item in items if scope.has(item.key)]


def of_family(name: str) -> Scope:
    family = FAMILIES[name]
    return Scope(
        whose="family", words=f"of {family.prefix}", families=(name,), family=name, prefixes=(family.prefix,),
        l1=in_l1(family), l2=in_l2(family),
    )  # fmt: skip


def of_tenant(tenant: str) -> Scope:
    """All of it lies in one slot of L1: that of its tag."""
    prefixes = tuple(f"{family.prefix}{tag(tenant)}:" for family in FAMILIES.values() if in_l1(family))
    return Scope(
        whose="tenant", words=f"of tenant {tenant}", families=tuple(FAMILIES), tenant=tenant, prefixes=prefixes,
        slot=key_slot(tag(tenant).encode()),
    )  # fmt: skip


def of_vm(tenant: str, vm: str) -> Scope:
    exact = tuple(l1_key(FAMILIES[name], tenant, vm) for name in ("vm", "metric"))
    return Scope(
        whose="vm", words=f"of VM {vm} of tenant {tenant}", families=("vm", "metric", "qr"), tenant=tenant, vm=vm,
        exact=exact, slot=key_slot(tag(tenant).encode()),
    )  # fmt: skip


def of_prefix(prefix: str, tier: str = "") -> Scope:
    """Where some of them may be the library's own, as a pattern that leaves these out."""
    own = any(kept.startswith(prefix) or prefix.startswith(kept) for kept in KEPT)
    return Scope(
        whose="prefix", words=f"that begin with {prefix}", families=_touched(prefix),
        prefixes=() if own else (prefix,), pattern=f"{escaped(prefix)}*" if own else "",
        l1=tier in ("", "L1"), l2=tier in ("", "L2"),
    )  # fmt: skip


def of_pattern(pattern: str, whose: str = "pattern", node: str = "", tier: str = "") -> Scope:
    place = f" on {node}" if node else f" in {tier}" if tier else ""
    families = tuple(name for name in _touched(beginning(pattern)) if not tier or FAMILIES[name].tier == tier)
    return Scope(
        whose=whose, words=f"like {pattern}{place}", families=families, pattern=pattern, node=node,
        l1=tier in ("", "L1"), l2=tier in ("", "L2"),
    )  # fmt: skip


def _of_family(family: Family, found: str, rest: str) -> bool:
    if family.tier is Tier.L2:
        return found == family.name
    return bool(family.backing) and found == family.backing and rest.startswith(family.prefix)


def _touched(text: str) -> tuple[str, ...]:
    """Families of which keys with this beginning can be; copies in L2 are of the family that they stand behind."""
    return tuple(name for name, one in FAMILIES.items() if one.prefix.startswith(text) or text.startswith(one.prefix))


_SCOPES = {
    "family": lambda asked: of_family(asked.family),
    "prefix": lambda asked: of_prefix(asked.text, asked.tier or ""),
    "pattern": lambda asked: of_pattern(asked.text, tier=asked.tier or ""),
    "tenant": lambda asked: of_tenant(asked.tenant),
    "vm": lambda asked: of_vm(asked.tenant, asked.vm),
    "node": lambda asked: of_pattern(asked.text, "node", node=asked.node),
    "tier": lambda asked: of_pattern(asked.text, "tier", tier=asked.tier),
}
