"""What a change of the configuration rests on: the configuration, the cluster, pg_settings of the leader."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.replication.maintenance import live
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.settings import Setting

SETTINGS = """
    SELECT name, setting AS value, coalesce(unit, '') AS unit, context, vartype AS type,
        coalesce(min_val, '') AS least, coalesce(max_val, '') AS most, coalesce(enumvals, '{}') AS words,
        pending_restart, boot_val
    FROM pg_settings
    WHERE lower(name) = ANY(%s)
"""


class ConfigureFacts(BaseModel):
    """`settings` by names in small letters; `problem` is why the leader could not be asked for them."""

    model_config = ConfigDict(frozen=True)

    cluster: ClusterFacts
    settings: dict[str, Setting] = {}
    problem: str = ""

    @property
    def whole(self) -> dict[str, Any]:
        return self.cluster.config.whole


def gather(shard: str, changes: dict[str, Any]) -> ConfigureFacts:
    cluster = live.read_to_change(shard)
    names = parameters_in(changes)
    leader = cluster.healthy_leader
    if not names or leader is None:
        problem = f"{shard} has no leader that could say what they allow." if names else ""
        return ConfigureFacts(cluster=cluster, problem=problem)
    try:
        rows = settings_on(shard, leader.name, names)
    except (ShardError, PermanentProblem) as refusal:
        return ConfigureFacts(cluster=cluster, problem=f"{leader.name} does not tell its settings: {refusal}")
    return ConfigureFacts(cluster=cluster, settings={row["name"].lower(): Setting.model_validate(row) for row in rows})


def parameters_in(changes: dict[str, Any]) -> tuple[str, ...]:
    postgresql = changes.get("postgresql")
    parameters = postgresql.get("parameters") if isinstance(postgresql, dict) else None
    return tuple(parameters) if isinstance(parameters, dict) else ()


def settings_on(shard: str, member: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """Raises ShardError when the server does not answer."""
    with sessions.open(live.target("postgres", shard, member), live.ASK_SECONDS) as session:
        return list(session.execute(SETTINGS, ([name.lower() for name in names],)))
