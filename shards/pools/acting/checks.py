"""The pre-flight checks of what is done to a pool: pure, each a sentence with its number."""

from collections.abc import Iterator

from novaops.operations.contract import Check
from shards.clients.pgbouncer_replies import PooledDatabase
from shards.outcomes import failed, passed, warned
from shards.pools.acting.facts import PoolActFacts, Room


def answers(facts: PoolActFacts) -> Check:
    if facts.problem:
        return failed("Pool answers", facts.problem)
    names = ", ".join(one.name for one in facts.databases)
    return passed("Pool answers", f"{facts.pool} is PgBouncer {facts.version}, with the databases {names}.")


def known(facts: PoolActFacts, database: str) -> Check:
    found = facts.database(database)
    if found is None:
        names = ", ".join(one.name for one in facts.databases) or "none"
        return failed("Database", f"{facts.pool} has no database {database}. It has: {names}.")
    return passed("Database", f"{database} leads to {found.database} on {found.place}.")


def running(facts: PoolActFacts, database: str) -> Iterator[Check]:
    found = facts.database(database)
    if found is not None and found.paused:
        yield failed("Not paused", f"{database} of {facts.pool} is paused: resume it first (pool-resume).")
    elif found is not None:
        yield passed("Not paused", f"{database} of {facts.pool} is not paused.")


def long_waits(facts: PoolActFacts, seconds: int) -> Check:
    """PgBouncer itself gives up on clients that wait for too long."""
    limit = facts.number("query_wait_timeout")
    if limit and seconds > limit:
        reason = f"Clients that wait longer than {limit} s (query_wait_timeout) get an error and are dropped."
        return warned("Long waits", reason, query_wait_timeout=limit)
    return passed("Long waits", f"Nobody is dropped for waiting {seconds} s (query_wait_timeout is {limit or 'off'}).")


def whose_pause(facts: PoolActFacts, database: str) -> Check:
    """Whether the pause may be ended by somebody else than who began it."""
    pause = facts.pause
    if pause is None:
        return passed("Whose pause", "The console did not begin it; it ends only when somebody resumes it.")
    until = f"it ends at {pause.ends_at:%H:%M:%S} UTC at the latest"
    if pause.active:
        return failed(
            "Whose pause", f"Operation {pause.operation}, which is under way, paused it: {until}. Cancel that one."
        )
    return passed("Whose pause", f"Operation {pause.operation} paused it; {until}.")


def clients(facts: PoolActFacts, database: str, what: str) -> Check:
    """`what` happens to those in a transaction."""
    number = len(facts.clients)
    sentence = (
        f"{number} client{'' if number == 1 else 's'} of {database}, {facts.in_transaction} of them in a transaction"
    )
    evidence = {"clients": len(facts.clients), "in_transaction": facts.in_transaction, "who": facts.who}
    if facts.in_transaction:
        return warned("Clients", f"{sentence}: {what}", **evidence)
    return passed("Clients", f"{sentence}.", **evidence)


def servers(facts: PoolActFacts, database: str) -> Check:
    busy = sum(one.linked for one in facts.servers)
    sentence = f"{len(facts.servers)} connections of {database} to PostgreSQL, {busy} of them in a transaction now."
    return passed("Connections", sentence, connections=len(facts.servers), in_transaction=busy)


def own_size(facts: PoolActFacts, found: PooledDatabase) -> Check:
    """PgBouncer has a command for the default alone."""
    default = facts.number("default_pool_size")
    if found.pool_size != default:
        return failed(
            "Can be changed",
            f"{found.name} has a pool_size of its own ({found.pool_size}; the default is {default}), and PgBouncer"
            f" {facts.version} has no command for one: change it in its file, then use pool-reload.",
        )
    others = [one.name for one in facts.of_default_size if one.name != found.name]
    if others:
        return warned(
            "Which databases", f"PgBouncer sets the default of all: {', '.join(others)} too gets it.", databases=others
        )
    return passed("Which databases", f"{found.name} alone has the default size.")


def lasting(size: int) -> Check:
    return warned(
        "How long it lasts",
        "Until PgBouncer is reloaded or restarted: then its file applies again, also when a new leader makes somebody"
        f" reload it. To keep it, write default_pool_size = {size} into the file too.",
    )


def per_database(facts: PoolActFacts, size: int) -> Iterator[Check]:
    """What PgBouncer itself caps a pool by."""
    limit = facts.number("max_db_connections")
    if limit and size > limit:
        yield failed("max_db_connections", f"{size} is above max_db_connections of {facts.pool} ({limit}).")
    elif limit:
        yield passed("max_db_connections", f"{size} is within max_db_connections of {facts.pool} ({limit}).")
    per_user = facts.number("max_user_connections")
    if per_user and size > per_user:
        yield warned("max_user_connections", f"{size} is never reached: max_user_connections is {per_user}.")


def room(facts: PoolActFacts, one: Room, size: int) -> Check:
    """All that the pool may open there, with every database and every user that it has now."""
    name = f"Room on {one.server}"
    if one.problem:
        return failed(name, f"{one.server} did not say how many connections it takes: {one.problem}")
    most = wanted_of(facts, one, size)
    evidence = {"most": most, "usable": one.usable, "size": size}
    role = "the leader" if one.leads else "a replica"
    sentence = f"{facts.pool} could open {most} connections to {one.server}, {role}, which takes {one.usable}."
    return failed(name, sentence, **evidence) if most > one.usable else passed(name, sentence, **evidence)


def wanted_of(facts: PoolActFacts, one: Room, size: int) -> int:
    limit, changed = facts.number("max_db_connections"), {found.name for found in facts.of_default_size}
    total = 0
    for found in facts.databases:
        if (found.host, found.port) == (one.host, one.port):
            each = (size if found.name in changed else found.pool_size) + found.reserve_pool
            most = each * facts.users_of(found.name)
            cap = found.max_connections or limit
            total += min(most, cap) if cap else most
    return total
