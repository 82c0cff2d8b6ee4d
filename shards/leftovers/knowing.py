"""Collects what the console knows about the things that a shard told of."""

from collections.abc import Iterable
from dataclasses import replace

from metrics.contract import Snapshot
from shards.leftovers.known import Known, known
from shards.leftovers.queries import MOST
from shards.leftovers.traces import LeftoversFacts, RowsFacts
from shards.marks import mark_of
from shards.placement.facts import TenantsFacts
from shards.placement.selectors import placed_elsewhere
from shards.replication.own_slots import slots_seen


def known_of_things(
    facts: LeftoversFacts, shard: str, snapshot: Snapshot, slots: frozenset[str] | None = None
) -> Known:
    """`slots`: what Patroni says of them now; without it, what it said last."""
    return known(
        operations_named(facts), (), slots if slots is not None else slots_seen(snapshot, shard), readers(snapshot)
    )


def known_of_rows(facts: RowsFacts) -> Known:
    named = {one.tenant_id for one in facts.homeless} | {one.tenant_id for one in facts.schemas}
    return known((), named, None, {})


def strays(facts: TenantsFacts, shard: str) -> tuple[TenantsFacts, Known]:
    """Those of the tenants that are not placed on the shard, and where they are: a shard may list 100,000."""
    elsewhere = placed_elsewhere(shard, [one.tenant_id for one in facts.tenants])
    few = tuple(one for one in facts.tenants if one.tenant_id in elsewhere)[:MOST]
    known_here = known((), [one.tenant_id for one in few], None, {})
    return facts.model_copy(update={"tenants": few}), replace(known_here, placed=elsewhere)


def operations_named(facts: LeftoversFacts) -> set[int]:
    """By comments, names and fences."""
    named: list[tuple[str, str]] = [
        *((one.name, "") for one in facts.slots),
        *((one.stream, "") for one in facts.arrivals),
        *((one.gid, "") for one in facts.prepared),
        *((one.name, one.comment) for one in facts.publications),
        *((one.name, one.comment) for one in facts.subscriptions),
        *((one.name, one.comment) for one in facts.indexes),
        *((one.name, one.comment) for one in facts.tables),
    ]
    marks = (mark_of(name, comment) for name, comment in named)
    return {mark.operation for mark in marks if mark} | {one.operation for one in facts.fences}


def readers(snapshot: Snapshot) -> dict[str, str]:
    """By slot: the subscription, of any shard, that is made to read from a slot of that name."""
    return dict(_readers(snapshot))


def _readers(snapshot: Snapshot) -> Iterable[tuple[str, str]]:
    for seen, facts in snapshot.facts(LeftoversFacts):
        for one in facts.subscriptions:
            if one.slot:
                yield one.slot, f"Subscription {one.name} of {one.database} on {seen.server.shard}"
