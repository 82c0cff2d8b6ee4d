"""Restarts of members and pauses of pools, written into the change log, with the operation that was at work, if any.

Receives metrics.signals.answered. The row of a `Happening` moves on by a conditional UPDATE: who moved it writes."""

from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import connection, transaction
from django.utils import timezone

from metrics.contract import Facts
from novaops.audit.services import Actor, record
from novaops.inventory.targets import Target
from shards.pools.facts import PgBouncerFacts
from shards.replication.facts import PostgresFacts
from shards.replication.history_causes import at_work
from shards.replication.history_models import Happening

POSTGRESQL, PGBOUNCER = Actor.automatic("postgresql"), Actor.automatic("pgbouncer")
PAUSED, RUNNING = "paused", "running"


class News(Protocol):
    """What is told when a state is another one than before."""

    def is_news(self, before: str, now: str) -> bool: ...

    def tell(self) -> None: ...


# What this process stored last, so that an answer that says the same asks the control database nothing.
_seen: dict[tuple[str, str, str], str] = {}


def keep_restarts(target: Target, facts: Facts, at: datetime, **_: object) -> None:
    if isinstance(facts, PostgresFacts) and target.shard:
        started = facts.started_at.astimezone(UTC)
        keep(target.shard, f"restarts of {target.name}", f"{started:%Y-%m-%dT%H:%M:%S.%fZ}", _Restart(target, facts))


def keep_pauses(target: Target, facts: Facts, at: datetime, **_: object) -> None:
    if isinstance(facts, PgBouncerFacts) and target.shard:
        keep(target.shard, f"pauses of {target.name}", PAUSED if facts.paused else RUNNING, _Pause(target, facts, at))


class _Restart:
    def __init__(self, target: Target, facts: PostgresFacts) -> None:
        self.target, self.facts = target, facts

    def is_news(self, before: str, now: str) -> bool:
        """An answer that took its time may be older than what is known."""
        return before < now

    def tell(self) -> None:
        role = "a standby" if self.facts.in_recovery else "the leader"
        outcome = (
            f"PostgreSQL of {self.target.name} started at {self.facts.started_at:%Y-%m-%d %H:%M:%S} UTC, as {role}."
        )
        data = {"member": self.target.name, "started_at": self.facts.started_at, "in_recovery": self.facts.in_recovery}
        record_happening("member restarted", POSTGRESQL, self.target.shard, outcome, data, self.facts.started_at)


class _Pause:
    def __init__(self, target: Target, facts: PgBouncerFacts, at: datetime) -> None:
        self.target, self.facts, self.at = target, facts, at

    def is_news(self, before: str, now: str) -> bool:
        return before != now

    def tell(self) -> None:
        word = "is paused: its clients wait" if self.facts.paused else "serves its clients again"
        names = [database.name for database in self.facts.databases if database.paused]
        verb = "pool paused" if self.facts.paused else "pool resumed"
        data = {"pool": self.target.name, "databases": names}
        record_happening(verb, PGBOUNCER, self.target.shard, f"The pool {self.target.name} {word}.", data, self.at)


def keep(shard: str, key: str, state: str, news: News) -> None:
    """Remembers a state of the shard, and tells of it when it is another one; whoever sees it first does."""
    where = (connection.schema_name, shard, key)  # type: ignore[attr-defined]
    if _seen.get(where) == state:
        return
    with transaction.atomic():
        row, first = Happening.objects.get_or_create(shard=shard, key=key, defaults={"state": state})
        if not first and news.is_news(row.state, state):
            moved = Happening.objects.filter(pk=row.pk, state=row.state).update(state=state, seen_at=timezone.now())
            if moved:
                news.tell()
    _seen[where] = state


def record_happening(verb: str, actor: Actor, shard: str, outcome: str, data: dict[str, Any], moment: datetime) -> None:
    operation = at_work(shard, moment)
    by, targets = "nobody", [f"shard:{shard}"]
    if operation:
        by, targets = "operation", [*targets, operation.subject]
        data = {**data, "operation": operation.pk, "person": operation.requested_by_name}
        outcome = f"{outcome} Operation {operation.pk} of {operation.requested_by_name} was at work on {shard}."
    said = {"targets": targets, "while": by, **data}
    record(verb, f"shard:{shard}", actor=actor, outcome=outcome, data=said)
