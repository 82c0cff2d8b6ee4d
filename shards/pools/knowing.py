"""What follows from a PgBouncer's version and configuration, as sentences. Pure."""

import re
from collections.abc import Iterator

from shards.pools.facts import PgBouncerFacts

PREPARED_SINCE = (1, 21)


def version_of(text: str) -> tuple[int, int]:
    """(1, 24) of "1.24.1"; (0, 0) where it does not say."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def prepared_statements(facts: PgBouncerFacts) -> str:
    """Whether applications may use prepared statements of the protocol."""
    modes = {facts.pool_mode, *(one.pool_mode for one in facts.databases if one.pool_mode)}
    if modes == {"session"}:
        return "Prepared statements work: its pools are by session."
    if version_of(facts.version) < PREPARED_SINCE:
        return (
            f"Prepared statements fail in transaction pooling: {facts.version} does not know them, 1.21 does. "
            "Drivers have to be told not to prepare."
        )
    if not facts.max_prepared_statements:
        return "Prepared statements fail in transaction pooling: max_prepared_statements is 0."
    return f"Prepared statements work, the last {facts.max_prepared_statements} of each connection are kept."


def known(facts: PgBouncerFacts) -> Iterator[str]:
    version = version_of(facts.version)
    yield prepared_statements(facts)
    if version < (1, 23):
        yield "Replication connections cannot pass through it before 1.23."
    if version < (1, 24):
        yield "It limits clients only as a whole: limits of clients by user and by database came with 1.24."
    if facts.config.get("query_wait_timeout") == "0":
        yield "A client waits for a connection for ever: query_wait_timeout is 0."
    elif limit := facts.config.get("query_wait_timeout"):
        yield f"A client that waits longer than {limit} s for a connection, in a pause too, is disconnected."
