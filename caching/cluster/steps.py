"""How the Redis Cluster is changed. Each step asks the nodes what is so already, and goes on from there.

Redis knows no fencing tokens, so `hold` is asked right before whatever changes something; what a replaced worker
sends all the same is what its successor sends too."""

import time
from collections.abc import Mapping

from caching.clients.redis_replies import ClusterNode
from caching.cluster.live import POLL_SECONDS, Live, agreed, until
from caching.cluster.plans import FAIL_OVER, FOLLOW, FORGET, MEET, MOVE, SETTLE
from caching.cluster.shares import spread
from caching.cluster.slots import Errand, move, settle
from novaops.inventory.targets import Target
from novaops.operations.contract import PermanentProblem, Step, StepContext, TransientProblem

AGREE_SECONDS = 30.0
# Redis gives a manual failover up after five seconds, on a busy machine before it is done: then it is asked again.
FAILOVER_SECONDS = 6.0
SYNC_SECONDS = 600.0


def leads_already(context: StepContext) -> bool:
    return Live().own(context.arguments["replica"]).leads


def fail_over(context: StepContext) -> str:
    live, replica = Live(), context.arguments["replica"]
    began, asked_at = time.monotonic(), -FAILOVER_SECONDS
    while not live.own(replica).leads:
        passed = time.monotonic() - began
        if passed > AGREE_SECONDS:
            raise TransientProblem(f"{live.name(replica)} did not take over within {AGREE_SECONDS:.0f} s.")
        if passed - asked_at > FAILOVER_SECONDS:
            asked_at = passed
            context.hold()
            live.ask(replica, "CLUSTER", "FAILOVER")
        context.progress(round(passed), None, f"{live.name(replica)} is taking over")
        time.sleep(POLL_SECONDS)
    return f"{live.name(replica)} leads, {time.monotonic() - began:.1f} s after it was asked."


def settled(context: StepContext) -> str:
    live = Live()
    until(context, lambda: agreed(live), AGREE_SECONDS)
    return "All nodes name the same leaders, and no slot is on the move."


def met(context: StepContext) -> bool:
    node = context.arguments["node"]
    return not _strangers(Live(), node)


def meet(context: StepContext) -> str:
    live, node = Live(), context.arguments["node"]
    _introduce(context, live, node, context.arguments["through"])
    return f"All nodes know {live.name(node)}."


def _introduce(context: StepContext, live: Live, node: str, through: str) -> None:
    target, port = live.target(node), _bus_port(live, node)
    context.hold()
    live.ask(through, "CLUSTER", "MEET", target.host, target.port, port)
    until(context, lambda: _strangers(live, node) or _asleep(live, node), AGREE_SECONDS)


def follows(context: StepContext) -> bool:
    own = Live().own(context.arguments["node"])
    return own.master_id == context.arguments["leader"] and not _unsynced(Live(), context.arguments["node"])


def follow(context: StepContext) -> str:
    live, node, leader = Live(), context.arguments["node"], context.arguments["leader"]
    if live.own(node).master_id != leader:
        context.hold()
        live.ask(node, "CLUSTER", "REPLICATE", leader)
    until(context, lambda: _unsynced(live, node), SYNC_SECONDS)
    return f"{live.name(node)} follows {live.name(leader)} and has its data."


def move_slots(context: StepContext) -> str:
    moved, keys = move(context, Live(), _errands(context, "target"))
    return f"{moved:,} slots moved with {keys:,} keys." if moved else "The slots were there already."


def move_back(context: StepContext) -> str:
    """To where they were. Where the target is gone, what was half-way stays with its owner."""
    live, errands = Live(), _errands(context, "source")
    for one in context.arguments["moves"]:
        _lead_again(context, live, one["source"], one["target"])
    try:
        moved, _ = move(context, live, errands, "moved back")
    except TransientProblem:
        settle(live, [slot for errand in errands for slot in errand.slots])
        raise
    return f"{moved:,} slots moved back." if moved else "No slot had moved."


def _lead_again(context: StepContext, live: Live, node: str, successor: str) -> None:
    """A primary that lost its last slot follows whoever got it, unless Redis was told otherwise. It becomes an empty
    primary again by leaving and coming back, and can take its slots then."""
    if live.own(node).master_id == successor:
        context.hold()
        live.ask(node, "CLUSTER", "RESET", "SOFT")
    if _strangers(live, node):
        _introduce(context, live, node, successor)


def forgotten(context: StepContext) -> bool:
    live, node = Live(), context.arguments["node"]
    known = any(one.id == node for _, nodes in _others(live, node) for one in nodes)
    return not known and _alone(live, node)


def forget(context: StepContext) -> str:
    live, node, name = Live(), context.arguments["node"], context.arguments["name"]
    _forget_everywhere(context, live, node)
    until(context, lambda: "" if forgotten(context) else f"Some nodes still know {name}.", AGREE_SECONDS)
    return f"Nobody knows {name} any more. Take it out of the fleet file, or add it again later."


def leave_again(context: StepContext) -> str:
    """Takes a meeting back."""
    live, node = Live(), context.arguments["node"]
    if live.own(node).slots:
        raise PermanentProblem(f"{live.name(node)} leads slots: they have to move away first.")
    _forget_everywhere(context, live, node)
    return f"{live.name(node)} is on its own again."


def _reset(context: StepContext, live: Live, node: str) -> None:
    """Alone again, and empty: a replica becomes a primary without data."""
    try:
        own = live.own(node)
    except TransientProblem:
        return
    context.hold()
    if own.leads:
        live.ask(node, "FLUSHALL")
    live.ask(node, "CLUSTER", "RESET", "SOFT")


def _others(live: Live, node: str) -> list[tuple[Target, tuple[ClusterNode, ...]]]:
    """The members but the node itself, each with all that it knows."""
    return [(target, nodes) for target, nodes in live.members() if _own_id(nodes) != node]


def _alone(live: Live, node: str) -> bool:
    """Also when it does not answer: then there is nothing to reset."""
    try:
        return len(live.nodes(node)) == 1
    except TransientProblem:
        return True


def _own_id(nodes: tuple[ClusterNode, ...]) -> str:
    return next(one.id for one in nodes if "myself" in one.flags)


def _forget_everywhere(context: StepContext, live: Live, node: str) -> None:
    """The others first: a node that is reset before they forget it would be met again."""
    for target, nodes in _others(live, node):
        if any(one.id == node for one in nodes):
            context.hold()
            live.ask_target(target, "CLUSTER", "FORGET", node)
    _reset(context, live, node)


def _strangers(live: Live, node: str) -> str:
    """Who does not know the node yet; empty when all do, and it knows them."""
    unknown = [
        target.name
        for target, nodes in _others(live, node)
        if not any(one.id == node and "handshake" not in one.flags for one in nodes)
    ]
    if unknown:
        return f"{', '.join(unknown)} do not know it yet."
    count = len(_others(live, node)) + 1
    known = sum("handshake" not in one.flags for one in live.nodes(node))
    return "" if known >= count else f"It knows {known} of {count} nodes."


def _asleep(live: Live, node: str) -> str:
    """A primary that has just joined takes keys about two seconds later."""
    return "" if live.serves(node) else f"{live.name(node)} does not serve yet."


def _unsynced(live: Live, node: str) -> str:
    said = live.ask(node, "INFO", "replication")
    info = said if isinstance(said, dict) else {}
    if info.get("master_link_status") == "up":
        return ""
    return f"{live.name(node)} copies the data of its primary."


def _bus_port(live: Live, node: str) -> int:
    """Redis 7 can be told which; before, and by default, it is 10,000 above the other."""
    said = live.ask(node, "CONFIG", "GET", "cluster-port")
    known = said if isinstance(said, dict) else dict(zip(said[::2], said[1::2], strict=True))
    port = int(known.get("cluster-port") or known.get(b"cluster-port") or 0)
    return port or live.target(node).port + 10_000


def _errands(context: StepContext, side: str) -> list[Errand]:
    return [Errand(spread(one["slots"]), one[side]) for one in context.arguments["moves"]]


STEPS: Mapping[str, Step] = {
    FAIL_OVER: Step(run=fail_over, done=leads_already, timeout_seconds=60, attempts=3, cancellable=False),
    MEET: Step(run=meet, done=met, undo=leave_again, timeout_seconds=60, attempts=3),
    FOLLOW: Step(run=follow, done=follows, timeout_seconds=SYNC_SECONDS + 20, attempts=3),
    MOVE: Step(run=move_slots, undo=move_back, timeout_seconds=4 * 3600, attempts=8),
    FORGET: Step(run=forget, done=forgotten, timeout_seconds=60, attempts=5, cancellable=False),
    SETTLE: Step(run=settled, timeout_seconds=60, attempts=4),
}
