"""The leader of a shard as Patroni tells of it, and a session there: not through the pool, which knows no slots."""

from dataclasses import dataclass

from caching.stream.problems import StreamProblem
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets_of
from novaops.inventory.targets import Target
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Config
from shards.exceptions import ShardError

ASK_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Leader:
    """The leading PostgreSQL, and the Patroni that told of it with what it told."""

    postgres: Target
    patroni: Patroni
    cluster: Cluster
    config: Config
    replicas: int


def leader_of(shard: str) -> Leader:
    """Inside a fleet. StreamProblem when no member knows of a leader that the fleet file names."""
    said = []
    servers = targets_of(shard, ServerKind.POSTGRES)
    for target in targets_of(shard, ServerKind.PATRONI):
        api = Patroni(target, ASK_SECONDS)
        try:
            cluster, config = api.cluster(), api.config()
        except ShardError as problem:
            said.append(f"{target.name}: {problem}")
            continue
        found = cluster.leader
        leading = next((one for one in servers if found and one.name == found.name), None)
        if leading is not None:
            return Leader(leading, api, cluster, config, len(servers) - 1)
        said.append(f"{target.name} knows of no leader.")
    raise StreamProblem(f"Patroni tells of no leader of {shard}. {' '.join(said[:3])}".strip())
