"""The operation kind `partitions-create`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from metrics.selectors import snapshot
from novaops.fleets.rights import Right
from novaops.operations.contract import Kind, Lock, Plan, Risk, Step, TransientProblem
from shards import fences
from shards.clients.postgres import sessions
from shards.exceptions import ShardError
from shards.partitions import catalog, steps, undoing
from shards.partitions.create_facts import CreateFacts, TableFacts
from shards.partitions.create_plan import CREATE, VERIFY, CreateParameters, plan_partitions, wanted
from shards.partitions.facts import Engine, PartitionsFacts, Strategy
from shards.partitions.leader import NoLeader, find

GATHER_SECONDS = 10.0


class PartitionsCreate(Kind[CreateParameters]):
    name: ClassVar[str] = "partitions-create"
    title: ClassVar[str] = "Create the next partitions"
    description: ClassVar[str] = (
        "Continues a partitioned table with partitions as wide and as named as those that it has. Use it before the"
        " runway of a table ends."
    )
    risk: ClassVar[Risk] = Risk.LOW
    right: ClassVar[Right] = Right.CHANGE_PARTITIONS
    parameters = CreateParameters

    def locks(self, parameters: CreateParameters) -> tuple[Lock, ...]:
        return (Lock("shard", parameters.shard),)

    def gather(self, parameters: CreateParameters) -> CreateFacts:
        schema, _, table = parameters.table.partition(".")
        unknown = CreateFacts(shard=parameters.shard, table=TableFacts(schema_name=schema, name=table))
        try:
            leader = find(parameters.shard)
            with sessions.open(leader, GATHER_SECONDS) as session:
                here = {"server": leader.name, "fenced": fences.installed(session)}
                seen = unknown.model_copy(update={**here, "table": catalog.read(session, schema, table)})
                held = catalog.held_by_default(session, seen.table, wanted(parameters, seen))
        except (NoLeader, ShardError, TransientProblem) as problem:
            return unknown.model_copy(update={"problem": str(problem)})
        return seen.model_copy(update={"held": held})

    def plan(self, parameters: CreateParameters, facts: Any, now: datetime) -> Plan:
        return plan_partitions(parameters, facts, now)

    def steps(self) -> Mapping[str, Step]:
        return {
            CREATE: Step(run=steps.create, done=steps.created, undo=undoing.take_back, attempts=5, timeout_seconds=40),
            VERIFY: Step(run=steps.verify, attempts=3, timeout_seconds=20),
        }

    def choices(self) -> Mapping[str, list[tuple[str, str]]]:
        """Tables that partitions can be made for by hand, of every shard: those partitioned natively and by range."""
        seen = snapshot()
        names = {
            table.full_name
            for _, facts in seen.facts(PartitionsFacts)
            for table in facts.tables
            if table.engine is Engine.NATIVE and table.strategy is Strategy.RANGE
        }
        return {
            "shard": [(shard.name, shard.name) for shard in seen.shards],
            "table": [(name, name) for name in sorted(names)],
        }
