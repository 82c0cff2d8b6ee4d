"""The operation kinds `redis-failover`, `redis-move-slots`, `redis-add-node` and `redis-remove-node`.

They exclude each other: a cluster is changed in one way at a time. Flushes go on meanwhile, and follow the slots."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from caching.cluster import plans
from caching.cluster.facts import ClusterFacts
from caching.cluster.gather import gather
from caching.cluster.parameters import AddParameters, FailoverParameters, MoveParameters, RemoveParameters
from caching.cluster.steps import STEPS
from caching.facts import RedisFacts
from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step

CLUSTER = Lock("redis-cluster", "L1")
Choices = list[tuple[str, str]]


class FailOver(Kind[FailoverParameters]):
    name: ClassVar[str] = "redis-failover"
    title: ClassVar[str] = "Fail over a Redis primary"
    description: ClassVar[str] = (
        "Hands a primary's hash slots to one of its replicas, without loss: before maintenance of its server."
    )
    risk: ClassVar[Risk] = Risk.MEDIUM
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = FailoverParameters

    def locks(self, parameters: FailoverParameters) -> tuple[Lock, ...]:
        return (CLUSTER, Lock("cache-node", parameters.replica))

    def gather(self, parameters: FailoverParameters) -> ClusterFacts:
        return gather()

    def plan(self, parameters: FailoverParameters, facts: Any, now: datetime) -> Plan:
        return plans.plan_failover(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, Choices]:
        return {"replica": nodes(lambda facts: not facts.leads)}


class MoveSlots(Kind[MoveParameters]):
    name: ClassVar[str] = "redis-move-slots"
    title: ClassVar[str] = "Move Redis hash slots"
    description: ClassVar[str] = "Moves hash slots with their keys from one primary to another, while both serve."
    risk: ClassVar[Risk] = Risk.MEDIUM
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = MoveParameters

    def locks(self, parameters: MoveParameters) -> tuple[Lock, ...]:
        return (CLUSTER,)

    def gather(self, parameters: MoveParameters) -> ClusterFacts:
        return gather()

    def plan(self, parameters: MoveParameters, facts: Any, now: datetime) -> Plan:
        return plans.plan_move(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def inverse(self, parameters: MoveParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        """As many slots go back. The highest are taken each time, so they need not be the same ones."""
        back = {"source": parameters.target, "target": parameters.source, "slots": parameters.slots}
        return (self.name, back)

    def choices(self) -> Mapping[str, Choices]:
        leading = nodes(lambda facts: facts.leads)
        return {"source": leading, "target": leading}


class AddNode(Kind[AddParameters]):
    name: ClassVar[str] = "redis-add-node"
    title: ClassVar[str] = "Add a Redis node"
    description: ClassVar[str] = (
        "Takes a registered, empty Redis server into the cluster, as a primary with its share of the slots or as a"
        " replica."
    )
    risk: ClassVar[Risk] = Risk.MEDIUM
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = AddParameters

    def locks(self, parameters: AddParameters) -> tuple[Lock, ...]:
        return (CLUSTER, Lock("cache-node", parameters.node))

    def gather(self, parameters: AddParameters) -> ClusterFacts:
        return gather()

    def plan(self, parameters: AddParameters, facts: Any, now: datetime) -> Plan:
        return plans.plan_add(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def inverse(self, parameters: AddParameters, plan: Plan) -> tuple[str, dict[str, Any]] | None:
        return ("redis-remove-node", {"node": parameters.node, "last_replica": bool(parameters.follow)})

    def choices(self) -> Mapping[str, Choices]:
        return {"node": nodes(lambda facts: len(facts.nodes) < 2), "follow": nodes(lambda facts: facts.leads)}


class RemoveNode(Kind[RemoveParameters]):
    name: ClassVar[str] = "redis-remove-node"
    title: ClassVar[str] = "Remove a Redis node"
    description: ClassVar[str] = (
        "Takes a node out of the cluster: a primary's hash slots go to the others first, then all forget it."
    )
    risk: ClassVar[Risk] = Risk.HIGH
    right: ClassVar[Right] = Right.CHANGE_CACHES
    parameters = RemoveParameters

    def locks(self, parameters: RemoveParameters) -> tuple[Lock, ...]:
        return (CLUSTER, Lock("cache-node", parameters.node))

    def gather(self, parameters: RemoveParameters) -> ClusterFacts:
        return gather()

    def plan(self, parameters: RemoveParameters, facts: Any, now: datetime) -> Plan:
        return plans.plan_remove(parameters, facts)

    def steps(self) -> Mapping[str, Step]:
        return STEPS

    def choices(self) -> Mapping[str, Choices]:
        return {"node": nodes(lambda facts: True)}


KINDS: tuple[Kind[Any], ...] = (FailOver(), MoveSlots(), AddNode(), RemoveNode())


def nodes(fits: Any) -> Choices:
    """By what is stored; a server that nobody has asked yet fits as well."""
    known = {one.server.name: facts for one, facts in snapshot().facts(RedisFacts)}
    return [
        (target.name, f"{target.name}, {_role(known.get(target.name))}")
        for target in targets(ServerKind.REDIS)
        if target.name not in known or fits(known[target.name])
    ]


def _role(facts: RedisFacts | None) -> str:
    if facts is None:
        return "not asked yet"
    if not facts.leads:
        return "replica"
    return f"primary of {facts.slot_count:,} slots" if facts.slot_count else "without slots"
