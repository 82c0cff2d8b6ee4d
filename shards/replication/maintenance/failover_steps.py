"""How a failover is carried out: asked once, then polled until it is known who leads.

The request leaves a key in the DCS that Patroni acts on, and removes when somebody leads; asking again repeats it."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future

from pydantic import BaseModel, ConfigDict

from novaops.inventory.selectors import leader_address
from novaops.inventory.targets import Target
from novaops.operations.contract import PermanentProblem, Step, StepContext
from shards.clients.patroni import Patroni
from shards.exceptions import ShardError
from shards.replication.maintenance import live
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.waiting import LOOK_SECONDS, ask, refused, said, wait_until
from shards.replication.switchover.order import answers_at, members, postmaster, through_pool

FAIL_OVER, SETTLE = "fail-over", "settle"
LONGEST_SECONDS = 600.0
SETTLE_SECONDS = 120.0


class FailoverOrder(BaseModel):
    """`former` is the healthy leader whose role is taken away, if any; `timeline` the newest that was known."""

    model_config = ConfigDict(frozen=True)

    shard: str
    candidate: str
    former: str
    timeline: int
    forced: bool
    patience_seconds: float

    @classmethod
    def of(cls, context: StepContext) -> "FailoverOrder":
        return cls.model_validate(dict(context.arguments))


def leads(context: StepContext) -> bool:
    order = FailoverOrder.of(context)
    return _leads(live.read(order.shard), order)


def _leads(facts: ClusterFacts, order: FailoverOrder) -> bool:
    leader = facts.healthy_leader
    if leader is None or leader.name != order.candidate:
        return False
    own = facts.word(leader.name).status
    return own.role.leads and (own.timeline or leader.timeline or 0) > order.timeline


def fail_over(context: StepContext) -> str:
    order = FailoverOrder.of(context)
    _stop_when_another_leads(live.read(order.shard), order, None)
    api = Patroni(live.target("patroni", order.shard, order.candidate))
    context.hold()
    return _follow(context, order, ask(lambda: api.failover(order.candidate)))


def _follow(context: StepContext, order: FailoverOrder, answer: Future[str]) -> str:
    began = time.monotonic()
    while (elapsed := time.monotonic() - began) < min(order.patience_seconds, LONGEST_SECONDS):
        facts = live.read(order.shard)
        if _leads(facts, order):
            own = facts.word(order.candidate).status.timeline
            return f"{order.candidate} leads {order.shard} on timeline {own}, {elapsed:.1f} s after Patroni was asked."
        _stop_when_another_leads(facts, order, answer)
        if refused(answer):
            raise PermanentProblem(f"Patroni refused to make {order.candidate} the leader. {said(answer)}")
        context.progress(int(elapsed), None, f"{elapsed:.0f} s: {_now(facts)}. {said(answer)}")
        time.sleep(LOOK_SECONDS)
    stays = "Its request stays in the DCS until somebody leads: Patroni may still carry it out."
    found = _now(live.read(order.shard))
    raise PermanentProblem(f"{order.candidate} does not lead after {elapsed:.0f} s: {found}. {said(answer)} {stays}")


def _stop_when_another_leads(facts: ClusterFacts, order: FailoverOrder, answer: Future[str] | None) -> None:
    leader = facts.healthy_leader
    if leader and leader.name not in (order.candidate, order.former):
        raise PermanentProblem(f"{leader.name} leads {order.shard} now, not {order.candidate}. {said(answer)}")


def _now(facts: ClusterFacts) -> str:
    if facts.problem:
        return facts.problem.rstrip(".")
    if facts.healthy_leader:
        return f"{facts.healthy_leader.name} leads"
    return f"{facts.leader.name} holds the leader key and does not answer" if facts.leader else "nobody leads"


def settle(context: StepContext) -> str:
    order = FailoverOrder.of(context)
    took = wait_until(context, SETTLE_SECONDS, lambda: next(unsettled(order), ""))
    away = [one.name for one in live.read(order.shard).cluster.members if not one.healthy]
    rest = f" {', '.join(away)} {'does' if len(away) == 1 else 'do'} not follow yet." if away else ""
    return f"Clients reach {order.candidate}, after {took:.0f} s.{rest}"


def unsettled(order: FailoverOrder) -> Iterator[str]:
    if not _leads(live.read(order.shard), order):
        yield f"{order.candidate} does not lead."
        return
    candidate = live.target("postgres", order.shard, order.candidate)
    for pool in members("pgbouncer", order.shard):
        try:
            if postmaster(*through_pool(pool, candidate)) != postmaster(candidate):
                yield f"{pool.name} still leads to another server."
        except ShardError as problem:
            if "Nothing listens" not in str(problem):  # else no client waits for it either
                yield f"{pool.name} does not answer for {order.candidate}: {problem}"
    yield from _address_elsewhere(order, candidate)


def _address_elsewhere(order: FailoverOrder, candidate: Target) -> Iterator[str]:
    address = leader_address(order.shard)
    try:
        if address and answers_at(address) != postmaster(candidate):
            yield f"{address.name} still leads to another server."
    except ShardError as problem:
        yield f"{order.shard}'s address does not answer for {order.candidate}: {problem}"


STEPS: Mapping[str, Step] = {
    FAIL_OVER: Step(run=fail_over, done=leads, timeout_seconds=LONGEST_SECONDS + 30, attempts=1, cancellable=False),
    SETTLE: Step(run=settle, timeout_seconds=SETTLE_SECONDS + 30, attempts=1, cancellable=False),
}
