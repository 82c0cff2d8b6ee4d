"""Tenants that move as one: each alone, and those that have to be kept together. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shards.rebalancing.facts import Mix, TenantLoad


@dataclass(frozen=True, slots=True)
class Part:
    """One tenant of a unit, where it is now; `cost` is its part of the fleet's load."""

    tenant_id: str
    shard: str
    bytes: int
    cost: float


@dataclass(frozen=True, slots=True)
class Unit:
    """`name` is the first of its tenants' ids, so that plans come out the same every time. `home` is where most of its
    bytes lie."""

    name: str
    parts: tuple[Part, ...]
    home: str
    bytes: int
    cost: float

    def bytes_to(self, shard: str) -> int:
        """What has to be copied for all of it to be there."""
        return sum(part.bytes for part in self.parts if part.shard != shard)


def units(tenants: Sequence[TenantLoad], together: Iterable[frozenset[str]], mix: Mix) -> list[Unit]:
    """Every tenant is in exactly one, in the order of their names."""
    leader = _leaders(together)
    groups: dict[str, list[Part]] = {}
    for part in _parts(tenants, mix):
        groups.setdefault(leader.get(part.tenant_id, part.tenant_id), []).append(part)
    return sorted(map(_unit, groups.values()), key=lambda unit: unit.name)


def _parts(tenants: Sequence[TenantLoad], mix: Mix) -> Iterable[Part]:
    """A measure that nobody has anything of does not count."""
    sums = (
        sum(one.bytes for one in tenants),
        sum(one.vms for one in tenants),
        sum(one.writes_per_s for one in tenants),
    )
    wanted = [part if total else 0.0 for part, total in zip((mix.bytes, mix.vms, mix.writes), sums, strict=True)]
    whole = sum(wanted)
    each = [part / whole / total if whole and total else 0.0 for part, total in zip(wanted, sums, strict=True)]
    for one in tenants:
        cost = one.bytes * each[0] + one.vms * each[1] + one.writes_per_s * each[2]
        yield Part(one.tenant_id, one.shard, one.bytes, cost)


def _unit(parts: list[Part]) -> Unit:
    if len(parts) == 1:
        [one] = parts
        return Unit(one.tenant_id, (one,), one.shard, one.bytes, one.cost)
    parts.sort(key=lambda part: part.tenant_id)
    there: dict[str, int] = {}
    for part in parts:
        there[part.shard] = there.get(part.shard, 0) + part.bytes
    home = min(there, key=lambda shard: (-there[shard], shard))
    return Unit(parts[0].tenant_id, tuple(parts), home, sum(there.values()), sum(part.cost for part in parts))


def _leaders(together: Iterable[frozenset[str]]) -> Mapping[str, str]:
    """Sets that share a tenant are one set: each tenant's id with the smallest id that it is kept together with."""
    leader: dict[str, str] = {}

    def found(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for group in together:
        first, *others = sorted(group)
        for other in others:
            one, two = sorted((found(first), found(other)))
            leader[two] = one
    return {name: found(name) for name in list(leader)}
