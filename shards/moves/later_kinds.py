"""The operation kinds for a move whose way back is open: take it back, or finish it."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime

from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step
from shards.moves.kind import locks_of
from shards.moves.later_facts import LaterFacts
from shards.moves.later_gather import gather_later
from shards.moves.later_planner import plan_back, plan_finish
from shards.moves.models import Move, Phase
from shards.moves.parameters import OfMove
from shards.moves.steps import BACK_STEPS, FINISH_STEPS


class _Later(Kind[OfMove]):
    right = Right.CHANGE_PLACEMENT
    parameters = OfMove

    def locks(self, parameters: OfMove) -> tuple[Lock, ...]:
        move = Move.objects.select_related("source", "target").filter(operation_id=parameters.operation).first()
        return locks_of(move.tenant_id, move.source.name, move.target.name) if move else ()

    def gather(self, parameters: OfMove) -> LaterFacts:
        return gather_later(parameters.operation)

    @abstractmethod
    def plan(self, parameters: OfMove, facts: LaterFacts, now: datetime) -> Plan: ...

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        """The moves whose way back is open."""
        moved = Move.objects.select_related("source", "target").filter(phase=Phase.MOVED)
        return {"operation": [(str(one.operation_id), f"{one.operation_id}: {one}") for one in moved]}


class TenantMoveBack(_Later):
    name = "tenant-move-back"
    title = "Take a tenant back to its former shard"
    description = (
        "The same cutover in the other direction, with all that was written since, while the way back is open."
    )
    risk = Risk.MEDIUM

    def plan(self, parameters: OfMove, facts: LaterFacts, now: datetime) -> Plan:
        return plan_back(facts, now)

    def steps(self) -> Mapping[str, Step]:
        return BACK_STEPS


class TenantMoveFinish(_Later):
    name = "tenant-move-finish"
    title = "Finish a move"
    description = "Closes the way back and deletes the rows on the shard that the tenant has left."
    risk = Risk.MEDIUM

    def plan(self, parameters: OfMove, facts: LaterFacts, now: datetime) -> Plan:
        return plan_finish(facts, now)

    def steps(self) -> Mapping[str, Step]:
        return FINISH_STEPS
