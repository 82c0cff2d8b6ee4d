"""The plans of a move and of what is done with it afterwards: pure, from what both shards told."""

from typing import Any

from novaops.operations.contract import BlastRadius, CheckOutcome, Plan, PlannedStep
from novaops.ui.formats import human_bytes, human_number
from shards.moves.checks import checks
from shards.moves.facts import MoveFacts
from shards.moves.parameters import MoveParameters

PREPARE, COPY, CATCH_UP, COMPARE = "prepare", "copy", "catch-up", "compare"
REVERSE_PREPARE, CUTOVER, FOLLOW, FINISH = "reverse-prepare", "cutover", "follow", "finish"
KEYS = (PREPARE, COPY, CATCH_UP, COMPARE, REVERSE_PREPARE, CUTOVER, FOLLOW, FINISH)

# What one copy writes and one comparison reads on a common server, in bytes a second, and what the rest takes.
COPIED_A_SECOND, COMPARED_A_SECOND, AROUND_SECONDS = 20e6, 80e6, 20.0
EXPECTED_PAUSE_MS = 50
MB = 1e6


def plan_move(parameters: MoveParameters, facts: MoveFacts) -> Plan:
    found = checks(facts)
    possible = all(check.outcome is not CheckOutcome.FAILED for check in found)
    source, target = facts.source.shard, facts.target.shard
    return Plan(
        summary=_summary(facts, possible),
        checks=found,
        blast=_blast(facts) if possible else BlastRadius(summary="Nothing is touched."),
        steps=_steps(parameters, facts) if possible else (),
        facts=_stable(facts),
        confirm=f"{facts.tenant} {source} {target}" if possible else "",
        point_of_no_return=CUTOVER if possible else "",
        expected_seconds=expected_seconds(facts.bytes, parameters.limit_mb) if possible else None,
    )


def expected_seconds(size: int, limit_mb: float | None) -> float:
    rate = min(COPIED_A_SECOND, limit_mb * MB) if limit_mb else COPIED_A_SECOND
    return round(size / rate + size / COMPARED_A_SECOND + AROUND_SECONDS, 1)


def _summary(facts: MoveFacts, possible: bool) -> str:
    source, target = facts.source.shard or "its shard", facts.target.shard
    if not possible:
        return f"{facts.tenant} cannot move to {target} now."
    return (
        f"{facts.tenant} moves from {source} to {target}: {human_number(facts.rows)} rows, {human_bytes(facts.bytes)}."
    )


def _blast(facts: MoveFacts) -> BlastRadius:
    source, target = facts.source.shard, facts.target.shard
    return BlastRadius(
        summary=f"Reads and writes of {facts.tenant} go on while it is copied; its writes alone pause in the cutover."
        f" All other tenants of {source} and {target} share their disks with the copy.",
        targets=(f"tenant:{facts.tenant}", facts.source.leader, facts.target.leader),
        tenants=1,
        rows=facts.rows,
        bytes=facts.bytes,
        write_pause_ms=EXPECTED_PAUSE_MS,
    )


def arguments(parameters: MoveParameters, facts: MoveFacts) -> dict[str, Any]:
    """Of every step: all that a worker needs to know."""
    turned = {"limit_mb", "hours_from", "hours_until", "time_zone", "pause_limit_ms", "way_back_hours"}
    return {
        "tenant": facts.tenant,
        "schema_name": facts.schema_name,
        "source": facts.source.shard,
        "target": facts.target.shard,
        "epoch": facts.epoch,
        **parameters.model_dump(mode="json", include=turned),
    }


def _steps(parameters: MoveParameters, facts: MoveFacts) -> tuple[PlannedStep, ...]:
    source, target = facts.source.shard, facts.target.shard
    told = [
        (PREPARE, f"Prepare {source} and {target}", f"{target} expects the tenant; {source} keeps WAL for its stream."),
        (COPY, "Copy every row", "Part by part, each in a short transaction, at the limit."),
        (CATCH_UP, "Apply what was written meanwhile", "Until the stream is behind by little."),
        (COMPARE, "Compare every row", "On both shards, at one consistent point; nothing waits for it."),
        (REVERSE_PREPARE, "Prove the way back", f"A slot on {target} for the stream back, tried with a change."),
        (
            CUTOVER,
            f"Cut over to {target}",
            f"Writes pause for at most {parameters.pause_limit_ms} ms; then {target} has them.",
        ),
        (FOLLOW, "The placement and the caches follow", _afterwards(parameters, source)),
    ]
    if parameters.way_back_hours == 0:
        told.append(
            (FINISH, f"Delete the rows on {source}", "In small parts; the tenant can then move back only anew.")
        )
    shared = arguments(parameters, facts)
    return tuple(
        PlannedStep(key=key, title=title, consequence=consequence, arguments=shared) for key, title, consequence in told
    )


def _afterwards(parameters: MoveParameters, source: str) -> str:
    if parameters.way_back_hours == 0:
        return "No way back stays open."
    return f"{source} is kept current for {parameters.way_back_hours} h: until then the move can be taken back."


def _stable(facts: MoveFacts) -> dict[str, Any]:
    """What must still be so when it is executed. Sizes change, leaders may: each step asks for them again."""
    gate = facts.source.gate
    return {
        "tenant": facts.tenant,
        "source": facts.source.shard,
        "target": facts.target.shard,
        "target_state": facts.target.state,
        "schema_name": facts.schema_name,
        "epoch": facts.epoch,
        "gate": gate.state if gate else "",
        "tables": {table.name: list(table.key) for table in facts.tables},
    }
