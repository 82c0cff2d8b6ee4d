"""The fleet while it is being planned: where each unit is by now, what each shard carries, and who has room."""

import heapq
from collections.abc import Iterator, Mapping, Sequence

from shards.rebalancing.answer import ShardShare
from shards.rebalancing.cover import EPSILON
from shards.rebalancing.facts import Opens, ShardLoad, Wishes
from shards.rebalancing.rules import Rules
from shards.rebalancing.units import Unit


class Board:
    """Changes only by `put`."""

    def __init__(self, shards: Mapping[str, ShardLoad], units: Sequence[Unit], rules: Rules, wishes: Wishes) -> None:
        self.shards, self.units, self.rules, self.wishes = shards, units, rules, wishes
        self._named = {unit.name: unit for unit in units}
        self.load = dict.fromkeys(shards, 0.0)
        self.on: dict[str, set[str]] = {name: set() for name in shards}
        self.place = {unit.name: unit.home for unit in units}
        self._free = {name: self._usable(shard) for name, shard in shards.items()}
        for unit in units:
            self.on[unit.home].add(unit.name)
            for part in unit.parts:
                self.load[part.shard] += part.cost
        self._put: set[str] = set()
        self._taking = frozenset(name for name, shard in shards.items() if shard.takes)
        self.fair = self._fair()
        self._heap: list[tuple[float, str]] = []
        for name in sorted(shards):
            self._offer(name)

    def unit(self, name: str) -> Unit:
        return self._named[name]

    def most(self, shard: str) -> float:
        """What it may carry."""
        return self.fair[shard] * (1 + self.wishes.skew)

    def room(self, shard: str) -> float:
        return self.most(shard) - self.load[shard]

    def largest_room(self) -> float:
        return next((self.room(name) for name in self._by_room()), 0.0)

    def put(self, unit: Unit, target: str) -> None:
        """All of it is on `target` from now on."""
        for part in unit.parts:
            at = self.place[unit.name] if unit.name in self._put else part.shard
            self.load[at] -= part.cost
            self.load[target] += part.cost
            self._offer(at)
        self._free[target] -= unit.bytes_to(target)
        self.on[self.place[unit.name]].discard(unit.name)
        self.on[target].add(unit.name)
        self.place[unit.name] = target
        self._put.add(unit.name)
        self._offer(target)

    def roomiest(self, unit: Unit, within: bool) -> str | None:
        """The shard with the most room, of those that may have the unit; with `within`, only if that is enough."""
        for name in self._by_room():
            if within and unit.cost > self.room(name) + EPSILON:
                return None
            if self.may_have(unit, name):
                return name
        return None

    def may_have(self, unit: Unit, shard: str) -> bool:
        if shard == self.place[unit.name] or unit.bytes_to(shard) > self._free[shard]:
            return False
        return not self.on[shard].intersection(self.rules.apart_from(unit))

    def shares(self, moved: Mapping[str, str]) -> tuple[ShardShare, ...]:
        """The shards when each unit in `moved` is on the shard that is named there, and every other where it was."""
        load, count = dict.fromkeys(self.shards, 0.0), dict.fromkeys(self.shards, 0)
        size = dict.fromkeys(self.shards, 0)
        for unit in self.units:
            for part in unit.parts:
                at = moved.get(unit.name, part.shard)
                load[at] += part.cost
                size[at] += part.bytes
                count[at] += 1
        return tuple(
            ShardShare(name, self.fair[name], load[name], count[name], size[name]) for name in sorted(self.shards)
        )

    def _usable(self, shard: ShardLoad) -> float:
        return float("inf") if shard.free_bytes is None else shard.free_bytes * (1 - self.wishes.headroom)

    def _offer(self, shard: str) -> None:
        if shard in self._taking:
            heapq.heappush(self._heap, (-self.room(shard), shard))

    def _by_room(self) -> Iterator[str]:
        """The most room first. What was offered with another room than it has now is forgotten on the way."""
        passed: list[tuple[float, str]] = []
        seen: set[str] = set()
        try:
            while self._heap:
                entry = heapq.heappop(self._heap)
                room, name = entry
                if name in seen or -room != self.room(name):
                    continue
                seen.add(name)
                passed.append(entry)
                yield name
        finally:
            for entry in passed:
                heapq.heappush(self._heap, entry)

    def _fair(self) -> dict[str, float]:
        """What is on closed shards stays there: the others share the rest by their weights."""
        closed = sum(self.load[name] for name, shard in self.shards.items() if shard.opens is Opens.CLOSED)
        weights = sum(self.shards[name].weight for name in self._taking)
        movable = sum(self.load.values()) - closed
        return {
            name: movable * shard.weight / weights if name in self._taking else 0.0
            for name, shard in self.shards.items()
        }
