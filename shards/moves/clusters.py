"""What Patroni says of the shard that a move would use."""

from novaops.inventory.selectors import targets_of
from shards.clients.patroni import Patroni
from shards.clients.patroni_replies import Cluster, Config
from shards.exceptions import ShardError
from shards.moves.facts import ClusterFacts

ASK_SECONDS = 3.0


def cluster_facts(shard: str) -> ClusterFacts:
    """By the first member that answers."""
    problems: list[str] = []
    for target in targets_of(shard, "patroni"):
        try:
            api = Patroni(target, timeout=ASK_SECONDS)
            return _facts(api.cluster(), api.config())
        except ShardError as problem:
            problems.append(f"{target.name}: {problem}")
    return ClusterFacts(problem=f"No Patroni of {shard} answered. {' '.join(problems)}".strip())


def _facts(cluster: Cluster, config: Config) -> ClusterFacts:
    leader = cluster.leader
    standbys = (member.name for member in cluster.members if member.synchronous and member.healthy)
    return ClusterFacts(
        paused=cluster.paused,
        leader=leader.name if leader and leader.healthy else "",
        synchronous=config.synchronous_mode != "off",
        standby=next(standbys, ""),
    )
