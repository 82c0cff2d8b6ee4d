"""A rebalance in words. Pure."""

from shards.rebalancing.answer import Move, ShardShare, Why
from shards.rebalancing.choosing import Chosen
from shards.rebalancing.units import Unit


def percent(part: float) -> str:
    return f"{abs(part) * 100:.1f} %"


def move_of(one: Chosen, over: str) -> list[Move]:
    """One for each tenant of the unit that is elsewhere now. `over` is by how much the source was too full."""
    return [
        Move(part.tenant_id, part.shard, one.target, part.bytes, part.cost, one.why, _why(one, part.shard, over))
        for part in one.parts
    ]


def too_full(share: ShardShare, largest: Unit | None) -> str:
    sentence = f"{share.name} stays {percent(share.over)} above its share: nothing else on it may move."
    if largest and largest.cost > share.fair:
        times = largest.cost / share.fair
        return f"{sentence} {largest.name} alone is {times:.1f} times that share: give it a shard of its own."
    return sentence


def _why(one: Chosen, source: str, over: str) -> str:
    others = [part.tenant_id for part in one.unit.parts]
    company = f" It moves together with {len(others) - 1} others ({others[0]}, ...)." if len(others) > 1 else ""
    return _REASONS[one.why].format(source=source, target=one.target, over=over, room=percent(one.room)) + company


_REASONS = {
    Why.LEAVING: "{source} is to carry nothing any more; {target} had room for {room} of the fleet's load.",
    Why.PINNED: "It is pinned to {target}.",
    Why.APART: "It is kept apart from another tenant that is on {source} too.",
    Why.TOGETHER: "It is kept together with tenants of which most bytes are on {target}.",
    Why.OVER: "{source} carries {over} more than its share; {target} had room for {room} of the fleet's load.",
}
