"""How long commands take, over several nodes together."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from caching.clients.redis_replies import CommandStat, LatencyEvent
from caching.facts import RedisCommandsFacts
from metrics.contract import Seen, Snapshot

SHOWN, MICRO = 12, 1e6


@dataclass(frozen=True, slots=True)
class CommandRow:
    """Times in seconds. `rate` and `mean_now` of the last minutes, None where too little was seen; the others since the
    servers started. `p99` is that of the slowest node, None where none keeps it."""

    name: str
    calls: int
    mean: float
    p99: float | None
    failed: int
    rate: float | None
    mean_now: float | None


@dataclass(frozen=True, slots=True)
class EventRow:
    node: str
    event: LatencyEvent


@dataclass(frozen=True, slots=True)
class Commands:
    rows: tuple[CommandRow, ...]
    events: tuple[EventRow, ...]
    ping_ms: float | None
    at: datetime | None


def commands_of(seen: Snapshot, nodes: Sequence[str]) -> Commands:
    """Of these nodes; those that took most time first."""
    several = [(one, facts) for one, facts in seen.facts(RedisCommandsFacts) if one.server.name in nodes]
    by_name: defaultdict[str, list[tuple[Seen, CommandStat]]] = defaultdict(list)
    for one, facts in several:
        for command in facts.commands:
            by_name[command.name].append((one, command))
    most = sorted(by_name.items(), key=lambda item: -sum(stat.microseconds_total for _, stat in item[1]))
    return Commands(
        rows=tuple(_row(name, found) for name, found in most[:SHOWN]),
        events=tuple(EventRow(one.server.name, event) for one, facts in several for event in facts.events),
        ping_ms=max((facts.ping_ms for one, facts in several if one.reachable), default=None),
        at=min((one.good_at for one, _ in several if one.good_at), default=None),
    )


def _row(name: str, found: Sequence[tuple[Seen, CommandStat]]) -> CommandRow:
    calls, took = sum(stat.calls_total for _, stat in found), sum(stat.microseconds_total for _, stat in found)
    rate, busy = _sum(found, f"{name}:calls_total"), _sum(found, f"{name}:exec_us_total")
    return CommandRow(
        name=name,
        calls=calls,
        mean=took / calls / MICRO if calls else 0.0,
        p99=max((stat.p99 / MICRO for _, stat in found if stat.p99 is not None), default=None),
        failed=sum(stat.failed_total + stat.rejected_total for _, stat in found),
        rate=rate,
        mean_now=busy / rate / MICRO if busy is not None and rate else None,
    )


def _sum(found: Sequence[tuple[Seen, CommandStat]], name: str) -> float | None:
    known = [seen.rates[name] for seen, _ in found if name in seen.rates]
    return sum(known) if known else None
