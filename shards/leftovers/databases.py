"""Other databases of a shard than the one that its data is in."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from novaops.inventory.targets import Target
from shards.clients.postgres import Session, connect


@contextmanager
def session_in(
    session: Session, target: Target, database: str, seconds: float, apart: bool = False
) -> Iterator[Session]:
    """The session itself where it is in that database; else one that is closed afterwards: a kept connection would
    stand in the way of DROP DATABASE. `apart`: one with transactions of its own in any case."""
    if database in ("", session.info.dbname) and not apart:
        yield session
        return
    with closing(connect(target, seconds, database)) as other:
        other.deadline = time.monotonic() + seconds
        yield other
