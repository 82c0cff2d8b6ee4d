"""The cluster while it is being changed: its nodes by their ids, asked anew each time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import redis

from caching.clients.redis import RedisNode, explained, tls_to
from caching.clients.redis_replies import ClusterNode
from caching.exceptions import CacheError
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.inventory.targets import Target
from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem

TIMEOUT = 10.0
POLL_SECONDS = 0.2


@dataclass(slots=True)
class Live:
    """Every method raises TransientProblem when a node does not answer, PermanentProblem when it refuses."""

    known: tuple[Target, ...] = field(default_factory=lambda: targets(ServerKind.REDIS))
    _ids: dict[str, Target] = field(default_factory=dict)

    def target(self, node_id: str) -> Target:
        """A server that is registered; its name is the same whatever its role."""
        if node_id not in self._ids:
            self._ids = {node.id: target for target in self.known if (node := self._quietly(target)) is not None}
        if node_id not in self._ids:
            raise TransientProblem(f"No registered server answers as node {node_id[:8]}.")
        return self._ids[node_id]

    def name(self, node_id: str) -> str:
        return self.target(node_id).name

    def own(self, node_id: str) -> ClusterNode:
        """What a node says of itself."""
        return next(node for node in self.nodes(node_id) if "myself" in node.flags)

    def nodes(self, node_id: str) -> tuple[ClusterNode, ...]:
        target = self.target(node_id)
        try:
            found = RedisNode(target, TIMEOUT).nodes()
        except CacheError as problem:
            raise TransientProblem(f"{target.name}: {problem}") from problem
        if not any(node.id == node_id and "myself" in node.flags for node in found):
            self._ids.clear()
            raise TransientProblem(f"{target.name} is another node than a moment ago.")
        return found

    def serves(self, node_id: str) -> bool:
        """Whether the cluster is well in a node's eyes; until then it refuses commands on keys."""
        target = self.target(node_id)
        try:
            return RedisNode(target, TIMEOUT).cluster_info().get("cluster_state") == "ok"
        except CacheError as problem:
            raise TransientProblem(f"{target.name}: {problem}") from problem

    def members(self) -> Iterator[tuple[Target, tuple[ClusterNode, ...]]]:
        """Every registered server that answers and has met others, with all that it knows."""
        for target in self.known:
            try:
                nodes = RedisNode(target, TIMEOUT).nodes()
            except CacheError:
                continue
            if len(nodes) > 1:
                yield target, nodes

    def ask(self, node_id: str, *words: str | int | bytes) -> Any:
        return self.ask_target(self.target(node_id), *words)

    def ask_target(self, target: Target, *words: str | int | bytes) -> Any:
        try:
            return RedisNode(target, TIMEOUT).link.execute_command(*words)  # type: ignore[no-untyped-call]
        except redis.RedisError as problem:
            told = explained(problem, TIMEOUT, tls_to(target))
            kind = PermanentProblem if told.permanent else TransientProblem
            raise kind(f"{target.name}: {told}") from problem

    def _quietly(self, target: Target) -> ClusterNode | None:
        try:
            return next((node for node in RedisNode(target, TIMEOUT).nodes() if "myself" in node.flags), None)
        except CacheError:
            return None


def until(context: StepContext, condition: Callable[[], str], seconds: float) -> None:
    """Waits for a condition that says what is still missing; TransientProblem with its words when that takes longer."""
    began = time.monotonic()
    while missing := condition():
        if time.monotonic() - began > seconds:
            raise TransientProblem(f"After {seconds:.0f} s: {missing}")
        context.progress(0, None, missing)
        time.sleep(POLL_SECONDS)


def agreed(live: Live) -> str:
    """Empty when all members name the same leaders, and no slot is on the move."""
    views = {
        tuple(sorted((node.id, tuple((part.first, part.last) for part in node.slots)) for node in nodes if node.slots))
        for _, nodes in live.members()
    }
    if len(views) != 1:
        return "The nodes do not name the same leaders yet."
    open_slots = sum(len(node.moving) for _, nodes in live.members() for node in nodes)
    return f"{open_slots} slots are still on the move." if open_slots else ""
