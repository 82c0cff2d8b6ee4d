"""Sessions of a move on the leaders of its two shards: values go over as text that both sides read alike, and what is
written for the tenant fires no trigger and checks no key that was checked where it was written first."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg import sql

from novaops.inventory.targets import Target
from novaops.operations.contract import TransientProblem
from shards.clients.postgres import Session
from shards.decoding.replication import TEXT_FORM, Replication
from shards.moves.applying.problems import told_by
from shards.moves.streams import Stream
from shards.partitions.leader import NoLeader, find, session_on

APPLICATION = "novaops move"
# Values as text mean the same here as in the decoding of the slot.
SETTINGS = {**TEXT_FORM, "row_security": "off", "client_encoding": "UTF8"}
_SET = sql.SQL("SELECT {}").format(sql.SQL(", ").join([sql.SQL("set_config(%s, %s, false)")] * len(SETTINGS)))
AS_REPLICA = "SET session_replication_role = replica"


@dataclass(frozen=True, slots=True)
class Leaders:
    """Those of a stream's two shards, as the step's own thread found them, for the threads beside it."""

    sender: Target
    receiver: Target


def leaders_of(stream: Stream) -> Leaders:
    try:
        return Leaders(find(stream.sender), find(stream.receiver))
    except NoLeader as problem:
        raise TransientProblem(str(problem)) from problem


def replicating(stream: Stream) -> Replication:
    """A connection to the leader of the shard that sends, for a slot; problems are those of a step."""
    with told_by(f"The leader of {stream.sender}"):
        try:
            return Replication(find(stream.sender), APPLICATION)
        except NoLeader as problem:
            raise TransientProblem(str(problem)) from problem


@contextmanager
def sending(stream: Stream, timeout: float, known: Leaders | None = None) -> Iterator[Session]:
    """On the leader of the shard that sends, in autocommit; problems are those of an operation's step."""
    at = known.sender if known else None
    with session_on(stream.sender, timeout, at) as session, _as_mover(session, writes=False):
        yield session


@contextmanager
def receiving(stream: Stream, timeout: float, known: Leaders | None = None) -> Iterator[Session]:
    """On the leader of the shard that receives, as a replica writes: no trigger, gate or foreign key is in its way."""
    at = known.receiver if known else None
    with session_on(stream.receiver, timeout, at) as session, _as_mover(session, writes=True):
        yield session


@contextmanager
def _as_mover(session: Session, writes: bool) -> Iterator[None]:
    """Settings of the session, which others use after it: they go with the end of this use."""
    session.execute(_SET, [part for pair in SETTINGS.items() for part in pair])
    if writes:
        session.execute(AS_REPLICA)
    yield
    session.execute("RESET ALL")
