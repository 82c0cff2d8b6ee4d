"""Slots on the leader, as steps and plans ask for them."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.replication.maintenance import live
from shards.replication.maintenance.live import ClusterFacts

SLOTS = """
    SELECT slot_name AS name, slot_type AS type, coalesce(plugin, '') AS plugin, coalesce(database, '') AS database,
        active, (pg_current_wal_lsn() - restart_lsn)::bigint AS held
    FROM pg_replication_slots
"""
DATABASES = "SELECT datname AS name FROM pg_database WHERE datallowconn ORDER BY datname"


class SlotThere(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    type: str
    plugin: str = ""
    database: str = ""
    active: bool = False
    held: int | None = None


class SlotFacts(BaseModel):
    """`slots` and `databases` of the leader; `problem` is why it could not be asked."""

    model_config = ConfigDict(frozen=True)

    cluster: ClusterFacts
    slots: dict[str, SlotThere] = {}
    databases: tuple[str, ...] = ()
    problem: str = ""


def gather(shard: str) -> SlotFacts:
    cluster = live.read_to_change(shard)
    leader = cluster.healthy_leader
    if leader is None:
        return SlotFacts(cluster=cluster, problem=f"{shard} has no leader that runs and answers.")
    try:
        with sessions.open(live.target("postgres", shard, leader.name), live.ASK_SECONDS) as session:
            rows: list[dict[str, Any]] = list(session.execute(SLOTS))
            databases = tuple(str(row["name"]) for row in session.execute(DATABASES))
    except (ShardError, PermanentProblem) as refusal:
        return SlotFacts(cluster=cluster, problem=f"{leader.name} does not tell its slots: {refusal}")
    slots = {row["name"]: SlotThere.model_validate(row) for row in rows}
    return SlotFacts(cluster=cluster, slots=slots, databases=databases)
