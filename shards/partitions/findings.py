"""What is wrong with a shard's partitions: one finding of each sort per shard, which names the worst table. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from metrics import thresholds
from metrics.contract import Finding, Severity, Snapshot
from novaops.ui.formats import duration
from shards.partitions.facts import PartitionedTable, PartitionsFacts

DAY = 86_400
Tables = Sequence[PartitionedTable]


def partitions(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for seen, facts in snapshot.facts(PartitionsFacts):
        if seen.reachable and facts.leads:
            for what in (_runway, _default_rows, _gaps, _indexes, _past_retention, _skew):
                yield from what(seen.server.shard, facts.tables)


def _runway(shard: str, tables: Tables) -> Iterator[Finding]:
    known = [(table.runway_days, table) for table in tables if table.runway_days is not None]
    short = sorted((pair for pair in known if pair[0] < thresholds.RUNWAY_WARNING_DAYS), key=lambda pair: pair[0])
    if not short:
        return
    days, worst = short[0]
    # With a default partition rows still find a place; without one, INSERTs fail.
    critical = days < thresholds.RUNWAY_CRITICAL_DAYS and not worst.has_default
    left = f"has partitions for {duration(days * DAY)} more" if days > 0 else "has no partition for rows of now"
    sentence = f"{worst.full_name} on {shard} {left}{_others(short)}."
    severity = Severity.CRITICAL if critical else Severity.WARNING
    yield _finding("runway", severity, shard, sentence, "Create the next partitions.")


def _default_rows(shard: str, tables: Tables) -> Iterator[Finding]:
    found = _worst(tables, lambda table: table.default_rows)
    if not found:
        return
    worst = found[0]
    more = "at least " if worst.default_rows >= thresholds.DEFAULT_ROWS_COUNTED else ""
    ahead = (
        f", {worst.default_rows_ahead:,} of them where the next partition would be" if worst.default_rows_ahead else ""
    )
    held = f"{more}{worst.default_rows:,} rows{ahead}"
    sentence = f"The default partition of {worst.full_name} on {shard} holds {held}{_others(found)}."
    step = "Move them into partitions of their own: until then a new partition that overlaps them cannot be attached."
    yield _finding("default", Severity.WARNING, shard, sentence, step)


def _gaps(shard: str, tables: Tables) -> Iterator[Finding]:
    found = _worst(tables, lambda table: len(table.gaps))
    if found:
        gap = found[0].gaps[0]
        sentence = f"{found[0].full_name} on {shard} has a gap from {gap.lower} to {gap.upper}{_others(found)}."
        yield _finding("gaps", Severity.WARNING, shard, sentence, "Create the missing partitions.")


def _indexes(shard: str, tables: Tables) -> Iterator[Finding]:
    found = _worst(tables, lambda table: len(table.missing_indexes))
    if found:
        sentence = f"Partitions of {found[0].full_name} on {shard} lack {found[0].missing_indexes[0]}{_others(found)}."
        yield _finding("indexes", Severity.WARNING, shard, sentence, "Create it on each and attach it.")


def _past_retention(shard: str, tables: Tables) -> Iterator[Finding]:
    found = _worst(tables, lambda table: len(table.past_retention))
    if found:
        worst = found[0]
        told = f"{len(worst.past_retention)} partitions of {worst.full_name} on {shard}"
        sentence = f"{told} are older than the {worst.retention_days:g} days that it keeps{_others(found)}."
        yield _finding("retention", Severity.INFO, shard, sentence, "Drop or archive them.")


def _skew(shard: str, tables: Tables) -> Iterator[Finding]:
    found = _worst(tables, lambda table: max(0.0, (table.skew or 0) - thresholds.SKEW_NOTE))
    if found:
        sentence = (
            f"The largest partition of {found[0].full_name} on {shard} is {found[0].skew:.0f} times the middle one."
        )
        yield _finding("skew", Severity.INFO, shard, sentence, "Smaller steps may suit this table better.")


def _worst(tables: Tables, measure: Callable[[PartitionedTable], float]) -> list[PartitionedTable]:
    """Those for which the measure is above zero, the most first."""
    return sorted((table for table in tables if measure(table) > 0), key=measure, reverse=True)


def _others(found: Sequence[object]) -> str:
    if len(found) == 1:
        return ""
    return ", and one more table likewise" if len(found) == 2 else f", and {len(found) - 1} more tables likewise"


def _finding(what: str, severity: Severity, shard: str, sentence: str, next_step: str) -> Finding:
    return Finding(
        key=f"partitions:{what}:{shard}",
        severity=severity,
        sentence=sentence,
        subject=shard,
        since=None,
        page="partitions",
        anchor=shard,
        next_step=next_step,
    )
