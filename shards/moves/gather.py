"""Asks both shards for what the plan of a move rests on. A server that does not answer is a fact too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias, TypeVar

from psycopg import sql

from novaops.inventory.models import Shard
from novaops.inventory.targets import Target
from novaops.operations.contract import TransientProblem
from shards.clients.postgres import Session, sessions
from shards.disk import disk_bytes
from shards.exceptions import ShardError
from shards.marks import Mark
from shards.moves import catalog, gates
from shards.moves.clusters import cluster_facts
from shards.moves.comparing_schemas import Objects, differences
from shards.moves.facts import GateFacts, LongTransaction, MoveFacts, OtherMove, Server, Side, TableFacts
from shards.moves.models import OVER, Move, Phase
from shards.moves.sizes import size_of
from shards.moves.streams import Stream
from shards.moves.tables import Table
from shards.partitions.leader import NoLeader, find
from shards.placement.models import Placement

SQL = Path(__file__).parent / "sql"
SIDE, LONG, OBJECTS = ((SQL / f"{name}.sql").read_text().encode() for name in ("side", "long_transactions", "objects"))
GATHER_SECONDS, STATEMENT_SECONDS, LONG_SECONDS = 15.0, 8, 60
VERSION = "SELECT coalesce(max(version), 0) AS version FROM novaops_schema.migrations WHERE finished_at IS NOT NULL"
THERE = "SELECT to_regclass('novaops_schema.migrations') IS NOT NULL AS there"
MOVES_FROM = 11
Found = TypeVar("Found")


def gather(tenant: str, target: str) -> MoveFacts:
    placement = Placement.objects.select_related("shard").filter(tenant_id=tenant).first()
    states = dict(Shard.objects.filter(present=True).values_list("name", "state"))
    unknown = MoveFacts(tenant=tenant, target=Side(shard=target, state=states.get(target, "")))
    if placement is None:
        return unknown.model_copy(update={"problem": f"The tenant {tenant} is placed on no shard of this fleet."})
    known = unknown.model_copy(
        update={
            "isolation": placement.isolation,
            "schema_name": placement.schema_name,
            "epoch": placement.epoch,
            "source": Side(shard=placement.shard.name, state=states.get(placement.shard.name, "")),
            "others": _others(tenant),
        }
    )
    if target not in states:
        return known.model_copy(update={"problem": f"There is no shard {target}. There: {', '.join(sorted(states))}."})
    return known if target == placement.shard.name else _of_both(known)


def asked_alone(shard: str, tenant: str) -> Side:
    """What a shard says of itself and of the tenant's gate."""
    state = Shard.objects.filter(name=shard, present=True).values_list("state", flat=True).first()
    side = Side(shard=shard, state=state or "", cluster=cluster_facts(shard))
    try:
        leader = find(shard)
        with sessions.open(leader, GATHER_SECONDS) as session, _looking(session):
            return side.model_copy(update={"leader": leader.name, **_told(session, leader, tenant)})
    except (NoLeader, ShardError, TransientProblem) as problem:
        return side.model_copy(update={"problem": str(problem)})


def _others(tenant: str) -> tuple[OtherMove, ...]:
    going = Move.objects.filter(tenant_id=tenant).exclude(phase__in=OVER)
    return tuple(
        OtherMove(
            operation=move.operation_id,
            phase=move.phase,
            phase_label=Phase(move.phase).label,
            way_back_until=move.way_back_until,
        )
        for move in going
    )


def _of_both(known: MoveFacts) -> MoveFacts:
    stream = Stream(known.tenant, known.schema_name, known.source.shard, known.target.shard, Mark(0, ""))
    source, here, tables = _asked(known.source, stream, _sized)
    target, there, occupied = _asked(known.target, stream, _occupied)
    # A tenant's own schema is made on the target by the move, unless it is there already.
    comparable = here and not target.problem and target.version >= MOVES_FROM and (there or not known.schema_name)
    return known.model_copy(
        update={
            "source": source,
            "target": target,
            "tables": tables,
            "differences": differences(here, there) if comparable else (),
            "occupied": occupied,
        }
    )


Question: TypeAlias = Callable[[Session, tuple[Table, ...], str], tuple[Found, ...]]


def _asked(side: Side, stream: Stream, question: "Question[Found]") -> tuple[Side, Objects, tuple[Found, ...]]:
    """What one side says of itself, of what makes the tenant's tables, and of their rows."""
    side = side.model_copy(update={"cluster": cluster_facts(side.shard)})
    try:
        leader = find(side.shard)
        with sessions.open(leader, GATHER_SECONDS) as session, _looking(session):
            seen = side.model_copy(update={"leader": leader.name, **_told(session, leader, stream.tenant_id)})
            if seen.version < MOVES_FROM:
                return seen, {}, ()
            tables = catalog.tables_of(session, stream)
            return seen, _objects(session, tables), question(session, tables, stream.tenant_id)
    except (NoLeader, ShardError, TransientProblem) as problem:
        return side.model_copy(update={"problem": str(problem)}), {}, ()


def _sized(session: Session, tables: tuple[Table, ...], tenant: str) -> tuple[TableFacts, ...]:
    return tuple(_table(session, table, tenant) for table in tables)


def _occupied(session: Session, tables: tuple[Table, ...], tenant: str) -> tuple[str, ...]:
    """Tables in which rows of the tenant are already."""
    return tuple(table.full_name for table in tables if _holds(session, table, tenant))


@contextmanager
def _looking(session: Session) -> Iterator[None]:
    """A short transaction that writes nothing, and sees every row or fails."""
    with session.transaction():
        session.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'".encode())
        session.execute("SET TRANSACTION READ ONLY")
        session.execute("SET LOCAL row_security = off")
        yield


def _told(session: Session, leader: Target, tenant: str) -> dict[str, object]:
    there = session.execute(THERE).fetchone()
    row = session.execute(VERSION).fetchone() if there and there["there"] else None
    version = row["version"] if row else 0
    gate = gates.gate_of(session, tenant) if version >= MOVES_FROM else None
    found = session.execute(LONG, {"seconds": LONG_SECONDS}).fetchall()
    return {
        "version": version,
        "server": Server.model_validate(
            {**(session.execute(SIDE).fetchone() or {}), "disk_bytes": disk_bytes(leader.options)}
        ),
        "gate": GateFacts(state=gate.state.value, epoch=gate.epoch, moved_to=gate.moved_to) if gate else None,
        "long": tuple(LongTransaction.model_validate(one) for one in found),
    }


def _objects(session: Session, tables: tuple[Table, ...]) -> Objects:
    if not tables:
        return {}
    named = {"schema": tables[0].schema, "names": [table.name for table in tables]}
    rows = session.execute(OBJECTS, named).fetchall()
    found = {(row["table_name"], row["what"]): row["definition"] for row in rows}
    return found | {(table.name, "hypertable"): f"by {table.along}" for table in tables if table.along}


def _table(session: Session, table: Table, tenant: str) -> TableFacts:
    rows, size = size_of(session, table, tenant)
    return TableFacts(name=table.full_name, key=table.key, unusable=table.unusable, rows=rows, bytes=size)


def _holds(session: Session, table: Table, tenant: str) -> bool:
    question = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {}) AS found").format(table.identifier, table.mine)
    row = session.execute(question, {"tenant": tenant}).fetchone()
    return bool(row and row["found"])
