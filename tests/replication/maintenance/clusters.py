"""A healthy cluster of three in values, to be made sick."""

from datetime import UTC, datetime
from typing import Any

from shards.clients.patroni_replies import Cluster, Config, Member, Role, Standby, Status
from shards.replication.maintenance.live import ClusterFacts, Word

STARTED = datetime(2026, 11, 29, 6, tzinfo=UTC)
LEADER = Member(name="a", role=Role.LEADER, state="running", timeline=5)
SYNC = Member(name="b", role=Role.SYNC_STANDBY, state="streaming", timeline=5, lag_bytes=0)
REPLICA = Member(name="c", role=Role.REPLICA, state="streaming", timeline=5, lag_bytes=0)
WHOLE: dict[str, Any] = {
    "ttl": 30,
    "loop_wait": 10,
    "retry_timeout": 10,
    "synchronous_mode": True,
    "postgresql": {"parameters": {"work_mem": "8MB", "max_connections": 100}, "use_slots": True},
    "slots": {"mine": {"type": "physical"}},
}
STREAMS = tuple(Standby(application_name=name, state="streaming") for name in ("b", "c"))


def word(**status: Any) -> Word:
    healthy = {"version": "3.0.2", "state": "running", "timeline": 5, "started_at": STARTED}
    return Word(status=Status(**(healthy | status)))


def cluster(*members: Member, words: dict[str, Word] | None = None, **whole: Any) -> ClusterFacts:
    listed = members or (LEADER, SYNC, REPLICA)
    said = {
        "a": word(location=1000, role=Role.LEADER, replication=STREAMS),
        "b": word(received=1000, replayed=900),
        "c": word(received=400, replayed=400),
    }
    paused = bool(whole.pop("paused", False))
    return ClusterFacts(
        shard="shard-1",
        scope="main",
        asked="a",
        cluster=Cluster(members=listed, paused=paused),
        config=Config.from_response({**WHOLE, **whole}),
        words={**said, **(words or {})},
    )


def refusals(plan: Any) -> str:
    return " ".join(check.reason for check in plan.refusals).replace("\u00a0", " ")


def reasons(plan: Any) -> str:
    return " ".join(check.reason for check in plan.checks).replace("\u00a0", " ")
