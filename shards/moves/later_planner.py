"""The plans to take a move back, and to finish it: pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from novaops.operations.contract import BlastRadius, Check, CheckOutcome, Plan, PlannedStep
from novaops.ui.formats import human_bytes, moment
from shards.moves.checks_of_sides import of_side
from shards.moves.later_facts import LaterFacts
from shards.moves.planner import COMPARE, CUTOVER, EXPECTED_PAUSE_MS, FINISH, FOLLOW
from shards.outcomes import failed, passed, warned

RETURN_SECONDS, FINISH_SECONDS = 60.0, 60.0
PAUSE_LIMIT_MS = 1000


def plan_back(facts: LaterFacts, now: datetime) -> Plan:
    found = tuple(_checks(facts, now, returns=True))
    possible = _possible(found)
    old, new = facts.old.shard, facts.new.shard
    steps = (
        (COMPARE, "Compare every row again", f"{old} has what was written on {new}; nothing waits for it."),
        (CUTOVER, f"Cut over to {old}", f"Writes pause for at most {PAUSE_LIMIT_MS} ms, then go there."),
        (FOLLOW, f"The placement follows, {new} forgets the tenant", "Its rows there are deleted in small parts."),
    )
    return _plan(facts, found, steps if possible else (), f"{facts.tenant} goes back from {new} to {old}.").model_copy(
        update={
            "confirm": f"{facts.tenant} back {old}" if possible else "",
            "point_of_no_return": CUTOVER if possible else "",
            "expected_seconds": RETURN_SECONDS if possible else None,
        }
    )


def plan_finish(facts: LaterFacts, now: datetime) -> Plan:
    found = tuple(_checks(facts, now, returns=False))
    possible = _possible(found)
    old = facts.old.shard
    steps = ((FINISH, f"Close the way back, delete the rows on {old}", "In small parts; nothing waits for it."),)
    return _plan(facts, found, steps if possible else (), f"The move of {facts.tenant} is final.").model_copy(
        update={
            "confirm": f"{facts.tenant} stays on {facts.new.shard}" if possible else "",
            "point_of_no_return": FINISH if possible else "",
            "expected_seconds": FINISH_SECONDS if possible else None,
        }
    )


def _possible(found: tuple[Check, ...]) -> bool:
    return all(check.outcome is not CheckOutcome.FAILED for check in found)


def _plan(facts: LaterFacts, found: tuple[Check, ...], steps: tuple[tuple[str, str, str], ...], summary: str) -> Plan:
    returns = any(key == CUTOVER for key, _, _ in steps)
    shared: dict[str, Any] = {"operation": facts.operation, "tenant": facts.tenant, "epoch": facts.epoch}
    if returns:
        shared["pause_limit_ms"] = PAUSE_LIMIT_MS
    return Plan(
        summary=summary if steps else f"Nothing can be done with the move of operation {facts.operation} now.",
        checks=found,
        blast=_blast(facts, returns) if steps else BlastRadius(summary="Nothing is touched."),
        steps=tuple(
            PlannedStep(key=key, title=title, consequence=told, arguments=shared) for key, title, told in steps
        ),
        facts=_stable(facts),
    )


def _blast(facts: LaterFacts, returns: bool) -> BlastRadius:
    sentence = (
        f"Reads and writes of {facts.tenant} go on; its writes alone pause in the cutover."
        if returns
        else f"What {facts.old.shard} still has of {facts.tenant} is deleted: afterwards only a new move leads back."
    )
    return BlastRadius(
        summary=sentence,
        targets=(f"tenant:{facts.tenant}", facts.old.leader, facts.new.leader),
        tenants=1,
        write_pause_ms=EXPECTED_PAUSE_MS if returns else 0,
    )


def _checks(facts: LaterFacts, now: datetime, returns: bool) -> Iterator[Check]:
    if facts.problem:
        yield failed("Move", facts.problem)
        return
    if facts.phase != "moved":
        label = facts.phase_label.lower()
        yield failed("Way back", f"The move of operation {facts.operation} is {label}: no way back is open.")
        return
    yield _way_back(facts, now, returns)
    yield from of_side(facts.new, sends=returns)
    yield from of_side(facts.old, sends=False)
    if not (facts.new.problem or facts.old.problem):
        yield from _gates(facts)


def _way_back(facts: LaterFacts, now: datetime, returns: bool) -> Check:
    until, behind = facts.way_back_until, facts.behind_bytes
    if until and until <= now and returns:
        return failed("Way back", f"It was open until {moment(until)}: move {facts.tenant} anew instead.")
    said = f"Open until {moment(until)}" if until else "Open"
    if behind:
        return warned("Way back", f"{said}; {facts.old.shard} is {human_bytes(behind)} of WAL behind.")
    return passed("Way back", f"{said}.")


def _gates(facts: LaterFacts) -> Iterator[Check]:
    new, old = facts.new.gate, facts.old.gate
    if new is None or new.state != "open" or new.epoch != facts.epoch:
        said = f"{new.state} at epoch {new.epoch}" if new else "unknown"
        yield failed("Gate", f"On {facts.new.shard} {facts.tenant} is {said}, not open at epoch {facts.epoch}.")
    elif old is not None and old.state == "open":
        yield failed("Gate", f"On {facts.old.shard} {facts.tenant} is open too: nobody may write there. See its moves.")
    else:
        yield passed("Gate", f"Open on {facts.new.shard} alone, at epoch {new.epoch}.")


def _stable(facts: LaterFacts) -> dict[str, Any]:
    gates = {"old": facts.old.gate, "new": facts.new.gate}
    return {
        "move": facts.operation,
        "tenant": facts.tenant,
        "phase": facts.phase,
        "epoch": facts.epoch,
        **{f"gate_{name}": gate.state if gate else "" for name, gate in gates.items()},
    }
