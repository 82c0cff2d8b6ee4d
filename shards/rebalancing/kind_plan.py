"""The plans of the kinds that make many moves: pure. No step and no fact has a size in it: a confirmed plan comes out
the same while tenants write."""

from collections.abc import Callable, Sequence
from typing import Any

from novaops.operations.contract import BlastRadius, Check, Plan, PlannedStep
from novaops.ui.formats import human_bytes, human_number, percent
from shards.moves.planner import EXPECTED_PAUSE_MS, expected_seconds
from shards.outcomes import failed, passed, warned
from shards.rebalancing.answer import Move, Rebalance
from shards.rebalancing.emptying import drained, filled
from shards.rebalancing.kind_facts import RebalanceFacts
from shards.rebalancing.parameters import Draining, Filling, Options, Pace
from shards.rebalancing.planner import plan
from shards.rebalancing.problems import Contradiction

CHILD, MEASURE = "move-tenant", "measure"
CLOSE, EMPTY = "close-shard", "empty-shard"
MIGRATE, OPEN = "migrate-shard", "open-shard"
MOST_DRAINED = 500
MOVES = "Moves"


def plan_rebalance(options: Options, facts: RebalanceFacts) -> Plan:
    load = facts.load
    found = _tried(lambda: plan(load.shards, load.tenants, options.wishes))
    measure = _measure(options)
    return _whole("The fleet is rebalanced", options, facts, found, (), (measure,))


def plan_fill(options: Filling, facts: RebalanceFacts) -> Plan:
    if not facts.state:
        return _refused(f"There is no shard {options.shard} in this fleet.", facts)
    load = facts.load
    found = _tried(lambda: filled(load.shards, load.tenants, options.wishes, options.shard))
    told = {"shard": options.shard, "state": facts.state}
    first = (
        PlannedStep(
            key=MIGRATE,
            title=f"Bring the data plane of {options.shard} to its newest version",
            consequence="Nothing is done where it is there already.",
            arguments=told,
        ),
        PlannedStep(
            key=OPEN, title=f"Open {options.shard}", consequence="It takes new tenants from here on.", arguments=told
        ),
    )
    made = _whole(f"{options.shard} gets its share", options, facts, found, first, (_measure(options),), always=True)
    return made.model_copy(update={"checks": (*_of_data_plane(options.shard, facts), *made.checks)})


def plan_drain(options: Draining, facts: RebalanceFacts) -> Plan:
    if not facts.state:
        return _refused(f"There is no shard {options.shard} in this fleet.", facts)
    load, shard = facts.load, options.shard
    found = _tried(lambda: drained(load.shards, load.tenants, options.wishes, shard))
    told = {"shard": shard, "state": facts.state}
    close = PlannedStep(
        key=CLOSE, title=f"Close {shard} to new tenants", consequence="Its state is draining.", arguments=told
    )
    empty = PlannedStep(
        key=EMPTY,
        title=f"Take {shard} offline once it is empty",
        consequence="When no tenant and no way back needs it any more.",
        arguments=told,
    )
    made = _whole(f"{shard} is emptied", options, facts, found, (close,), (empty,), always=True)
    return made.model_copy(update={"checks": (*_all_leave(shard, facts, found), *made.checks)})


def _tried(planning: Callable[[], Rebalance]) -> Rebalance | str:
    try:
        return planning()
    except Contradiction as problem:
        return str(problem)


def _whole(
    what: str,
    pace: Pace,
    facts: RebalanceFacts,
    found: Rebalance | str,
    first: tuple[PlannedStep, ...],
    last: tuple[PlannedStep, ...],
    always: bool = False,
) -> Plan:
    """`always`: also without any move there is something to do."""
    if isinstance(found, str):
        return _refused(found, facts)
    free = tuple(move for move in found.moves if move.tenant_id not in facts.busy)
    seconds = sum(expected_seconds(move.bytes, pace.limit_mb) for move in free) / min(pace.at_once, max(1, len(free)))
    steps = (*first, *_children(pace, free), *last) if free or always else ()
    size = sum(move.bytes for move in free)
    return Plan(
        summary=f"{what}: {_number(free)}, about {human_bytes(size)}."
        if steps
        else "Nothing to do: nobody has to move.",
        checks=tuple(_checks(facts, found, free)),
        blast=_blast(free, size, pace),
        steps=steps,
        facts=_stable(facts, free),
        confirm=f"move {_number(free)}" if steps else "",
        expected_seconds=round(seconds, 1) if steps else None,
    )


def _children(pace: Pace, moves: Sequence[Move]) -> tuple[PlannedStep, ...]:
    return tuple(
        PlannedStep(
            key=CHILD,
            title=f"Move {move.tenant_id} from {move.source} to {move.target}",
            consequence="An operation of its own; should it fail, the others go on.",
            arguments={
                "at_once": pace.at_once,
                "parameters": {"tenant": move.tenant_id, "target": move.target, **pace.of_each},
            },
        )
        for move in moves
    )


def _measure(options: Options) -> PlannedStep:
    return PlannedStep(
        key=MEASURE,
        title="Measure the shards again",
        consequence="It fails where they are not as much nearer to their shares as planned.",
        arguments={"measure": options.measure.value},
    )


def _number(moves: Sequence[Move]) -> str:
    return "1 tenant" if len(moves) == 1 else f"{human_number(len(moves))} tenants"


def _blast(moves: Sequence[Move], size: int, pace: Pace) -> BlastRadius:
    return BlastRadius(
        summary=f"At most {pace.at_once} of them move at once; each one's writes alone pause, in its own cutover.",
        targets=tuple(sorted({f"shard:{name}" for move in moves for name in (move.source, move.target)})),
        tenants=len(moves),
        bytes=size,
        write_pause_ms=EXPECTED_PAUSE_MS if moves else 0,
    )


def _checks(facts: RebalanceFacts, found: Rebalance, free: Sequence[Move]) -> list[Check]:
    left = [move.tenant_id for move in found.moves if move.tenant_id in facts.busy]
    before, planned = found.skew_before, found.skew_after
    checks = [*(failed("Every shard answers", f"{name}: {problem}") for name, problem in facts.load.problems)]
    checks.append(
        passed(
            "Shares",
            f"The fullest shard is {percent(before)} above its share, and {percent(planned)} after it.",
            before=round(before, 4),
            planned=round(planned, 4),
            shards=[
                {"shard": one.name, "load": round(one.load, 4), "fair": round(one.fair, 4)} for one in found.before
            ],
        )
    )
    if free:
        each = [
            {"tenant": one.tenant_id, "from": one.source, "to": one.target, "bytes": one.bytes, "why": one.why}
            for one in free
        ]
        checks.append(passed(MOVES, f"{free[0].tenant_id}: {free[0].why}", moves=each))
    if left:
        reason = f"{', '.join(left[:5])} would move too, and is in a move that is not over: finish that one first."
        checks.append(warned("Not in another move", reason, tenants=left[:50]))
    checks.extend(warned("What cannot be had", note) for note in found.notes)
    return checks


def _all_leave(shard: str, facts: RebalanceFacts, found: Rebalance | str) -> list[Check]:
    on_it = {one.tenant_id for one in facts.load.tenants if one.shard == shard}
    if facts.state == "offline":
        return [failed("State", f"{shard} is offline already.")]
    if isinstance(found, str):
        return []
    stay = sorted(on_it - {move.tenant_id for move in found.moves}) + sorted(on_it & facts.busy)
    if len(on_it) > MOST_DRAINED:
        return [failed("All leave", f"{shard} holds {len(on_it)} tenants, {MOST_DRAINED} at most leave at once.")]
    if stay:
        return [failed("All leave", f"{', '.join(stay[:5])} could not leave {shard} now.", tenants=stay[:50])]
    return [passed("All leave", f"All {len(on_it)} tenants of {shard} have a place elsewhere.")]


def _of_data_plane(shard: str, facts: RebalanceFacts) -> list[Check]:
    name = f"Data plane of {shard}"
    if facts.problem:
        return [failed(name, facts.problem)]
    if facts.drift:
        reason = f"It has drifted: {facts.drift[0]}. Tenants whose tables differ there are not moved."
        return [warned(name, reason, drift=list(facts.drift[:20]))]
    if facts.pending:
        return [warned(name, f"{', '.join(facts.pending)} will be applied first.")]
    return [passed(name, "At its newest version, without drift.")]


def _stable(facts: RebalanceFacts, moves: Sequence[Move]) -> dict[str, Any]:
    return {
        "shards": {one.name: [one.opens.value, one.weight] for one in facts.load.shards},
        "moves": {move.tenant_id: [move.source, move.target] for move in moves},
        "state": facts.state,
    }


def _refused(reason: str, facts: RebalanceFacts) -> Plan:
    return Plan(
        summary="It cannot be planned so.",
        checks=(failed("Wishes", reason),),
        blast=BlastRadius(summary="Nothing is touched."),
        facts=_stable(facts, ()),
    )
