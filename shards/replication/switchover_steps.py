"""How a switchover is carried out: checkpoint, switch over, settle. Each step asks the live cluster what is true.

Patroni knows no fencing tokens, and needs none: the request names the leader that is to hand over, so that one that is
sent late, by a worker that was replaced, is refused once that leader does not lead. Nothing is taken back: a checkpoint
leaves nothing behind, and a leader that changed changes back only by a switchover of its own, with its own checks."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from novaops.operations.contract import PermanentProblem, Step, StepContext
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster
from shards.clients.postgres import sessions
from shards.exceptions import Refused, ShardError
from shards.replication.switchover_order import (
    Order,
    Situation,
    member,
    members,
    pause,
    postmaster,
    read_cluster,
    situation,
    through_pool,
)
from shards.replication.switchover_plan import CHECKPOINT, SETTLE, SWITCH

CHECKPOINT_SECONDS = 60.0
SWITCH_SECONDS = 120.0
SETTLE_SECONDS = 180.0


def checkpoint(context: StepContext) -> str:
    """A courtesy: without it the old leader's shutdown checkpoint takes longer, and nothing else is lost."""
    order = Order.of(context)
    started = time.monotonic()
    context.hold()
    try:
        with sessions.open(member("postgres", order, order.leader), CHECKPOINT_SECONDS) as session:
            session.execute("CHECKPOINT")
    except ShardError as problem:
        context.log(f"CHECKPOINT on {order.leader}: {problem}")
        return f"No checkpoint on {order.leader}: {problem} The switchover goes on without it."
    return f"{order.leader} wrote a checkpoint in {time.monotonic() - started:.1f} s."


def leads_already(context: StepContext) -> bool:
    order = Order.of(context)
    return situation(read_cluster(order), order) is Situation.DONE


def switch_over(context: StepContext) -> str:
    """Asks once, and believes only the cluster: a refusal, a lost answer or a 503 is not the outcome."""
    order = Order.of(context)
    api = Patroni(member("patroni", order, order.leader))
    context.hold()
    with _background() as asking:
        answer = asking.submit(api.switchover, order.leader, order.candidate)
        return _follow(context, order, answer)


class _background(ThreadPoolExecutor):
    """One thread that is not waited for: Patroni may hold its answer back for longer than the switchover takes."""

    def __init__(self) -> None:
        super().__init__(max_workers=1, thread_name_prefix="switchover")

    def __exit__(self, *raised: object) -> None:
        self.shutdown(wait=False)


def _follow(context: StepContext, order: Order, answer: Future[str]) -> str:
    started = time.monotonic()
    unchanged_since: float | None = None
    while (elapsed := time.monotonic() - started) < SWITCH_SECONDS:
        cluster = read_cluster(order)
        now = situation(cluster, order)
        context.progress(int(elapsed), None, f"{elapsed:.0f} s: {now.value}")
        if now is Situation.DONE:
            return _success(order, cluster, elapsed)
        unchanged_since = (unchanged_since or elapsed) if now is Situation.UNCHANGED else None
        _stop_when_it_failed(order, cluster, now, answer, elapsed - unchanged_since if unchanged_since else 0.0)
        pause()
    raise PermanentProblem(_unknown(order, read_cluster(order), answer))


def _success(order: Order, cluster: Cluster | None, elapsed: float) -> str:
    leader = cluster.leader if cluster else None
    timeline = leader.timeline if leader else None
    return f"{order.candidate} leads {order.shard} on timeline {timeline}, {elapsed:.1f} s after Patroni was asked."


def _stop_when_it_failed(
    order: Order, cluster: Cluster | None, now: Situation, answer: Future[str], unchanged_for: float
) -> None:
    if now is Situation.ELSEWHERE:
        other = cluster.leader.name if cluster and cluster.leader else "another member"
        raise PermanentProblem(f"{other} leads {order.shard} now, not {order.candidate}. {said(answer)}")
    if now is not Situation.UNCHANGED or not answer.done():
        return
    if isinstance(answer.exception(), Refused):
        raise PermanentProblem(f"Patroni refused, and {order.leader} still leads {order.shard}. {said(answer)}")
    if unchanged_for > order.patience_seconds:
        stays = f"{order.leader} still leads {order.shard}, for {unchanged_for:.0f} s after Patroni was asked."
        raise PermanentProblem(f"{stays} {said(answer)}")


def said(answer: Future[str]) -> str:
    """Patroni's own words."""
    if not answer.done():
        return "Patroni has not answered yet."
    problem = answer.exception()
    return str(problem) if problem else f"Patroni said: {answer.result()}"


def _unknown(order: Order, cluster: Cluster | None, answer: Future[str]) -> str:
    leader = cluster.leader.name if cluster and cluster.leader else "nobody"
    return f"After {SWITCH_SECONDS:.0f} s {leader} leads {order.shard}: look at its members. {said(answer)}"


def settle(context: StepContext) -> str:
    """Waits until the shard is as redundant as before and its pools answer from the new leader."""
    order = Order.of(context)
    started = time.monotonic()
    missing: tuple[str, ...] = ("nothing was read yet",)
    while (elapsed := time.monotonic() - started) < SETTLE_SECONDS:
        missing = tuple(unsettled(order, read_cluster(order)))
        if not missing:
            return f"{order.leader} follows {order.candidate}, and the pools answer from it, after {elapsed:.0f} s."
        context.progress(int(elapsed), None, f"Waits: {missing[0]}")
        pause()
    open_points = "; ".join(missing)
    raise PermanentProblem(f"{order.candidate} leads {order.shard}, but after {SETTLE_SECONDS:.0f} s: {open_points}.")


def settled(context: StepContext) -> bool:
    order = Order.of(context)
    return not any(unsettled(order, read_cluster(order)))


def unsettled(order: Order, cluster: Cluster | None) -> Iterator[str]:
    """What is still missing, as clauses."""
    if cluster is None or situation(cluster, order) is not Situation.DONE:
        yield f"{order.candidate} does not lead"
        return
    yield from _not_following(order, cluster)
    if order.synchronous_mode and not any(one.synchronous and one.healthy for one in cluster.members):
        yield "there is no synchronous standby yet"
    yield from _pools_elsewhere(order)


def _not_following(order: Order, cluster: Cluster) -> Iterator[str]:
    old, leader = cluster.member(order.leader), cluster.leader
    if old is None:
        yield f"{order.leader} is not back in the cluster"
    elif not old.healthy:
        yield f"{order.leader} is {old.state}"
    elif leader and (old.timeline != leader.timeline or old.lag_bytes is None):
        yield f"{order.leader} does not stream from {order.candidate} yet"


def _pools_elsewhere(order: Order) -> Iterator[str]:
    candidate = member("postgres", order, order.candidate)
    for pool in members("pgbouncer", order.shard):
        try:
            behind = postmaster(*through_pool(pool, candidate))
            if behind != postmaster(candidate):
                yield f"{pool.name} still leads to another server"
        except ShardError as problem:
            yield f"{pool.name} does not answer for {order.candidate}: {str(problem).rstrip('.')}"


STEPS: Mapping[str, Step] = {
    CHECKPOINT: Step(run=checkpoint, timeout_seconds=CHECKPOINT_SECONDS + 10, attempts=1),
    SWITCH: Step(
        run=switch_over,
        done=leads_already,
        timeout_seconds=SWITCH_SECONDS + 30,
        attempts=1,
        cancellable=False,
    ),
    SETTLE: Step(run=settle, done=settled, timeout_seconds=SETTLE_SECONDS + 30, attempts=1, cancellable=False),
}
