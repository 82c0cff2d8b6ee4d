"""Two plans with one shard in their middle: everything leaves it, or everything that moves comes to it. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from shards.rebalancing.answer import Move, Rebalance, ShardShare
from shards.rebalancing.facts import Opens, ShardLoad, TenantLoad, Wishes
from shards.rebalancing.planner import plan


def drained(shards: Sequence[ShardLoad], tenants: Sequence[TenantLoad], wishes: Wishes, shard: str) -> Rebalance:
    """All others stay where they are. Raises Contradiction."""
    opened = [replace(one, opens=Opens.OUT_ONLY if one.name == shard else _others(one.opens)) for one in shards]
    open_ones = {one.name for one in opened if one.opens is Opens.BOTH_WAYS}
    stay = {one.tenant_id: one.shard for one in tenants if one.shard in open_ones}
    pins = {**stay, **{tenant: at for tenant, at in wishes.pins.items() if tenant not in stay}}
    return plan(opened, tenants, replace(wishes, pins=pins))


def filled(shards: Sequence[ShardLoad], tenants: Sequence[TenantLoad], wishes: Wishes, shard: str) -> Rebalance:
    """As if it took tenants already; only what would come to it moves. Raises Contradiction."""
    opened = [replace(one, opens=Opens.BOTH_WAYS) if one.name == shard else one for one in shards]
    whole = plan(opened, tenants, wishes)
    moves = tuple(move for move in whole.moves if move.target == shard)
    return replace(whole, moves=moves, after=after(opened, tenants, wishes, moves))


def after(
    shards: Sequence[ShardLoad], tenants: Sequence[TenantLoad], wishes: Wishes, moves: Sequence[Move]
) -> tuple[ShardShare, ...]:
    """The shares once these moves are made."""
    goes = {move.tenant_id: move.target for move in moves}
    moved = [replace(one, shard=goes.get(one.tenant_id, one.shard)) for one in tenants]
    return shares(shards, moved, wishes)


def shares(shards: Sequence[ShardLoad], tenants: Sequence[TenantLoad], wishes: Wishes) -> tuple[ShardShare, ...]:
    """What each shard carries now, of what it should."""
    return plan(shards, tenants, Wishes(mix=wishes.mix, most_moves=0)).before


def _others(opens: Opens) -> Opens:
    """One that is being emptied by somebody else neither gives nor takes here."""
    return opens if opens is Opens.BOTH_WAYS else Opens.CLOSED
