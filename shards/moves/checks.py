"""What speaks for or against a move: pure, each a sentence with its number and, where it is refused, the cure."""

from collections.abc import Iterator

from novaops.operations.contract import Check
from novaops.ui.formats import human_bytes, human_number, moment
from shards.moves.checks_of_sides import of_both, of_side
from shards.moves.facts import MoveFacts
from shards.outcomes import failed, passed, warned

SHOWN = 50


def checks(facts: MoveFacts) -> tuple[Check, ...]:
    if facts.problem:
        return (failed("Tenant and shard", facts.problem),)
    source, target = facts.source, facts.target
    if source.shard == target.shard:
        return (failed("Tenant and shard", f"{facts.tenant} is on {target.shard} already: choose another shard."),)
    known = (
        passed("Tenant and shard", f"{facts.tenant} is on {source.shard} at epoch {facts.epoch}."),
        _no_other_move(facts),
        *_states(facts),
    )
    asked = [*of_side(source, sends=True), *of_side(target, sends=False)]
    if source.problem or target.problem or source.server is None or target.server is None:
        return (*known, *asked)
    return (*known, *asked, *of_both(facts), *_gates(facts), *_tables(facts))


def _no_other_move(facts: MoveFacts) -> Check:
    name = "No other move"
    if not facts.others:
        return passed(name, f"{facts.tenant} is in no other move.")
    other = facts.others[0]
    move, evidence = f"Operation {other.operation}", {"operation": other.operation}
    if other.phase == "moved":
        until = f" until {moment(other.way_back_until)}" if other.way_back_until else ""
        return failed(name, f"{move} keeps a way back open{until}: finish that move, or take it back.", **evidence)
    return failed(name, f"{move} moves {facts.tenant} already ({other.phase_label.lower()}): wait for it.", **evidence)


def _states(facts: MoveFacts) -> Iterator[Check]:
    target, source = facts.target, facts.source
    if target.state != "active":
        yield failed(
            "Target is active", f"{target.shard} is {target.state}: set it to active, or choose another shard."
        )
    else:
        yield passed("Target is active", f"{target.shard} takes tenants.")
    if source.state in ("readonly", "offline"):
        yield warned("Source", f"{source.shard} is {source.state}: its applications write nothing there now.")


def _gates(facts: MoveFacts) -> Iterator[Check]:
    here, there = facts.source.gate, facts.target.gate
    source, target = facts.source.shard, facts.target.shard
    if here is None:
        yield failed("Gate", f"{source} does not know {facts.tenant}: its placement is wrong, or its row was deleted.")
    elif here.state != "open":
        to = f" to {here.moved_to}" if here.moved_to else ""
        yield failed("Gate", f"The gate of {facts.tenant} on {source} is {here.state}{to}, not open: see its moves.")
    elif here.epoch != facts.epoch:
        sentence = f"{source} has {facts.tenant} at epoch {here.epoch}, the placement at {facts.epoch}"
        yield failed("Gate", f"{sentence}: applications are refused there. Correct the placement first.")
    else:
        yield passed("Gate", f"Open on {source}, at epoch {here.epoch}.")
    if there is not None and there.state != "away":
        cure = "an ended move left it there; remove it as a leftover"
        yield failed("Gate of the target", f"{target} has {facts.tenant} with its gate {there.state}: {cure}.")
    if facts.occupied:
        names = ", ".join(facts.occupied[:5])
        sentence = f"{target} holds rows of {facts.tenant} already, in {names}"
        yield failed("No rows there", f"{sentence}: remove them as leftovers.", tables=list(facts.occupied[:SHOWN]))
    else:
        yield passed("No rows there", f"{target} holds no row of {facts.tenant}.")


def _tables(facts: MoveFacts) -> Iterator[Check]:
    unusable = [table for table in facts.tables if table.unusable]
    if not facts.tables:
        yield failed(
            "Tables", f"{facts.tenant} has no table on {facts.source.shard}: there is nothing that could move."
        )
    elif unusable:
        evidence = {"tables": {table.name: table.unusable for table in unusable}}
        yield failed("Tables", " ".join(table.unusable for table in unusable[:3]), **evidence)
    else:
        size = f"about {human_number(facts.rows)} rows, {human_bytes(facts.bytes)}"
        yield passed("Tables", f"{len(facts.tables)} tables, each with a key: {size}.")
    yield _same_schema(facts)


def _same_schema(facts: MoveFacts) -> Check:
    grave = [one for one in facts.differences if one.matters]
    shown = (grave or list(facts.differences))[:SHOWN]
    table = [{"table": one.table, "what": one.what, "here": one.here, "there": one.there} for one in shown]
    source, target = facts.source.shard, facts.target.shard
    if grave:
        first = f"{grave[0].table}: {grave[0].what}"
        cure = "bring both to the same data plane with manage.py dataplane migrate, or alter the one that differs"
        reason = f"{len(grave)} objects differ between {source} and {target}, the first {first}: {cure}."
        return failed("Same tables", reason, differences=table)
    if facts.differences:
        reason = f"{len(facts.differences)} indexes differ between {source} and {target}: queries may be slower there."
        return warned("Same tables", reason, differences=table)
    return passed("Same tables", f"Columns, constraints, indexes, policies and gates are the same on {target}.")
