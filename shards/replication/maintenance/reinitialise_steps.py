"""How a replica is built anew: asked once, then watched, with the bytes that the leader has sent."""

import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from novaops.operations.contract import PermanentProblem, Step, StepContext
from novaops.ui.formats import human_bytes
from shards.clients.patroni import Patroni
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.replication.maintenance import following, live
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.waiting import LOOK_SECONDS, ask, refused, said, unanswered

COPY = "copy"
COPY_SECONDS = 12 * 3600.0
# Patroni has taken its word back when the member still runs as before after so long.
UNSURE_SECONDS = 30.0
COPYING = frozenset({"creating replica", "stopped", "stopping", "starting", "initializing new cluster"})
SENT = """
    SELECT backup_streamed AS sent, backup_total AS total
    FROM pg_stat_progress_basebackup
    ORDER BY backup_streamed DESC
    LIMIT 1
"""


def rebuilt(context: StepContext) -> bool:
    return _rebuilt(context, live.read(context.arguments["shard"]))


def _rebuilt(context: StepContext, facts: ClusterFacts) -> bool:
    """It follows, by a postmaster that started since."""
    member = context.arguments["member"]
    started = facts.word(member).status.started_at
    anew = started is not None and started.isoformat() != context.arguments["started_at"]
    return anew and not following.lacks(facts, member)


def copy(context: StepContext) -> str:
    shard, member = context.arguments["shard"], context.arguments["member"]
    facts = live.read(shard)
    if facts.leader and facts.leader.name == member:
        raise PermanentProblem(f"{member} leads {shard} now: it is not touched.")
    answer = None
    if not _under_way(facts, member):
        api = Patroni(live.target("patroni", shard, member))
        context.hold()
        # A start that is never going to succeed is what a broken replica is busy with.
        answer = ask(lambda: api.reinitialise(force=True))
    return _follow(context, answer)


def _under_way(facts: ClusterFacts, member: str) -> bool:
    found = facts.cluster.member(member)
    return found is not None and found.state == "creating replica"


def _follow(context: StepContext, answer: Future[str] | None) -> str:
    shard, member = context.arguments["shard"], context.arguments["member"]
    began, most = time.monotonic(), 0
    while (elapsed := time.monotonic() - began) < COPY_SECONDS:
        facts = live.read(shard)
        if _rebuilt(context, facts):
            copied = f" {human_bytes(most)} were copied." if most else ""
            return f"{member} streams again, {elapsed:.0f} s after Patroni was asked.{copied}"
        if refused(answer) or (unanswered(answer) and elapsed > UNSURE_SECONDS and not _copying(facts, member)):
            raise PermanentProblem(f"{member} was not built anew. {said(answer)}")
        sent, total = progress(facts)
        most = max(most, sent)
        state = facts.word(member).status.state if facts.word(member).answered else "it does not answer"
        context.progress(sent, total, f"{elapsed:.0f} s: {state}; {following.lacks(facts, member)}")
        time.sleep(LOOK_SECONDS)
    raise PermanentProblem(f"{member} does not follow after {COPY_SECONDS / 3600:.0f} hours: read its log.")


def _copying(facts: ClusterFacts, member: str) -> bool:
    found = facts.cluster.member(member)
    return found is None or found.state in COPYING


def progress(facts: ClusterFacts) -> tuple[int, int | None]:
    """Bytes that the leader has sent of a copy, and how many there are; none while it cannot say."""
    leader = facts.healthy_leader
    if leader is None:
        return 0, None
    try:
        with sessions.open(live.target("postgres", facts.shard, leader.name), live.ASK_SECONDS) as session:
            row: dict[str, Any] = session.execute(SENT).fetchone() or {}
    except (ShardError, PermanentProblem):
        return 0, None
    return int(row.get("sent") or 0), row.get("total")


STEPS: Mapping[str, Step] = {
    COPY: Step(run=copy, done=rebuilt, timeout_seconds=COPY_SECONDS + 60, attempts=3, cancellable=False)
}
