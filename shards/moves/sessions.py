"""Sessions of a move on the leaders of its two shards: values go over as text that both sides read alike, and what is
written for the tenant fires no trigger and checks no key that was checked where it was written first."""

from collections.abc import Iterator
from contextlib import contextmanager

from shards.clients.postgres import Session
from shards.moves.streams import Stream
from shards.partitions.leader import session_on

# The same in every session that reads or writes values as text, and in the decoding of the slot.
TEXT_FORM = {
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "row_security": "off",
}
AS_REPLICA = "SET session_replication_role = replica"


@contextmanager
def sending(stream: Stream, timeout: float) -> Iterator[Session]:
    """On the leader of the shard that sends, in autocommit; problems are those of an operation's step."""
    with session_on(stream.sender, timeout) as session, _as_mover(session, writes=False):
        yield session


@contextmanager
def receiving(stream: Stream, timeout: float) -> Iterator[Session]:
    """On the leader of the shard that receives, as a replica writes: no trigger, gate or foreign key is in its way."""
    with session_on(stream.receiver, timeout) as session, _as_mover(session, writes=True):
        yield session


@contextmanager
def _as_mover(session: Session, writes: bool) -> Iterator[None]:
    """Settings of the session, which others use after it: they go with the end of this use."""
    for name, value in TEXT_FORM.items():
        session.execute("SELECT set_config(%s, %s, false)", (name, value))
    if writes:
        session.execute(AS_REPLICA)
    yield
    session.execute("RESET ALL")
