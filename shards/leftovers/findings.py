"""What the shards' leaders tell of leftovers: one finding of each sort per shard, which names the worst. Pure.

Slots have findings of their own, beside the WAL that they hold. What an operation made is left to the page, which knows
whether that operation still runs."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from metrics.contract import Finding, Snapshot
from novaops.ui.formats import human_number
from shards.leftovers.judging import judge
from shards.leftovers.judging_rows import judge_rows
from shards.leftovers.known import Known
from shards.leftovers.leftover import Leftover
from shards.leftovers.sorts import Sort
from shards.leftovers.traces import LeftoversFacts, RowsFacts

ELSEWHERE = frozenset({Sort.SLOT, Sort.FENCE})
NOBODY = Known()
STEP = "Look where it comes from, and remove it from the page of leftovers when nobody needs it."


def leftovers(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    found: defaultdict[tuple[str, Sort], list[Leftover]] = defaultdict(list)
    for one in _told(snapshot, now):
        if one.sort not in ELSEWHERE and one.origin.startswith("Unknown"):
            found[one.shard, one.sort].append(one)
    for (shard, sort), several in found.items():
        yield _finding(shard, sort, several)


def _told(snapshot: Snapshot, now: datetime) -> Iterator[Leftover]:
    for seen, things in snapshot.facts(LeftoversFacts):
        if seen.reachable and things.leads:
            yield from judge(things, seen.server.shard, seen.server.name, NOBODY, now)
    for seen, rows in snapshot.facts(RowsFacts):
        if seen.reachable and rows.leads:
            yield from judge_rows(rows, seen.server.shard, seen.server.name, NOBODY)


def _finding(shard: str, sort: Sort, several: list[Leftover]) -> Finding:
    worst = max(several, key=lambda one: (one.severity, one.xid_age or 0, one.bytes or 0, one.rows or 0))
    more = f" and {human_number(len(several) - 1)} more of the sort" if len(several) > 1 else ""
    costs = ", ".join(f"{amount} {what}" for amount, what in worst.cost)
    return Finding(
        key=f"leftovers:{sort}:{shard}",
        severity=max(one.severity for one in several),
        sentence=f"{sort.label} {worst.name}{more} is left behind on {shard}{f' ({costs})' if costs else ''}.",
        subject=shard,
        since=worst.began,
        page="leftovers",
        next_step=STEP,
    )
