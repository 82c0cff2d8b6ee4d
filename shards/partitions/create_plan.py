"""The plan to create the next partitions of one table: pure, each check a sentence with its number."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from shards.partitions.create_checks import check, of_pieces, of_table
from shards.partitions.create_facts import CreateFacts
from shards.partitions.planner import MOST, CannotContinue, Continuation, Piece, continuation

CREATE, VERIFY = "create-partition", "verify-partitions"
_SECONDS_EACH = 0.3


class CreateParameters(BaseModel):
    """`until` wins over `count`: as many partitions as it takes until that day lies in one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shard: str = Field(title="Shard", description="Where the table is.")
    table: str = Field(title="Table", description="With its schema, such as public.vms.", pattern=r"^[^.]+\.[^.]+$")
    count: int = Field(default=6, title="Partitions", ge=1, le=MOST, description="How many follow the last one.")
    until: date | None = Field(
        default=None, title="Until", description="Instead of a number: so many that this day has its partition."
    )


def wanted(parameters: CreateParameters, facts: CreateFacts) -> tuple[Piece, ...]:
    """The partitions to create; none where the table cannot be continued."""
    try:
        return continuation(facts.table).pieces(parameters.count, parameters.until)
    except CannotContinue:
        return ()


def plan_partitions(parameters: CreateParameters, facts: CreateFacts, now: datetime) -> Plan:
    table = facts.table
    if facts.problem:
        return _refused(parameters, facts, [check("Leader answers", "failed", facts.problem)])
    if table.kind == "hypertable":
        return _nothing(facts, f"{table.full_name} is a hypertable: TimescaleDB makes its chunks by itself.")
    checks = list(of_table(facts))
    if any(one.outcome is CheckOutcome.FAILED for one in checks):
        return _refused(parameters, facts, checks)
    try:
        going_on = continuation(table)
    except CannotContinue as problem:
        return _refused(parameters, facts, [*checks, check("Can be continued", "failed", str(problem))])
    pieces = going_on.pieces(parameters.count, parameters.until)
    if not pieces:
        return _nothing(facts, f"{table.full_name} has partitions up to {going_on.start} already.")
    return _full(parameters, facts, going_on, pieces, (*checks, *of_pieces(facts, going_on, pieces, now)))


def _full(
    parameters: CreateParameters,
    facts: CreateFacts,
    going_on: Continuation,
    pieces: tuple[Piece, ...],
    checks: tuple[Check, ...],
) -> Plan:
    number = f"{len(pieces)} partition{'s' if len(pieces) > 1 else ''} of {going_on.width}"
    return Plan(
        summary=f"{facts.table.full_name} on {facts.shard} gets {number}: {pieces[0].name} to {pieces[-1].name}."
        if len(pieces) > 1
        else f"{facts.table.full_name} on {facts.shard} gets {number}: {pieces[0].name}.",
        checks=checks,
        blast=BlastRadius(
            summary="Reads and writes of the table go on: each new table is made aside and then attached, and waits at"
            " most 2 s for that lock before it tries again.",
            targets=(facts.server, facts.table.full_name),
            rows=0,
        ),
        steps=_steps(parameters, facts, going_on, pieces),
        facts=_stable(facts, going_on),
        expected_seconds=round(len(pieces) * _SECONDS_EACH + 1, 1),
    )


def _steps(
    parameters: CreateParameters, facts: CreateFacts, going_on: Continuation, pieces: tuple[Piece, ...]
) -> tuple[PlannedStep, ...]:
    place = {"shard": parameters.shard, "schema": facts.table.schema_name, "table": facts.table.name}
    create = [
        PlannedStep(
            key=CREATE,
            title=f"Create {piece.name}",
            consequence=f"Rows from {piece.lower} to before {piece.upper} go there.",
            arguments={
                **place,
                "partition_schema": piece.schema_name,
                "partition": piece.name,
                "lower": piece.lower,
                "upper": piece.upper,
                "like": going_on.sibling.name,
            },
        )
        for piece in pieces
    ]
    verify = PlannedStep(
        key=VERIFY,
        title="Ask the catalog for all of them",
        consequence="Bounds, indexes and row security are as those of their siblings.",
        arguments={
            **place,
            "like": going_on.sibling.name,
            "partitions": [{"name": piece.name, "lower": piece.lower, "upper": piece.upper} for piece in pieces],
        },
    )
    return (*create, verify)


def _stable(facts: CreateFacts, going_on: Continuation | None = None) -> dict[str, object]:
    """What must still be so when it is executed. The leader may change: the step asks for it again."""
    table = facts.table
    known = {"shard": facts.shard, "table": table.full_name, "kind": table.kind, "key": list(table.key_columns)}
    if going_on is None:
        return dict(known)
    return {**known, "key_type": table.key_type, "continues_at": str(going_on.start), "follows": going_on.sibling.name}


def _refused(parameters: CreateParameters, facts: CreateFacts, checks: list[Check]) -> Plan:
    return Plan(
        summary=f"Partitions of {parameters.table} on {parameters.shard} cannot be created now.",
        checks=tuple(checks),
        blast=BlastRadius(summary="Nothing is touched."),
        facts=_stable(facts),
    )


def _nothing(facts: CreateFacts, reason: str) -> Plan:
    return Plan(
        summary=f"Nothing to do: {reason}",
        checks=(check("Leader answers", "passed", f"{facts.server} leads {facts.shard}."),),
        blast=BlastRadius(summary="Nothing is touched."),
        facts=_stable(facts),
    )
