"""Plans a rebalance. Pure and deterministic: the same values give the same plan, in whatever order they come.

First what has to be (pins, what is kept together, shards that are being emptied, what is kept apart), then from each
shard that is too full the fewest bytes that relieve it. A unit never moves twice."""

from collections.abc import Sequence

from shards.rebalancing.answer import Move, Rebalance, ShardShare, Why
from shards.rebalancing.board import Board
from shards.rebalancing.choosing import Chosen
from shards.rebalancing.cover import EPSILON, cover
from shards.rebalancing.facts import Opens, ShardLoad, TenantLoad, Wishes
from shards.rebalancing.problems import Contradiction
from shards.rebalancing.rules import Rules
from shards.rebalancing.saying import move_of, percent, too_full
from shards.rebalancing.units import Unit, units


def plan(shards: Sequence[ShardLoad], tenants: Sequence[TenantLoad], wishes: Wishes) -> Rebalance:
    """Raises Contradiction when the wishes exclude each other or name what is not there."""
    known = {shard.name: shard for shard in sorted(shards, key=lambda shard: shard.name)}
    for tenant in tenants:
        if tenant.shard not in known:
            raise Contradiction(f"{tenant.tenant_id} is on {tenant.shard}, which is no shard of this fleet.")
    moving = units(tenants, wishes.together, wishes.mix)
    return _Planner(Board(known, moving, Rules(moving, known, wishes), wishes)).planned()


class _Planner:
    def __init__(self, board: Board) -> None:
        self.board, self.wishes = board, board.wishes
        self.chosen: dict[str, Chosen] = {}
        self.notes: list[str] = []

    def planned(self) -> Rebalance:
        self._what_has_to_be()
        for shard in self._too_full():
            self._relieve(shard)
        kept = self._within_limits()
        moved = {one.unit.name: one.target for one in kept}
        before, after = self.board.shares({}), self.board.shares(moved)
        self._say_what_stays_too_full(after, moved)
        return Rebalance(tuple(_moves(kept, before)), before, after, tuple(self.notes))

    def _what_has_to_be(self) -> None:
        """The heavy ones first, while there is room for them."""
        for unit in sorted(self.board.units, key=lambda unit: (-unit.cost, unit.name)):
            pinned = self.board.rules.pins.get(unit.name)
            split = any(part.shard != unit.home for part in unit.parts)
            if pinned and (split or pinned != unit.home):
                self._take(unit, pinned, Why.PINNED)
            elif self.board.shards[unit.home].leaves:
                self._send_away(unit, Why.LEAVING)
            elif split:
                self._gather(unit)
        for unit in sorted(self.board.units, key=lambda unit: (unit.bytes, unit.name)):
            if self._crowded(unit) and unit.name not in self.chosen and unit.name not in self.board.rules.pins:
                self._send_away(unit, Why.APART)

    def _gather(self, unit: Unit) -> None:
        """To where most of it is, if that is no shard that may not take the rest."""
        if self.board.shards[unit.home].takes:
            self._take(unit, unit.home, Why.TOGETHER)
        else:
            self._send_away(unit, Why.TOGETHER)

    def _crowded(self, unit: Unit) -> bool:
        return bool(self.board.on[self.board.place[unit.name]].intersection(self.board.rules.apart_from(unit)))

    def _send_away(self, unit: Unit, why: Why) -> None:
        closed = [part.shard for part in unit.parts if self.board.shards[part.shard].opens is Opens.CLOSED]
        target = None if closed else self.board.roomiest(unit, within=True) or self.board.roomiest(unit, within=False)
        if target:
            self._take(unit, target, why)
        else:
            cause = f"{closed[0]} is closed" if closed else "no shard that takes tenants may have it"
            self.notes.append(f"{unit.name} has to leave {unit.home}, but {cause}.")

    def _take(self, unit: Unit, target: str, why: Why) -> None:
        self.chosen[unit.name] = Chosen(unit, unit.home, target, why, self.board.room(target))
        self.board.put(unit, target)

    def _too_full(self) -> list[str]:
        """The fullest first."""
        full = [name for name, shard in self.board.shards.items() if shard.takes and self.board.room(name) < -EPSILON]
        return sorted(full, key=lambda name: (self.board.room(name), name))

    def _relieve(self, shard: str) -> None:
        """Until it is not too full any more, or nothing on it fits anywhere else."""
        stuck: set[str] = set()
        while (excess := -self.board.room(shard)) > EPSILON:
            largest = self.board.largest_room()
            leaving = cover([unit for unit in self._movable(shard, stuck) if unit.cost <= largest + EPSILON], excess)
            if not leaving:
                return
            for unit in sorted(leaving, key=lambda unit: (-unit.cost, unit.name)):
                target = self.board.roomiest(unit, within=True)
                if target:
                    self._take(unit, target, Why.OVER)
                else:
                    stuck.add(unit.name)

    def _movable(self, shard: str, stuck: set[str]) -> list[Unit]:
        names = self.board.on[shard] - stuck - self.chosen.keys() - self.board.rules.pins.keys()
        return [self.board.unit(name) for name in sorted(names)]

    def _within_limits(self) -> list[Chosen]:
        """In the order in which they should be carried out; the least useful ones beyond the limits are left out."""
        kept, left, moves, size = list[Chosen](), 0, 0, 0
        for one in sorted(self.chosen.values(), key=Chosen.urgency):
            more, larger = one.moves, one.bytes
            fits = self.wishes.most_moves is None or moves + more <= self.wishes.most_moves
            if fits and (self.wishes.most_bytes is None or size + larger <= self.wishes.most_bytes):
                kept.append(one)
                moves, size = moves + more, size + larger
            else:
                left += more
        if left:
            self.notes.append(f"{left:,} more moves would follow: the limit leaves them out.")
        return kept

    def _say_what_stays_too_full(self, after: Sequence[ShardShare], moved: dict[str, str]) -> None:
        for share in after:
            if share.fair and share.over > self.wishes.skew + 1e-9:
                on_it = [unit for unit in self.board.units if moved.get(unit.name, unit.home) == share.name]
                self.notes.append(too_full(share, max(on_it, key=lambda unit: (unit.cost, unit.name), default=None)))


def _moves(kept: Sequence[Chosen], before: Sequence[ShardShare]) -> Sequence[Move]:
    full = {share.name: share.over for share in before}
    return [move for one in kept for move in move_of(one, percent(full[one.source]))]
