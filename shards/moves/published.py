"""The change stream's, and other, publications of the receiver take the tenant's own tables, as those of the sender do:
after the rows have come, so that nobody is told of each of them."""

from typing import Any

from psycopg import sql

from novaops.operations.contract import StepContext
from shards.clients.postgres import Session
from shards.fences import writing
from shards.moves.catalog import statement
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream

SECONDS = 60
KNOWN = "SELECT pubname::text AS name FROM pg_publication WHERE NOT puballtables"


def follow(context: StepContext, stream: Stream) -> None:
    """Doing it again changes nothing; publications that the receiver does not have are left out."""
    if not stream.schema_name:
        return
    with sending(stream, SECONDS) as sender, receiving(stream, SECONDS) as receiver:
        known = {row["name"] for row in receiver.execute(KNOWN).fetchall()}
        there = _members(receiver, stream)
        missing = {key: row for key, row in _members(sender, stream).items() if key not in there and key[0] in known}
        if missing:
            with writing(receiver, context):
                for row in missing.values():
                    receiver.execute(_added(row))


def _members(session: Session, stream: Stream) -> dict[tuple[str, str], dict[str, Any]]:
    named = {"schema": stream.schema_name, "own": stream.name.rpartition("_")[0]}
    rows = session.execute(statement("published"), named).fetchall()
    return {(row["publication"], row["name"]): row for row in rows}


def _added(row: dict[str, Any]) -> sql.Composed:
    command = sql.SQL("ALTER PUBLICATION {} ADD TABLE {}").format(
        sql.Identifier(row["publication"]), sql.Identifier(row["schema"], row["name"])
    )
    if row["columns"]:
        command += sql.SQL(" ({})").format(sql.SQL(", ").join(map(sql.Identifier, row["columns"])))
    if row["condition"]:
        command += sql.SQL(" WHERE ({})").format(sql.SQL(row["condition"]))
    return command
