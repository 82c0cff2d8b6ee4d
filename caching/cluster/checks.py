"""Pre-flight of every change of the Redis Cluster: pure, each check a sentence with its number."""

from collections.abc import Iterator

from caching.clients.redis_replies import SLOTS
from caching.cluster.facts import ClusterFacts, NodeState
from novaops.operations.contract import Check, CheckOutcome
from novaops.ui.formats import human_bytes, percent
from shards.outcomes import failed, passed, warned

# A target that would be fuller than this begins to evict what is used.
FULL = 0.9
LAG_BYTES = 1_000_000


def refused(checks: tuple[Check, ...]) -> bool:
    return any(check.outcome is CheckOutcome.FAILED for check in checks)


def cluster_checks(facts: ClusterFacts) -> Iterator[Check]:
    """What every change needs: all answer, all slots are served, all agree, nothing is moving already."""
    yield _answers(facts)
    yield _whole(facts)
    yield _agreed(facts)
    yield _quiet(facts)


def _answers(facts: ClusterFacts) -> Check:
    if not facts.nodes:
        return failed("Nodes answer", "The fleet has no Redis Cluster.")
    if facts.silent:
        return failed("Nodes answer", " ".join(f"{node.name}: {node.problem}" for node in facts.silent))
    return passed("Nodes answer", f"All {len(facts.nodes)} registered nodes answer.")


def _whole(facts: ClusterFacts) -> Check:
    down = [node.name for node in facts.members if not node.cluster_ok]
    if facts.covered != SLOTS:
        return failed("All slots are served", f"{facts.covered:,} of {SLOTS:,} hash slots have a primary that answers.")
    if down:
        return failed("All slots are served", f"{', '.join(down)}: the cluster is down in their eyes.")
    return passed("All slots are served", f"{len(facts.primaries)} primaries serve all {SLOTS:,} hash slots.")


def _agreed(facts: ClusterFacts) -> Check:
    views = {node.leaders for node in facts.members}
    if len(views) > 1:
        return failed("Nodes agree", "The nodes do not agree yet on who leads which slots: wait a few seconds.")
    return passed("Nodes agree", "All nodes name the same leaders of the slots.")


def _quiet(facts: ClusterFacts) -> Check:
    if not facts.moving:
        return passed("No migration under way", "No slot is migrating or being imported.")
    said = sorted({f"slot {slot.slot} on {name}" for name, slot in facts.moving})
    more = f" and {len(said) - 5} more" if len(said) > 5 else ""
    return failed("No migration under way", f"On the move already: {', '.join(said[:5])}{more}.")


def in_sync(replica: NodeState) -> Check:
    name = "Replica is in sync"
    if not replica.link_up or replica.loading:
        return failed(name, f"{replica.name} has no link to its primary, or still loads its data.")
    if replica.lag_bytes is None:
        return failed(name, f"How far {replica.name} is behind cannot be told: its primary does not answer.")
    told = f"{replica.name} is {human_bytes(replica.lag_bytes)} of the stream of writes behind."
    return (
        passed(name, told) if replica.lag_bytes <= LAG_BYTES else failed(name, f"{told} Wait until it has caught up.")
    )


def room_for(target: NodeState, more_bytes: int) -> Check:
    """What would come beside what the target may hold."""
    name = f"Room on {target.name}"
    coming = f"About {human_bytes(more_bytes)} come to its {human_bytes(target.memory_bytes)}"
    if not target.memory_limit_bytes:
        return warned(name, f"{coming}; it has no memory limit (maxmemory), so nothing guards the machine.")
    share = (target.memory_bytes + more_bytes) / target.memory_limit_bytes
    told = f"{coming}: {percent(share)} of its limit of {human_bytes(target.memory_limit_bytes)}."
    return passed(name, told) if share <= FULL else failed(name, f"{told} At most {percent(FULL)} may be used.")


def bytes_of(node: NodeState, slots: int) -> int:
    """About what so many of a primary's slots hold."""
    return round(node.memory_bytes * slots / node.slot_count) if node.slot_count else 0


def replicas_left(facts: ClusterFacts, leaving: NodeState, accepted: bool) -> Check:
    """When a replica goes: what stays for its primary."""
    name = "Replicas that stay"
    master = facts.name_of(leaving.master_id)
    left = [node.name for node in facts.replicas_of(leaving.master_id) if node.node_id != leaving.node_id]
    if left:
        return passed(name, f"{master} keeps {', '.join(left)}.")
    lost = f"{leaving.name} is the last replica of {master}: a crash of {master} would leave its slots unserved."
    return warned(name, lost) if accepted else failed(name, f"{lost} Add another replica first, or say that it may.")
