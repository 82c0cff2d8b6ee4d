"""The step after the leader changed: redundancy is back, and every pool answers from the new leader."""

import time
from collections.abc import Iterator

from novaops.operations.contract import PermanentProblem, StepContext
from shards.clients.patroni_replies import Cluster
from shards.clients.pgbouncer import PgBouncer
from shards.exceptions import ShardError
from shards.pools.pausing import measured, records
from shards.pools.pausing.services import end
from shards.replication.switchover.leading import other_answers
from shards.replication.switchover.order import Order, Situation, pause, postmaster, situation, through_pool
from shards.replication.switchover.places import Places

SETTLE_SECONDS = 180.0
RECONNECT_EVERY = 5.0


def settle(context: StepContext) -> str:
    """Waits until the shard is as redundant as before and its pools answer from the new leader."""
    order = Order.of(context)
    places = Places.of(order)
    _resume_what_a_killed_worker_paused(context)
    started = time.monotonic()
    missing: tuple[str, ...] = ("nothing was read yet",)
    reconnected_at = started
    while (elapsed := time.monotonic() - started) < SETTLE_SECONDS:
        missing = tuple(unsettled(places, places.cluster()))
        if not missing:
            return _settled_outcome(context, places, elapsed)
        context.progress(int(elapsed), None, f"Waits: {missing[0]}")
        if time.monotonic() - reconnected_at > RECONNECT_EVERY:
            reconnected_at = time.monotonic()
            _reconnect(context, places)
        pause()
    open_points = "; ".join(missing)
    raise PermanentProblem(f"{order.candidate} leads {order.shard}, but after {SETTLE_SECONDS:.0f} s: {open_points}.")


def _settled_outcome(context: StepContext, places: Places, elapsed: float) -> str:
    order = places.order
    roads = " and ".join(["the pools"] * bool(places.pools) + ["the address"] * bool(places.address))
    answer = f", and {roads} {'answers' if roads == 'the address' else 'answer'} from it" if roads else ""
    said = f"{order.leader} follows {order.candidate}{answer}, after {elapsed:.0f} s."
    longest = measured.longest_of(context.operation_id)
    return f"{said} Writes had waited for {longest:.2f} s." if longest is not None else said


def _resume_what_a_killed_worker_paused(context: StepContext) -> None:
    for one in records.of_operation(context.operation_id):
        try:
            context.log(end(context, one.pk))
        except ShardError as problem:
            context.log(f"{one} is not resumed yet; a guard does it at the end of its pause. {problem}")


def unsettled(places: Places, cluster: Cluster | None) -> Iterator[str]:
    """What is still missing, as clauses."""
    order = places.order
    if cluster is None or situation(cluster, order) is not Situation.DONE:
        yield f"{order.candidate} does not lead"
        return
    yield from _not_following(order, cluster)
    if order.synchronous_mode and not any(one.synchronous and one.healthy for one in cluster.members):
        yield "there is no synchronous standby yet"
    yield from _pools_elsewhere(places)
    if places.address and (missing := other_answers(places, places.address)):
        yield missing


def _not_following(order: Order, cluster: Cluster) -> Iterator[str]:
    old, leader = cluster.member(order.leader), cluster.leader
    if old is None:
        yield f"{order.leader} is not back in the cluster"
    elif not old.healthy:
        yield f"{order.leader} is {old.state}"
    elif leader and (old.timeline != leader.timeline or old.lag_bytes is None):
        yield f"{order.leader} does not stream from {order.candidate} yet"


def _pools_elsewhere(places: Places) -> Iterator[str]:
    for pool in places.pools:
        try:
            behind = postmaster(*through_pool(pool, places.candidate))
            if behind != postmaster(places.candidate):
                yield f"{pool.name} still leads to another server"
        except ShardError as problem:
            yield f"{pool.name} does not answer for {places.order.candidate}: {str(problem).rstrip('.')}"


def _reconnect(context: StepContext, places: Places) -> None:
    """A pool whose host stays the same (a name, a virtual address) may keep connections to who answered before."""
    for pool in places.pools:
        database = pool.options.get("primary", "primary")
        try:
            if postmaster(*through_pool(pool, places.candidate)) != postmaster(places.candidate):
                context.hold()
                PgBouncer(pool).reconnect(database)
        except ShardError as problem:
            context.log(f"RECONNECT of {database} of {pool.name}: {problem}")
