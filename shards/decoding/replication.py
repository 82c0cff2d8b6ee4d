"""Reading a slot: the streaming replication protocol, which psycopg2 speaks and psycopg 3 does not."""

import select
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import psycopg2
from psycopg2.extensions import quote_ident
from psycopg2.extras import LogicalReplicationConnection, ReplicationCursor

from novaops.inventory.targets import Target
from novaops.inventory.tls import libpq

PLUGIN = "pgoutput"
CONNECT_SECONDS = 3
# PostgreSQL drops a reader that says nothing for wal_sender_timeout (60 s by default).
STATUS_SECONDS = 10
# Values come as text that means the same in every session, whatever a role or a database has set.
TEXT_FORM = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "xmloption": "content",
}


class Replication:
    """A connection to one server that makes slots and reads one. Errors are psycopg2's."""

    def __init__(self, server: Target, application_name: str) -> None:
        self._connection: Any = psycopg2.connect(
            host=server.host,
            port=server.port,
            dbname=server.database,
            user=server.login.username,
            password=server.login.password,
            **libpq(server.options),
            connect_timeout=CONNECT_SECONDS,
            application_name=application_name,
            client_encoding="UTF8",
            options=" ".join(f"-c {name}={value}" for name, value in TEXT_FORM.items()),
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            connection_factory=LogicalReplicationConnection,
        )
        self._cursor: ReplicationCursor = self._connection.cursor()
        identified = self._one("IDENTIFY_SYSTEM")
        self.system_identifier, self.timeline = str(identified[0]), int(identified[1])

    def __enter__(self) -> "Replication":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def make(self, slot: str, temporary: bool = False) -> int:
        """Returns the position from which it tells everything. It waits for transactions that run. A temporary one ends
        with this connection, and nobody else can read it."""
        sort = "TEMPORARY LOGICAL" if temporary else "LOGICAL"
        made = self._one(f"CREATE_REPLICATION_SLOT {self._named(slot)} {sort} {PLUGIN} NOEXPORT_SNAPSHOT")
        return position_of(str(made[1]))

    def export(self, slot: str) -> tuple[int, str]:
        """Makes a temporary slot; returns its position and the name of a snapshot that sees exactly what was committed
        before it, for other sessions of the database to take over until this connection is used again or closed."""
        made = self._one(f"CREATE_REPLICATION_SLOT {self._named(slot)} TEMPORARY LOGICAL {PLUGIN} EXPORT_SNAPSHOT")
        return position_of(str(made[1])), str(made[2])

    def cancel(self) -> None:
        """What another thread waits for on this connection ends with an error."""
        self._connection.cancel()

    def start(
        self,
        slot: str,
        publications: Sequence[str],
        messages: bool = False,
        binary: bool = False,
        from_lsn: int = 0,
    ) -> None:
        """From where the slot stands; or from a later position, before whose commits it then tells nothing. `messages`:
        logical messages too (pg_logical_emit_message); `binary`: values as their types send them, not as text."""
        options = {"proto_version": "1", "publication_names": ", ".join(map(self._named, publications))}
        options |= {name: "true" for name, wanted in (("messages", messages), ("binary", binary)) if wanted}
        self._cursor.start_replication(
            slot_name=slot, start_lsn=from_lsn, decode=False, options=options, status_interval=STATUS_SECONDS
        )

    def read(self) -> bytes | None:
        """The next message of the plugin; None when none has come yet."""
        found = self._cursor.read_message()
        return None if found is None else found.payload

    def wait(self, seconds: float) -> bool:
        """Whether something came to be read."""
        ready, _, _ = select.select([self._connection], [], [], seconds)
        return bool(ready)

    @property
    def sent_until(self) -> int:
        """Up to where the server has sent all that there is."""
        return int(self._cursor.wal_end)

    def confirm(self, lsn: int) -> None:
        """Everything before it is done with; also keeps the connection alive."""
        self._cursor.send_feedback(write_lsn=lsn, flush_lsn=lsn, apply_lsn=lsn, force=True)  # type: ignore[no-untyped-call]

    def _one(self, command: str) -> tuple[Any, ...]:
        self._cursor.execute(command)
        row: tuple[Any, ...] | None = self._cursor.fetchone()
        assert row is not None, f"{command} always answers"
        return row

    def _named(self, name: str) -> str:
        return quote_ident(name, self._cursor)


def position_of(text: str) -> int:
    """16/B374D848 as a number."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)
