"""What speaks for or against ending a backend's statement or session. Pure."""

from collections.abc import Iterator
from typing import Any

from novaops.operations.contract import Check
from novaops.ui.formats import duration
from shards.backends.facts import Backend, BackendFacts
from shards.outcomes import failed, passed, warned


def what_it_does(one: Backend) -> Check:
    """All that is known of it, for the record too: afterwards nobody can ask it any more."""
    age = f", in a transaction for {duration(one.transaction_seconds)}" if one.transaction_seconds is not None else ""
    who = f"{one.user or 'nobody'} ({one.application or 'unnamed'}) at {one.client or 'a local socket'}"
    return passed(
        "What it does", f"{who} on {one.database or 'no database'}: {one.state or one.kind}{age}.", **_told(one)
    )


def _told(one: Backend) -> dict[str, Any]:
    shown = one.model_dump(mode="json", exclude={"superuser", "own_role", "locks", "blocks", "blocked_by"})
    return {name: value for name, value in shown.items() if value not in ("", None)}


def held(one: Backend) -> Iterator[Check]:
    if one.blocks:
        first = one.blocks[0]
        sentence = (
            f"{len(one.blocks)} sessions wait for its locks, {first['user']} (process {first['pid']}) the longest."
        )
        yield passed("Whom it blocks", sentence, blocks=list(one.blocks), locks=list(one.locks))
    else:
        yield passed("Whom it blocks", f"Nobody waits for it; it holds {len(one.locks)} locks.", locks=list(one.locks))
    if one.blocked_by:
        pids = ", ".join(map(str, one.blocked_by))
        yield warned("What it waits for", f"It waits itself, for process {pids}: look at that one first.")


def pooled(facts: BackendFacts) -> Iterator[Check]:
    one = facts.pooled
    if one is None:
        return
    now = f"{one.client} has it now" if one.client else "no client has it now"
    sentence = f"It is a connection of {one.pool} ({one.database}), which many clients share: {now}."
    yield warned("Pool", sentence, pool=one.pool, database=one.database)


def may_be_ended(one: Backend, terminate: bool) -> Iterator[Check]:
    """First what nobody may end from here, each with its reason."""
    if one.of_patroni:
        yield failed("Whose it is", f"It is Patroni's own ({one.application}): without it the server counts as down.")
    elif one.own_role:
        yield failed(
            "Whose it is",
            f"It is one of NovaOps' own sessions ({one.user}): cancel the operation that it works for, or stop the"
            " reader of the change stream.",
        )
    elif one.superuser and not one.is_sender:
        yield failed("Whose it is", f"It is a superuser's ({one.user or one.kind}): a superuser alone may end it.")
    elif one.is_sender:
        yield _sender(one, terminate)
    elif not one.is_client:
        yield failed("Whose it is", f"It is a process of PostgreSQL itself ({one.kind}), and no session.")
    else:
        yield passed("Whose it is", f"It is {one.user}'s, who is no superuser.")
    if not terminate and one.is_client:
        yield _statement(one)


def _sender(one: Backend, terminate: bool) -> Check:
    if not terminate:
        return failed("Whose it is", "It sends WAL, and runs no statement that could be cancelled.")
    if one.superuser:
        return failed("Whose it is", f"It sends WAL to a superuser ({one.user}): a superuser alone may end it.")
    if not one.reads_logically:
        name = one.application or one.client
        return failed(
            "Whose it is",
            f"{name} streams from the server through it, as a replica does: it would come back within seconds, and"
            " commits that wait for it would stand still until then.",
        )
    return warned(
        "Whose it is",
        f"It feeds the reader of slot {one.slot}, who is cut off and goes on from what was confirmed when coming back."
        " The slot stays, and keeps WAL until then.",
        slot=one.slot,
    )


def _statement(one: Backend) -> Check:
    if one.state == "active":
        return passed("Statement", f"It has run for {duration(one.statement_seconds or 0)}: {one.query}")
    if one.state.startswith("idle in transaction"):
        return failed("Statement", "It runs none, and holds its transaction open: only backend-terminate ends that.")
    return failed("Statement", f"It runs none that could be cancelled; it is {one.state or 'silent'}.")
