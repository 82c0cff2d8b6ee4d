"""What the wishes say of each unit: where it has to be, and what it must not share a shard with. Pure."""

from collections.abc import Collection, Mapping, Sequence

from shards.rebalancing.facts import Opens, ShardLoad, Wishes
from shards.rebalancing.problems import Contradiction
from shards.rebalancing.units import Unit


class Rules:
    """Raises Contradiction at once when the wishes exclude each other."""

    def __init__(self, units: Sequence[Unit], shards: Mapping[str, ShardLoad], wishes: Wishes) -> None:
        self._unit_of = {part.tenant_id: unit.name for unit in units for part in unit.parts}
        self.pins = self._pins(wishes.pins, shards)
        self._apart = self._sets(wishes.apart)

    def apart_from(self, unit: Unit) -> Collection[str]:
        """The names of the units that it must not share a shard with."""
        return self._apart.get(unit.name, ())

    def _pins(self, wanted: Mapping[str, str], shards: Mapping[str, ShardLoad]) -> dict[str, str]:
        pins: dict[str, str] = {}
        for tenant, shard in sorted(wanted.items()):
            if shard not in shards:
                raise Contradiction(f"{tenant} is pinned to {shard}, which is no shard of this fleet.")
            if shards[shard].opens is not Opens.BOTH_WAYS:
                raise Contradiction(f"{tenant} is pinned to {shard}, which takes no tenants now.")
            unit = self._named(tenant)
            if pins.setdefault(unit, shard) != shard:
                raise Contradiction(f"{tenant} is kept together with {unit}, but they are pinned to two shards.")
        return pins

    def _sets(self, wanted: Collection[frozenset[str]]) -> dict[str, set[str]]:
        apart: dict[str, set[str]] = {}
        for group in wanted:
            named = [self._named(tenant) for tenant in sorted(group)]
            if len(set(named)) < len(named):
                raise Contradiction(f"{', '.join(sorted(group))} are to be apart and together at once.")
            self._refuse_one_pin(group, named)
            for name in named:
                apart.setdefault(name, set()).update(set(named) - {name})
        return apart

    def _refuse_one_pin(self, group: frozenset[str], named: Sequence[str]) -> None:
        pinned = [self.pins[name] for name in named if name in self.pins]
        if len(set(pinned)) < len(pinned):
            raise Contradiction(f"{', '.join(sorted(group))} are to be apart, but two are pinned to one shard.")

    def _named(self, tenant: str) -> str:
        if tenant not in self._unit_of:
            raise Contradiction(f"There is no tenant {tenant} in this fleet.")
        return self._unit_of[tenant]
