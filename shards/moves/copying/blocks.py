"""What COPY sends, in blocks: the server sends each row by itself, and psycopg reads one at a call, which costs more
than the rest of the work."""

from collections.abc import Generator
from typing import Any

import psycopg
from psycopg import ClientCursor, errors, sql
from psycopg.abc import PQGen
from psycopg.generators import execute, fetch_many
from psycopg.pq import ExecStatus
from psycopg.waiting import WAIT_R

from shards.clients.postgres import Session

BLOCK = 256 * 1024


def blocks(session: Session, query: sql.Composed, parameters: dict[str, Any]) -> Generator[bytearray, None, None]:
    """What `COPY ... TO STDOUT` sends, in about `BLOCK` bytes at a time. Closed before its end, it ends the COPY, and
    the transaction has failed."""
    session.pgconn.send_query(ClientCursor(session).mogrify(query, parameters).encode())
    result = session.wait(execute(session.pgconn))[0]
    if result.status != ExecStatus.COPY_OUT:
        raise errors.error_from_result(result)
    more = True
    try:
        while more:
            block, more = session.wait(_rows(session))
            if block:
                yield block
    finally:
        if more:
            _break_off(session)


def _rows(session: Session) -> PQGen[tuple[bytearray, bool]]:
    """Those of a block, and whether more may follow: they are taken from the connection as they have arrived, and
    waited for within the session's deadline. None of them is kept as an object: a thousand that live on would have
    Python look through all objects that it knows for garbage, again and again."""
    rows = bytearray()
    take = session.pgconn.get_copy_data
    while len(rows) < BLOCK:
        size, row = take(1)
        if size > 0:
            rows += row
        elif size == 0:
            yield WAIT_R
            session.pgconn.consume_input()
        else:
            for result in (yield from fetch_many(session.pgconn)):
                if result.status != ExecStatus.COMMAND_OK:
                    raise errors.error_from_result(result)
            return rows, False
    return rows, True


def _break_off(session: Session) -> None:
    if session.closed:
        return
    session.cancel_safe()
    try:
        while session.wait(_rows(session))[1]:
            continue
    except psycopg.Error:
        return
