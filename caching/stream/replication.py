"""Reading a slot: the streaming replication protocol, which psycopg2 speaks and psycopg 3 does not."""

import select
from types import TracebackType
from typing import Any

import psycopg2
from psycopg2.extras import LogicalReplicationConnection, ReplicationCursor

from novaops.inventory.targets import Target
from shards.dataplane.published import PUBLICATION

CONNECT_SECONDS = 3
# PostgreSQL drops a reader that says nothing for wal_sender_timeout (60 s by default).
STATUS_SECONDS = 10


class Replication:
    """A connection to one server that reads one slot. Errors are psycopg2's."""

    def __init__(self, server: Target) -> None:
        self._connection: Any = psycopg2.connect(
            host=server.host,
            port=server.port,
            dbname=server.database,
            user=server.login.username,
            password=server.login.password,
            connect_timeout=CONNECT_SECONDS,
            application_name="novaops change stream",
            options="-c timezone=UTC -c datestyle=ISO",
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            connection_factory=LogicalReplicationConnection,
        )
        self._cursor: ReplicationCursor = self._connection.cursor()
        self.system_identifier, self.timeline = self._identify()

    def __enter__(self) -> "Replication":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def make_temporary(self, slot: str) -> None:
        """A slot that ends with this connection, and that nobody else sees."""
        self._cursor.execute(f'CREATE_REPLICATION_SLOT "{slot}" TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT')

    def start(self, slot: str) -> None:
        options = {"proto_version": "1", "publication_names": PUBLICATION}
        self._cursor.start_replication(slot_name=slot, decode=False, options=options, status_interval=STATUS_SECONDS)

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

    def _identify(self) -> tuple[str, int]:
        self._cursor.execute("IDENTIFY_SYSTEM")
        row = self._cursor.fetchone()
        assert row is not None, "IDENTIFY_SYSTEM always answers"
        return str(row[0]), int(row[1])
