"""The steps of `partitions-create`: each first asks the catalog, so that doing one twice changes nothing."""

from typing import Any

from novaops.operations.contract import PermanentProblem, StepContext
from shards.clients.postgres import Session
from shards.partitions import bounds, catalog, ddl
from shards.partitions.bounds import Bound
from shards.partitions.create_facts import Child
from shards.partitions.leader import session_on
from shards.partitions.planner import Piece

STEP_SECONDS = 30.0


def created(context: StepContext) -> bool:
    """Whether the partition is attached; PermanentProblem when one of that name has other bounds."""
    arguments = context.arguments
    with session_on(arguments["shard"], STEP_SECONDS) as session:
        child = children(session, arguments).get(arguments["partition"])
        return child is not None and same_range(session, child, piece_of(arguments))


def create(context: StepContext) -> str:
    arguments = context.arguments
    piece = piece_of(arguments)
    context.progress(0, 1, f"Creating {piece.name}")
    with session_on(arguments["shard"], STEP_SECONDS) as session:
        ddl.create(session, context, (arguments["schema"], arguments["table"]), piece, arguments["like"])
    context.progress(1, 1, f"{piece.name} is attached")
    return f"{piece.name} takes rows from {piece.lower} to before {piece.upper}."


def verify(context: StepContext) -> str:
    """Every partition of the plan exists, with its bounds, and with the indexes and row security of its sibling."""
    arguments = context.arguments
    with session_on(arguments["shard"], STEP_SECONDS) as session:
        there = children(session, arguments)
        sibling = there.get(arguments["like"])
        for wanted in arguments["partitions"]:
            piece = Piece("", wanted["name"], wanted["lower"], wanted["upper"])
            _insist(session, there.get(piece.name), piece, sibling)
    return f"{len(arguments['partitions'])} partitions are in the catalog, dressed like {arguments['like']}."


def _insist(session: Session, child: Child | None, piece: Piece, sibling: Child | None) -> None:
    if child is None:
        raise PermanentProblem(f"{piece.name} is not attached: somebody detached or dropped it meanwhile.")
    same_range(session, child, piece)
    if sibling is None:
        return
    if child.indexes < sibling.indexes:
        raise PermanentProblem(f"{child.name} has {child.indexes} valid indexes, {sibling.name} has {sibling.indexes}.")
    secured = (child.row_security, child.forced_row_security)
    if secured != (sibling.row_security, sibling.forced_row_security):
        raise PermanentProblem(f"{child.name} differs from {sibling.name} in row security.")


def children(session: Session, arguments: Any) -> dict[str, Child]:
    return catalog.children_by_name(session, arguments["schema"], arguments["table"])


def piece_of(arguments: Any) -> Piece:
    return Piece(arguments["partition_schema"], arguments["partition"], arguments["lower"], arguments["upper"])


def same_range(session: Session, child: Child, piece: Piece) -> bool:
    found = bounds.parse(child.bound)
    if found != Bound("range", piece.lower, piece.upper) and not _equal(session, found, piece):
        raise PermanentProblem(
            f"{child.name} exists with other bounds: from {found.lower} to {found.upper}. Plan again."
        )
    return True


def _equal(session: Session, found: Bound, piece: Piece) -> bool:
    """Bounds written differently, such as 2026-11-01 00:00:00+00 and 2026-11-01 00:00:00+00:00."""
    if not found.finite or not any(mark in piece.lower for mark in ":-"):
        return False
    row = session.execute(
        "SELECT %s::timestamptz = %s::timestamptz AND %s::timestamptz = %s::timestamptz AS same",
        (found.lower, piece.lower, found.upper, piece.upper),
    ).fetchone()
    return bool(row and row["same"])
