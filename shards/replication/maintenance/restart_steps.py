"""How a member is restarted. What tells that it was: the postmaster started later than when it was planned."""

import time
from collections.abc import Mapping
from concurrent.futures import Future

from pydantic import BaseModel, ConfigDict

from novaops.operations.contract import PermanentProblem, Step, StepContext
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Status
from shards.exceptions import ShardError
from shards.replication.maintenance import following, live
from shards.replication.maintenance.waiting import LOOK_SECONDS, ask, refused, said, unanswered, wait_until

RESTART, AWAIT = "restart", "await"
RESTART_SECONDS = 300.0
AWAIT_SECONDS = 180.0
# A restart that Patroni did not agree to may still have been begun by the request of a worker that is gone.
UNSURE_SECONDS = 15.0
ASK_SECONDS = 2.0


class RestartOrder(BaseModel):
    """`started_at` is when its postmaster had started, in ISO form; empty when it did not run."""

    model_config = ConfigDict(frozen=True)

    shard: str
    member: str
    only_pending: bool
    timeout: int
    leads: bool
    started_at: str

    @classmethod
    def of(cls, context: StepContext) -> "RestartOrder":
        return cls.model_validate(dict(context.arguments))


def status(order: RestartOrder) -> Status | None:
    """None while it does not answer."""
    try:
        return Patroni(live.target("patroni", order.shard, order.member), timeout=ASK_SECONDS).status()
    except ShardError:
        return None


def started_anew(order: RestartOrder, found: Status | None) -> bool:
    if found is None or not found.healthy or found.started_at is None:
        return False
    return found.started_at.isoformat() != order.started_at


def restarted(context: StepContext) -> bool:
    order = RestartOrder.of(context)
    return started_anew(order, status(order))


def restart(context: StepContext) -> str:
    order = RestartOrder.of(context)
    api = Patroni(live.target("patroni", order.shard, order.member))
    context.hold()
    answer = ask(
        lambda: api.restart(only_pending=order.only_pending, only_replica=not order.leads, timeout=order.timeout)
    )
    return _follow(context, order, answer)


def _follow(context: StepContext, order: RestartOrder, answer: Future[str]) -> str:
    began = time.monotonic()
    unchanged_since: float | None = None
    while (elapsed := time.monotonic() - began) < RESTART_SECONDS:
        found = status(order)
        if started_anew(order, found):
            return f"PostgreSQL of {order.member} started anew, {elapsed:.1f} s after Patroni was asked."
        if refused(answer):
            raise PermanentProblem(f"{order.member} was not restarted. {said(answer)}")
        same = unanswered(answer) and found is not None and found.healthy
        unchanged_since = (unchanged_since or elapsed) if same else None
        if unchanged_since is not None and elapsed - unchanged_since > UNSURE_SECONDS:
            raise PermanentProblem(f"{order.member} runs as before, for {UNSURE_SECONDS:.0f} s. {said(answer)}")
        state = found.state if found else "it does not answer"
        context.progress(int(elapsed), None, f"{elapsed:.0f} s: {state}")
        time.sleep(LOOK_SECONDS)
    raise PermanentProblem(
        f"{order.member} has not started after {RESTART_SECONDS:.0f} s: read its log. {said(answer)}"
    )


def await_back(context: StepContext) -> str:
    order = RestartOrder.of(context)
    took = wait_until(context, AWAIT_SECONDS, lambda: following.lacks(live.read(order.shard), order.member))
    return f"{order.member} is back and in step, after {took:.0f} s."


STEPS: Mapping[str, Step] = {
    RESTART: Step(run=restart, done=restarted, timeout_seconds=RESTART_SECONDS + 30, attempts=1, cancellable=False),
    AWAIT: Step(run=await_back, timeout_seconds=AWAIT_SECONDS + 30, attempts=1, cancellable=False),
}
