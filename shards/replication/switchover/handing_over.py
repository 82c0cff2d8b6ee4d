"""The step in which the leader changes while clients wait: pause, ask Patroni, go on.

Patroni knows no fencing tokens, and needs none: the request names the leader that is to hand over, so that one that is
sent late, by a worker that was replaced, is refused once that leader does not lead. Nothing is taken back: a leader
that changed changes back only by a switchover of its own, with its own checks. The pools are resumed by this worker,
or, when it dies, by the guard that took the pause on."""

import time
from concurrent.futures import Future

from django.db import DatabaseError, InterfaceError

from novaops.operations.contract import PermanentProblem, StepContext
from shards.clients.patroni_replies import Cluster
from shards.exceptions import Refused
from shards.pools.pausing.services import ask_all, end_all
from shards.replication.switchover import checkpointing
from shards.replication.switchover.asking import Asking
from shards.replication.switchover.going_on import GoingOn
from shards.replication.switchover.order import Order, Situation
from shards.replication.switchover.places import Places

SWITCH_SECONDS = 120.0
POLL_SECONDS = 0.2
GAVE_UP = (
    "Patroni's log on {leader} says why: mostly the candidate did not answer it at that moment, or was not in the "
    "synchronous set yet. Look whether it runs, and plan again."
)


def leads_already(context: StepContext) -> bool:
    places = Places.of(Order.of(context))
    return places.situation(places.cluster()) is Situation.DONE


def switch_over(context: StepContext) -> str:
    """Believes only the cluster: a refusal, a lost answer or a 503 is not the outcome."""
    places = Places.of(Order.of(context))
    apis, wanted = places.apis(), places.wanted()
    if not apis:
        raise PermanentProblem(f"No member of {places.order.shard} answers Patroni's API: nothing was asked.")
    checkpointing.write(places.leader)
    pauses = ask_all(context, wanted, places.order.pause_seconds) if wanted else []
    began, going_on = time.monotonic(), GoingOn(places, wanted)
    try:
        context.hold()
        going_on.start()
        with Asking(places.order, apis) as asking:
            outcome = _follow(context, places, asking, going_on)
    finally:
        going_on.stop()
        end_all(context, list(zip(wanted, pauses, strict=True)))
    return " ".join([outcome, *waited(began, going_on), *going_on.notes])


def _follow(context: StepContext, places: Places, asking: Asking, going_on: GoingOn) -> str:
    started = time.monotonic()
    unchanged_since: float | None = None
    while (elapsed := time.monotonic() - started) < SWITCH_SECONDS:
        cluster = places.cluster()
        now = places.situation(cluster)
        _tell(context, elapsed, now, going_on)
        if now is Situation.DONE and going_on.over.wait(POLL_SECONDS):
            return _success(places.order, started, going_on)
        unchanged_since = (unchanged_since or elapsed) if now is Situation.UNCHANGED else None
        if now is Situation.UNCHANGED:
            asking.again(elapsed)
        unchanged_for = elapsed - unchanged_since if unchanged_since else 0.0
        _stop_when_it_failed(places.order, cluster, now, asking.answer, unchanged_for)
        going_on.over.wait(POLL_SECONDS)
    raise PermanentProblem(_unknown(places.order, places.cluster(), asking.answer))


def _tell(context: StepContext, elapsed: float, now: Situation, going_on: GoingOn) -> None:
    """A control database that is away does not end what is under way: clients wait for its end."""
    try:
        context.progress(int(elapsed), None, f"{elapsed:.0f} s: {now.value}")
    except (DatabaseError, InterfaceError):
        if going_on.over.is_set():
            raise


def _success(order: Order, started: float, going_on: GoingOn) -> str:
    seconds = (going_on.writes_at or time.monotonic()) - started
    return f"{order.candidate} leads {order.shard}, {seconds:.1f} s after Patroni was asked."


def waited(began: float, going_on: GoingOn) -> list[str]:
    if not going_on.wanted or going_on.resumed_at is None:
        return []
    seconds, limit = going_on.resumed_at - began, going_on.places.order.pause_seconds
    if seconds > limit:
        return [f"Writes waited for {limit:g} s; then a guard let them through, before the new leader wrote."]
    return [f"Writes waited for {seconds:.2f} s."]


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
        raise PermanentProblem(f"{stays} {said(answer)} {GAVE_UP.format(leader=order.leader)}")


def said(answer: Future[str]) -> str:
    """Patroni's own words."""
    if not answer.done():
        return "Patroni has not answered yet."
    problem = answer.exception()
    return str(problem) if problem else f"Patroni said: {answer.result()}"


def _unknown(order: Order, cluster: Cluster | None, answer: Future[str]) -> str:
    leader = cluster.leader.name if cluster and cluster.leader else "nobody"
    return f"After {SWITCH_SECONDS:.0f} s {leader} leads {order.shard}: look at its members. {said(answer)}"
