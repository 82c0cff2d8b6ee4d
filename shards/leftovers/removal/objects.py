"""How each sort of thing on a shard is asked for and removed: inside a transaction under the fence, or beside one where
PostgreSQL allows none (`apart`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.sql import Identifier, Literal

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import Session
from shards.leftovers.place import Place
from shards.leftovers.removal.gather import holds_rows
from shards.leftovers.sorts import Sort

Identity = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Thing:
    """`there` is a query that finds it as the plan saw it, by name, database and identity; `drop` removes it. Those
    `in_main` are asked for in the shard's own database, whichever they name."""

    there: str
    drop: Callable[[Session, Place, Identity], str]
    apart: bool = False
    in_main: bool = False


def is_there(session: Session, place: Place, identity: Identity) -> bool:
    named = {**identity, "name": place.name, "database": place.database or session.info.dbname}
    return session.execute(THINGS[place.sort].there, named).fetchone() is not None


def _slot(session: Session, place: Place, identity: Identity) -> str:
    row = session.execute("SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s", (place.name,)).fetchone()
    if row and row["active_pid"]:
        raise PermanentProblem(
            f"Process {row['active_pid']} reads from slot {place.name} now: it is in use, and stays."
        )
    session.execute("SELECT pg_drop_replication_slot(%s)", (place.name,))
    return f"Slot {place.name} is dropped; its WAL can go."


def _publication(session: Session, place: Place, identity: Identity) -> str:
    session.execute(sql.SQL("DROP PUBLICATION {}").format(Identifier(place.name)))
    return f"Publication {place.name} is dropped."


def _subscription(session: Session, place: Place, identity: Identity) -> str:
    """Parted from its slot first: the other side may not answer any more, and DROP would wait for it."""
    name = Identifier(place.name)
    session.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(name))
    session.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(name))
    session.execute(sql.SQL("DROP SUBSCRIPTION {}").format(name))
    slot = f" Slot {identity['slot']} on the other side stays." if identity.get("slot") else ""
    return f"Subscription {place.name} is dropped.{slot}"


def _prepared(session: Session, place: Place, identity: Identity) -> str:
    session.execute(sql.SQL("ROLLBACK PREPARED {}").format(Literal(place.name)))
    return f"Prepared transaction {place.name} is rolled back."


def _fence(session: Session, place: Place, identity: Identity) -> str:
    session.execute(
        "DELETE FROM novaops_schema.fences WHERE console = %(console)s AND lock = %(lock)s AND token = %(mark)s",
        dict(identity),
    )
    return f"The fence of {identity['lock']} is gone."


def _arrival(session: Session, place: Place, identity: Identity) -> str:
    for kept in ("arrival_touched", "arrival_chunks", "arrivals"):
        table = Identifier("novaops_schema", kept)
        session.execute(sql.SQL("DELETE FROM {} WHERE stream = %s").format(table), (place.name,))
    return f"What was kept of {place.name} is gone."


def _index(session: Session, place: Place, identity: Identity) -> str:
    session.execute(sql.SQL("DROP INDEX {}").format(Identifier(*place.name.split(".", 1))))
    return f"Index {place.name} is dropped."


def _table(session: Session, place: Place, identity: Identity) -> str:
    schema, name = place.name.split(".", 1)
    table = Identifier(schema, name)
    if identity["why"] == "pending":
        # The parent's name is PostgreSQL's own text of it, quoted where it has to be.
        parent = sql.SQL(identity["parent"])
        session.execute(sql.SQL("ALTER TABLE {} DETACH PARTITION {} FINALIZE").format(parent, table))
    session.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(table))
    if not holds_rows(session, schema, name):
        session.execute(sql.SQL("DROP TABLE {}").format(table))
        return f"{place.name} was empty, and is dropped."
    if identity["why"] == "pending":
        return f"{place.name} is detached to the end; it holds rows, and stays as a table of its own."
    raise PermanentProblem(f"{place.name} holds rows by now, and stays.")


THINGS: dict[Sort, Thing] = {
    Sort.SLOT: Thing(
        "SELECT FROM pg_replication_slots WHERE slot_name = %(name)s AND slot_type = %(kind)s"
        " AND coalesce(plugin, '') = %(plugin)s",
        _slot,
        in_main=True,
    ),
    Sort.PUBLICATION: Thing(
        "SELECT FROM pg_publication WHERE pubname = %(name)s AND pg_get_userbyid(pubowner) = %(owner)s", _publication
    ),
    Sort.SUBSCRIPTION: Thing(
        "SELECT FROM pg_subscription JOIN pg_database d ON d.oid = subdbid"
        " WHERE subname = %(name)s AND datname = %(database)s AND coalesce(subslotname, '') = %(slot)s",
        _subscription,
    ),
    Sort.PREPARED: Thing(
        "SELECT FROM pg_prepared_xacts WHERE gid = %(name)s AND database = %(database)s AND prepared = %(at)s",
        _prepared,
        apart=True,
    ),
    Sort.FENCE: Thing(
        "SELECT FROM novaops_schema.fences WHERE console = %(console)s AND lock = %(lock)s AND token = %(mark)s",
        _fence,
        in_main=True,
    ),
    Sort.ARRIVAL: Thing(
        "SELECT FROM novaops_schema.arrivals WHERE stream = %(name)s AND tenant_id = %(tenant)s",
        _arrival,
        in_main=True,
    ),
    Sort.INDEX: Thing(
        "SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = %(oid)s AND n.nspname || '.' || c.relname = %(name)s AND NOT i.indisvalid",
        _index,
    ),
    Sort.TABLE: Thing(
        "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.oid = %(oid)s AND n.nspname || '.' || c.relname = %(name)s"
        " AND NOT EXISTS (SELECT FROM pg_inherits link WHERE link.inhrelid = c.oid AND NOT link.inhdetachpending)"
        " AND (%(why)s <> 'pending' OR EXISTS (SELECT FROM pg_inherits link WHERE link.inhrelid = c.oid))",
        _table,
    ),
}
