"""What speaks for or against creating partitions: pure, each a sentence with its number."""

from collections.abc import Iterator
from datetime import datetime

from novaops.operations.contract import Check, CheckOutcome
from novaops.ui.formats import human_number
from shards.fences import MISSING
from shards.partitions.bounds import parse
from shards.partitions.create_facts import Child, CreateFacts
from shards.partitions.keys import position
from shards.partitions.naming import LONGEST_NAME
from shards.partitions.planner import Continuation, Piece


def check(name: str, outcome: str, reason: str, **evidence: object) -> Check:
    return Check(name=name, outcome=CheckOutcome(outcome), reason=reason, evidence=evidence)


def of_table(facts: CreateFacts) -> Iterator[Check]:
    table = facts.table
    yield check("Leader answers", "passed", f"{facts.server} leads {facts.shard}.")
    if not facts.fenced:
        yield check("Fences", "failed", MISSING.format(shard=facts.shard))
    if table.kind == "missing":
        yield check("Table exists", "failed", f"{table.full_name} is not on {facts.shard}.")
        return
    if table.kind != "partitioned" or table.strategy != "range":
        what = f"partitioned by {table.strategy}" if table.kind == "partitioned" else "not partitioned"
        yield check("Partitioned by range", "failed", f"{table.full_name} is {what}: no partition comes next.")
        return
    yield check("Partitioned by range", "passed", f"By {', '.join(table.key_columns)}, {table.key_type}.")
    if len(table.key_columns) != 1 or not table.key_columns[0]:
        yield check("One key column", "failed", "Its key is more than one plain column; its partitions stay by hand.")
    if any(child.kind == "p" for child in table.children):
        yield check("One level", "failed", "Its partitions are partitioned themselves; theirs stay by hand.")


def of_pieces(facts: CreateFacts, going_on: Continuation, pieces: tuple[Piece, ...], now: datetime) -> Iterator[Check]:
    table = facts.table
    yield check("No overlap", "passed", f"They begin at {going_on.start}, where {going_on.sibling.name} ends.")
    yield _names(facts, pieces)
    yield _default(facts)
    if going_on.gaps:
        first = f"from {going_on.gaps[0][0]} to {going_on.gaps[0][1]}"
        reason = f"{len(going_on.gaps)} between older partitions, the first {first}; this does not fill them."
        yield check("Gaps", "warned", reason, gaps=[list(gap) for gap in going_on.gaps[:20]])
    end = position(going_on.kind, pieces[-1].upper)
    if isinstance(end, datetime) and end <= now:
        yield check("Reach", "warned", f"Even the last one ends before today ({pieces[-1].upper}): ask for more.")
    unsafe = _unprotected(table.children)
    if unsafe:
        yield check("Row security", "warned", f"Siblings differ in row security; the new follow {unsafe}.")


def _names(facts: CreateFacts, pieces: tuple[Piece, ...]) -> Check:
    taken = [piece.name for piece in pieces if piece.name in facts.table.relations]
    long = [piece.name for piece in pieces if len(piece.name.encode()) > LONGEST_NAME]
    if taken:
        return check("Names are free", "failed", f"{', '.join(taken[:5])} exist already and are no part of the table.")
    if long or len({piece.name for piece in pieces}) < len(pieces):
        return check("Names are free", "failed", "The way its partitions are named gives no usable name for the next.")
    return check("Names are free", "passed", f"Named as before: {pieces[0].name}.")


def _default(facts: CreateFacts) -> Check:
    held = facts.held
    if not held.name:
        return check("Default partition", "passed", "There is none, so no row can lie in the new range.")
    if held.inside is None:
        return check("Default partition", "failed", f"The rows of {held.name} could not be counted: {held.problem}")
    if held.inside:
        rows = f"{human_number(held.inside)} row{'s' if held.inside > 1 else ''}"
        reason = f"{held.name} holds {rows} inside the new range: move them out first, or PostgreSQL refuses."
        return check("Default partition", "failed", reason, rows=held.inside)
    return check("Default partition", "passed", f"{held.name} holds no row inside the new range.")


def _unprotected(children: tuple[Child, ...]) -> str:
    """The name of the sibling that is followed, where siblings differ in row security; else empty."""
    kinds = {(child.row_security, child.forced_row_security) for child in children if parse(child.bound).finite}
    return max((child.name for child in children), default="") if len(kinds) > 1 else ""
