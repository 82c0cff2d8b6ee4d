"""A Redis Cluster as its nodes tell it, each of itself: what every plan to change it rests on."""

from pydantic import BaseModel, ConfigDict

from caching.clients.redis_replies import SLOTS, MovingSlot, SlotRange


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class NodeState(_Frozen):
    """One registered server. `problem` says why it did not answer; then only its name and address are known.
    `lag_bytes`: how far a replica is behind its master; None where that cannot be told. `known`: the ids of all nodes
    that it has met, itself included; `leaders` who leads how many slots in its eyes."""

    name: str
    host: str
    port: int
    node_id: str = ""
    leads: bool = False
    master_id: str = ""
    slots: tuple[SlotRange, ...] = ()
    moving: tuple[MovingSlot, ...] = ()
    known: tuple[str, ...] = ()
    leaders: tuple[tuple[str, int], ...] = ()
    cluster_ok: bool = False
    loading: bool = False
    link_up: bool = True
    offset: int = 0
    lag_bytes: int | None = None
    keys: int = 0
    memory_bytes: int = 0
    memory_limit_bytes: int = 0
    version: str = ""
    problem: str = ""

    @property
    def slot_count(self) -> int:
        return sum(part.count for part in self.slots)

    @property
    def alone(self) -> bool:
        """It has met no other node yet."""
        return self.known == (self.node_id,)

    def owned(self) -> tuple[int, ...]:
        return tuple(slot for part in self.slots for slot in range(part.first, part.last + 1))


class ClusterFacts(_Frozen):
    nodes: tuple[NodeState, ...] = ()

    @property
    def members(self) -> tuple[NodeState, ...]:
        """Those that have met others: a node on its own is no member yet."""
        return tuple(node for node in self.nodes if not node.problem and not node.alone)

    @property
    def silent(self) -> tuple[NodeState, ...]:
        return tuple(node for node in self.nodes if node.problem)

    @property
    def primaries(self) -> tuple[NodeState, ...]:
        return tuple(node for node in self.members if node.leads and node.slots)

    @property
    def covered(self) -> int:
        return sum(node.slot_count for node in self.primaries)

    @property
    def whole(self) -> bool:
        return self.covered == SLOTS and all(node.cluster_ok for node in self.members)

    @property
    def moving(self) -> tuple[tuple[str, MovingSlot], ...]:
        """With the name of the leader that says so; a Valkey's replicas say it too."""
        return tuple((node.name, slot) for node in self.members if node.leads for slot in node.moving)

    def named(self, name: str) -> NodeState | None:
        return next((node for node in self.nodes if node.name == name), None)

    def by_id(self, node_id: str) -> NodeState | None:
        return next((node for node in self.nodes if node.node_id and node.node_id == node_id), None)

    def name_of(self, node_id: str) -> str:
        found = self.by_id(node_id)
        return found.name if found else f"node {node_id[:8]}"

    def replicas_of(self, node_id: str) -> tuple[NodeState, ...]:
        return tuple(node for node in self.members if node.master_id == node_id and not node.leads)

    @property
    def stable(self) -> dict[str, object]:
        """What must still be so when a plan is executed: who leads which slots, and who follows whom."""
        return {
            "primaries": {node.node_id: [[part.first, part.last] for part in node.slots] for node in self.primaries},
            "replicas": {node.node_id: node.master_id for node in self.members if not node.leads},
        }
