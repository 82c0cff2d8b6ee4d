"""Asking every registered Redis server what it knows of the cluster. One that does not answer is a fact."""

from concurrent.futures import ThreadPoolExecutor

from caching.clients.redis import RedisNode
from caching.cluster.facts import ClusterFacts, NodeState
from caching.exceptions import CacheError
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target

TIMEOUT = 3.0


def gather() -> ClusterFacts:
    known = targets(ServerKind.REDIS)
    with ThreadPoolExecutor(max_workers=max(1, min(16, len(known)))) as pool:
        nodes = tuple(pool.map(state_of, known))
    offsets = {node.node_id: node.offset for node in nodes if node.leads}
    return ClusterFacts(nodes=tuple(_with_lag(node, offsets) for node in nodes))


def state_of(target: Target) -> NodeState:
    node = NodeState(name=target.name, host=target.host, port=target.port)
    try:
        return _told(RedisNode(target, TIMEOUT), node)
    except CacheError as problem:
        return node.model_copy(update={"problem": str(problem)})


def _told(asked: RedisNode, node: NodeState) -> NodeState:
    info = asked.info()
    nodes, said = asked.nodes(), asked.cluster_info()
    own = next(one for one in nodes if "myself" in one.flags)
    return node.model_copy(
        update={
            "node_id": own.id,
            "leads": own.leads,
            "master_id": own.master_id,
            "slots": own.slots,
            "moving": own.moving,
            "known": tuple(sorted(one.id for one in nodes if "handshake" not in one.flags)),
            "leaders": tuple(sorted((one.id, one.slot_count) for one in nodes if one.slots)),
            "cluster_ok": said.get("cluster_state") == "ok",
            "loading": info.loading,
            "link_up": info.master_link_up,
            "offset": info.replication_offset,
            "keys": info.keys,
            "memory_bytes": info.memory_bytes,
            "memory_limit_bytes": info.memory_limit_bytes,
            "version": info.version,
        }
    )


def _with_lag(node: NodeState, offsets: dict[str, int]) -> NodeState:
    """Asked one after the other, a replica may even be ahead of what its master said."""
    if node.leads or node.master_id not in offsets:
        return node
    return node.model_copy(update={"lag_bytes": max(0, offsets[node.master_id] - node.offset)})
