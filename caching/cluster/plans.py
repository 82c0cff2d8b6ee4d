"""The plans of all changes of the Redis Cluster: pure."""

from collections.abc import Iterator, Mapping, Sequence

from caching.cluster.checks import (
    bytes_of,
    cluster_checks,
    in_sync,
    refused,
    replicas_left,
    room_for,
)
from caching.cluster.facts import ClusterFacts, NodeState
from caching.cluster.parameters import AddParameters, FailoverParameters, MoveParameters, RemoveParameters
from caching.cluster.shares import among, for_newcomer, ranges, taken
from novaops.operations.contract import BlastRadius, Check, Plan, PlannedStep
from shards.outcomes import failed, passed, warned

FAIL_OVER, MEET, FOLLOW, MOVE, FORGET, SETTLE = "fail-over", "meet", "follow", "move-slots", "forget", "settle"
SLOTS_PER_SECOND = 150
GOES_ON = "Reads and writes go on: a key that has moved already is asked for where it is."


def plan_failover(parameters: FailoverParameters, facts: ClusterFacts) -> Plan:
    replica = facts.named(parameters.replica)
    if replica is None or not replica.node_id:
        return _refusal(facts, failed("Replica", f"{parameters.replica} does not answer."), parameters.replica)
    if replica.leads:
        return _nothing(f"{replica.name} leads its slots already.", facts)
    master = facts.by_id(replica.master_id)
    name = facts.name_of(replica.master_id)
    checks = (*cluster_checks(facts), in_sync(replica))
    arguments = {"replica": replica.node_id, "master": replica.master_id}
    return Plan(
        summary=f"{replica.name} takes the slots of {name} over; {name} follows it.",
        checks=checks,
        blast=BlastRadius(
            summary=f"Clients of {name} wait for about a second, and are then sent to {replica.name}.",
            targets=(name, replica.name),
            keys=master.keys if master else None,
            write_pause_ms=1000,
        ),
        steps=()
        if refused(checks)
        else (
            PlannedStep(
                key=FAIL_OVER,
                title=f"Fail over from {name} to {replica.name}",
                consequence="The primary holds writes back until the replica has them all: nothing is lost.",
                arguments=arguments,
            ),
            PlannedStep(key=SETTLE, title="Wait until all nodes name the same leaders", arguments={}),
        ),
        facts={**facts.stable, "replica": replica.node_id},
        confirm=f"{replica.name} leads",
        point_of_no_return="" if refused(checks) else FAIL_OVER,
        expected_seconds=5.0,
    )


def plan_move(parameters: MoveParameters, facts: ClusterFacts) -> Plan:
    source, target = facts.named(parameters.source), facts.named(parameters.target)
    checks = (*cluster_checks(facts), *_primaries(source, target, parameters))
    if refused(checks) or source is None or target is None:
        return _refused(checks, f"No slots can move from {parameters.source} to {parameters.target} now.")
    slots = taken(source.owned(), parameters.slots)
    coming = bytes_of(source, len(slots))
    checks = (*checks, room_for(target, coming), _stays(source, len(slots)))
    return Plan(
        summary=f"{len(slots):,} hash slots move from {source.name} to {target.name}.",
        checks=checks,
        blast=_moving(source, (target,), len(slots), coming),
        steps=() if refused(checks) else (*_moves({(source.node_id, target.node_id): slots}, facts), _settle()),
        facts=facts.stable,
        confirm=f"{len(slots)} slots to {target.name}",
        expected_seconds=_expected(len(slots)),
    )


def plan_add(parameters: AddParameters, facts: ClusterFacts) -> Plan:
    node = facts.named(parameters.node)
    leader = facts.named(parameters.follow) if parameters.follow else None
    checks = (*cluster_checks(facts), *_newcomer(node, parameters, leader, facts))
    if refused(checks) or node is None:
        return _refused(checks, f"{parameters.node} cannot join the cluster now.")
    shares = {} if leader else for_newcomer({one.node_id: one.owned() for one in facts.primaries}, parameters.slots)
    coming = sum(bytes_of(one, len(shares.get(one.node_id, ()))) for one in facts.primaries)
    checks = (*checks, room_for(node, leader.memory_bytes if leader else coming))
    count = sum(map(len, shares.values()))
    role = f"as a replica of {leader.name}" if leader else f"and leads {count:,} hash slots"
    return Plan(
        summary=f"{node.name} joins the cluster {role}.",
        checks=checks,
        blast=BlastRadius(
            summary=f"{leader.name} sends it a copy of all it holds." if leader else GOES_ON,
            targets=(node.name, *(one.name for one in facts.primaries if leader in (None, one))),
            bytes=leader.memory_bytes if leader else coming,
        ),
        steps=() if refused(checks) else tuple(_joining(node, leader, shares, facts)),
        facts={**facts.stable, "node": node.node_id},
        confirm=f"add {node.name}",
        expected_seconds=_expected(count) + 3,
    )


def plan_remove(parameters: RemoveParameters, facts: ClusterFacts) -> Plan:
    node = facts.named(parameters.node)
    checks = (*cluster_checks(facts), *_leaver(node, parameters, facts))
    if refused(checks) or node is None:
        return _refused(checks, f"{parameters.node} cannot leave the cluster now.")
    others = {one.node_id: one.owned() for one in facts.primaries if one.node_id != node.node_id}
    shares = among(node.owned(), others) if node.slots else {}
    rooms = (
        room_for(one, bytes_of(node, len(shares[one.node_id]))) for one in facts.primaries if shares.get(one.node_id)
    )
    checks = (*checks, *rooms)
    moves = {(node.node_id, to): slots for to, slots in shares.items() if slots}
    return Plan(
        summary=f"{node.name} leaves the cluster"
        + (f"; its {node.slot_count:,} slots go to the others." if moves else "."),
        checks=checks,
        blast=_moving(
            node, [one for one in facts.primaries if shares.get(one.node_id)], node.slot_count, node.memory_bytes
        )
        if moves
        else BlastRadius(summary="Nobody reads from it: a replica goes.", targets=(node.name,)),
        steps=() if refused(checks) else (*_moves(moves, facts), _forget(node), _settle()),
        facts={**facts.stable, "node": node.node_id},
        confirm=f"remove {node.name}",
        point_of_no_return="" if refused(checks) else FORGET,
        expected_seconds=_expected(node.slot_count) + 3,
    )


def _primaries(source: NodeState | None, target: NodeState | None, asked: MoveParameters) -> Iterator[Check]:
    for name, node in ((asked.source, source), (asked.target, target)):
        if node is None or not node.leads or node.alone:
            yield failed("Both are primaries", f"{name} is no primary of the cluster.")
    if asked.source == asked.target:
        yield failed("Both are primaries", f"{asked.source} cannot give slots to itself.")
    elif source is not None and source.slot_count < asked.slots:
        yield failed("Enough slots", f"{source.name} has {source.slot_count:,} slots, not {asked.slots:,}.")


def _stays(source: NodeState, count: int) -> Check:
    left = source.slot_count - count
    if left:
        return passed("Slots that stay", f"{source.name} keeps {left:,} slots.")
    return warned("Slots that stay", f"{source.name} keeps none: its replicas will follow {source.name}'s successor.")


def _newcomer(
    node: NodeState | None, asked: AddParameters, leader: NodeState | None, facts: ClusterFacts
) -> Iterator[Check]:
    if node is None or node.problem:
        yield failed("Node is new", f"{asked.node} is not registered in the fleet file, or does not answer.")
    elif not node.alone:
        yield failed("Node is new", f"{node.name} has met {len(node.known) - 1} other nodes already.")
    elif node.keys or node.slots:
        yield failed(
            "Node is new", f"{node.name} holds {node.keys:,} keys and {node.slot_count:,} slots: empty it first."
        )
    else:
        yield passed("Node is new", f"{node.name} is empty and has met nobody (version {node.version}).")
    if asked.follow and (leader is None or leader not in facts.primaries):
        yield failed("Primary to follow", f"{asked.follow} leads no slots.")
    if asked.follow and asked.slots:
        yield failed("Replica or slots", "A replica leads no slots: leave out how many, or whom it follows.")


def _leaver(node: NodeState | None, asked: RemoveParameters, facts: ClusterFacts) -> Iterator[Check]:
    if node is None or node not in facts.members:
        yield failed("Node is a member", f"{asked.node} is no member of the cluster, or does not answer.")
        return
    yield passed("Node is a member", f"{node.name} {'leads' if node.leads else 'follows'} there.")
    if node.leads and len(facts.primaries) - bool(node.slots) < 1:
        yield failed("Others lead", f"{node.name} is the only primary.")
    if not node.leads:
        yield replicas_left(facts, node, asked.last_replica)
    elif followers := facts.replicas_of(node.node_id):
        names = ", ".join(one.name for one in followers)
        yield warned("Its replicas", f"{names} will follow another primary, as Redis chooses it.")


def _joining(
    node: NodeState, leader: NodeState | None, shares: Mapping[str, Sequence[int]], facts: ClusterFacts
) -> Iterator[PlannedStep]:
    through = facts.primaries[0]
    yield PlannedStep(
        key=MEET,
        title=f"{node.name} meets the cluster",
        consequence="All nodes get to know it; it has no slots yet.",
        arguments={"node": node.node_id, "through": through.node_id},
    )
    if leader:
        yield PlannedStep(
            key=FOLLOW,
            title=f"{node.name} follows {leader.name}",
            consequence="It copies all that its primary holds, and then streams.",
            arguments={"node": node.node_id, "leader": leader.node_id},
        )
    else:
        yield from _moves({(one, node.node_id): found for one, found in shares.items() if found}, facts)
    yield _settle()


def _moves(moves: Mapping[tuple[str, str], Sequence[int]], facts: ClusterFacts) -> Iterator[PlannedStep]:
    """One step for all of them: `moves` by the ids of source and target."""
    if not moves:
        return
    sources, targets = ({facts.name_of(ids[side]) for ids in moves} for side in (0, 1))
    count = sum(map(len, moves.values()))
    yield PlannedStep(
        key=MOVE,
        title=f"Move {count:,} slots from {', '.join(sorted(sources))} to {', '.join(sorted(targets))}",
        consequence=GOES_ON,
        arguments={
            "moves": [
                {"source": source, "target": target, "slots": ranges(slots)}
                for (source, target), slots in sorted(moves.items())
            ]
        },
    )


def _forget(node: NodeState) -> PlannedStep:
    return PlannedStep(
        key=FORGET,
        title=f"All nodes forget {node.name}",
        consequence="It runs on, alone and empty, and may be stopped.",
        arguments={"node": node.node_id, "name": node.name},
    )


def _settle() -> PlannedStep:
    return PlannedStep(key=SETTLE, title="Wait until all nodes name the same leaders", arguments={})


def _moving(source: NodeState, targets: Sequence[NodeState], slots: int, coming: int) -> BlastRadius:
    keys = round(source.keys * slots / source.slot_count) if source.slot_count else 0
    return BlastRadius(summary=GOES_ON, targets=(source.name, *(one.name for one in targets)), keys=keys, bytes=coming)


def _expected(slots: int) -> float:
    return round(2 + slots / SLOTS_PER_SECOND, 1)


def _refusal(facts: ClusterFacts, check: Check, name: str) -> Plan:
    return _refused((*cluster_checks(facts), check), f"{name} cannot take over now.")


def _refused(checks: Sequence[Check], summary: str) -> Plan:
    return Plan(summary=summary, checks=tuple(checks), blast=BlastRadius(summary="Nothing changes."))


def _nothing(summary: str, facts: ClusterFacts) -> Plan:
    return Plan(summary=summary, checks=tuple(cluster_checks(facts)), blast=BlastRadius(summary="Nothing changes."))
