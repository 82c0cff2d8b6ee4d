"""Which Redis nodes lead the cluster now, asked of the nodes themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from caching.clients.redis import RedisNode
from caching.clients.redis_replies import SLOTS, ClusterNode, MovingSlot, SlotRange
from caching.exceptions import CacheError
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target


class NoCluster(Exception):
    """Which nodes were asked, and what each said: a sentence."""


@dataclass(frozen=True, slots=True)
class Primary:
    """A node that leads hash slots."""

    node_id: str
    target: Target
    ranges: tuple[SlotRange, ...]

    @property
    def slots(self) -> int:
        return sum(part.count for part in self.ranges)


def primaries() -> tuple[Primary, ...]:
    """All that lead slots, as the first node tells it that finds the cluster whole; NoCluster when none does."""
    known = targets(ServerKind.REDIS)
    said: list[str] = []
    for target in known:
        try:
            found = _as_told_by(target, known)
        except CacheError as problem:
            said.append(f"{target.name}: {problem}")
            continue
        covered = sum(primary.slots for primary in found)
        if covered == SLOTS:
            return found
        said.append(f"{target.name}: {covered:,} of {SLOTS:,} slots are served.")
    raise NoCluster(f"The Redis Cluster is not whole. {' '.join(said)}" if said else "The fleet has no Redis Cluster.")


def moving_slots(primary: Primary) -> tuple[MovingSlot, ...]:
    """As the node itself sees them; raises CacheError."""
    return next((node.moving for node in RedisNode(primary.target).nodes() if "myself" in node.flags), ())


def _as_told_by(target: Target, known: Sequence[Target]) -> tuple[Primary, ...]:
    leading = [node for node in RedisNode(target).nodes() if node.leads and node.slots and not node.failed]
    found = (Primary(node.id, _reached(node, target, known), node.slots) for node in leading)
    return tuple(sorted(found, key=lambda primary: primary.target.address))


def _reached(node: ClusterNode, asked: Target, known: Sequence[Target]) -> Target:
    """The node as the inventory knows it; a node that joined since the import has the login of its neighbours."""
    if "myself" in node.flags:
        return asked
    same = (target for target in known if (target.host, target.port) == (node.host, node.port))
    return next(same, replace(asked, name=node.address, host=node.host, port=node.port))
