"""What is wrong with the cache tiers and the stream. Pure."""

from collections.abc import Iterator
from datetime import datetime

from caching.clients.redis_replies import SLOTS
from caching.facts import NatsFacts, RedisFacts
from caching.lately import Lately, reads_lately, sum_of_tier
from metrics import thresholds
from metrics.contract import Finding, Seen, Severity, Snapshot
from novaops.ui.formats import human_bytes, percent


def redis_cluster(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """The cluster as a whole: any node that says it is down is believed, as its clients are refused."""
    views = [(seen, facts) for seen, facts in snapshot.facts(RedisFacts) if seen.reachable and facts.cluster_enabled]
    down = [seen.server.name for seen, facts in views if not facts.cluster_ok]
    missing = max((SLOTS - facts.slots_assigned + facts.slots_failing for _, facts in views), default=0)
    step = "See which master is gone; its replica takes over by itself when most masters run."
    if down:
        told = f"{', '.join(down[:3])} say" if len(down) > 1 else f"{down[0]} says"
        sentence = f"{told} that the Redis Cluster is down: L1 answers nobody there."
        yield _finding("cluster", Severity.CRITICAL, "redis", sentence, step)
    if missing > 0:
        sentence = f"{missing:,} of {SLOTS:,} hash slots are not served: these keys cannot be read or written."
        yield _finding("slots", Severity.CRITICAL, "redis", sentence, step)


def redis_nodes(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for seen, facts in snapshot.facts(RedisFacts):
        if seen.reachable:
            yield from _replication(seen, facts)
            yield from _memory(seen, facts)
            yield from _disk(seen, facts)


def _replication(seen: Seen, facts: RedisFacts) -> Iterator[Finding]:
    name, info = seen.server.name, facts.info
    if not info.master_link_up:
        sentence = f"The link of replica {name} to its master {info.master_address} is down."
        yield _finding(f"link:{name}", Severity.WARNING, name, sentence, "See whether the master runs.", seen)
    online = [one for one in info.replicas if one.state == "online"]
    if facts.leads and facts.slot_count and not online:
        sentence = f"Master {name} has no replica: if it fails, {facts.slot_count:,} hash slots are lost with it."
        yield _finding(f"replica:{name}", Severity.WARNING, name, sentence, "Bring its replica back, or give it one.")


def _memory(seen: Seen, facts: RedisFacts) -> Iterator[Finding]:
    name, info = seen.server.name, facts.info
    if info.memory_used > thresholds.MEMORY_WARNING:
        evicts = info.policy not in {"", "noeviction"}
        used = f"{percent(info.memory_used, 0)} of its {human_bytes(info.memory_limit_bytes)}"
        then = "it evicts what was not read for longest" if evicts else "writes will soon be refused"
        severity = Severity.INFO if evicts else Severity.WARNING
        yield _finding(f"memory:{name}", severity, name, f"{name} uses {used}; {then}.", "Give it more memory.")
    large = info.memory_rss_bytes > thresholds.FRAGMENTATION_LEAST_BYTES
    if large and info.fragmentation > thresholds.FRAGMENTATION_WARNING:
        sentence = f"{name} takes {info.fragmentation:.1f} times the memory that it uses (fragmentation)."
        yield _finding(
            f"fragmentation:{name}", Severity.WARNING, name, sentence, "Turn on activedefrag, or restart it."
        )


def _disk(seen: Seen, facts: RedisFacts) -> Iterator[Finding]:
    name, info = seen.server.name, facts.info
    failed = [what for what, ok in (("AOF", info.aof_last_write_ok), ("RDB", info.rdb_last_save_ok)) if not ok]
    if failed:
        sentence = f"{name} could not write its {' and '.join(failed)}."
        yield _finding(f"disk:{name}", Severity.WARNING, name, sentence, "See whether its disk is full.")


def hit_ratios(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    """Per tier what applications saw over the last minutes, by the families' own counters; a family alone is a note."""
    families = list(reads_lately(snapshot))
    for tier in sorted({one.tier for one in families}):
        yield from _low(tier, sum_of_tier(families, tier), Severity.CRITICAL)
    for one in families:
        yield from _low(f"{one.tier} family “{one.family}”", one, Severity.INFO)


def _low(what: str, lately: Lately, severity: Severity) -> Iterator[Finding]:
    if lately.reads < thresholds.HIT_RATIO_LEAST_READS or lately.hits / lately.reads >= thresholds.HIT_RATIO_CRITICAL:
        return
    sentence = f"Only {percent(lately.ratio, 0)} of the last {lately.reads:,.0f} reads of {what} were hits."
    step = "The database serves the rest: look for a flush, evictions, or keys that are read once."
    yield _finding(f"ratio:{what}", severity, what, sentence, step)


def stream(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for seen, facts in snapshot.facts(NatsFacts):
        if seen.reachable:
            yield from _stream(seen, facts)


def _stream(seen: Seen, facts: NatsFacts) -> Iterator[Finding]:
    name, server = seen.server.name, facts.server
    if not server.jetstream:
        sentence = f"JetStream is off on NATS {name}: the change stream cannot be kept."
        yield _finding(f"jetstream:{name}", Severity.CRITICAL, name, sentence, "Start it with JetStream.", seen)
    if server.store_limit_bytes and server.store_bytes / server.store_limit_bytes > thresholds.STREAM_STORE_WARNING:
        used = percent(server.store_bytes / server.store_limit_bytes, 0)
        sentence = f"JetStream of {name} uses {used} of its {human_bytes(server.store_limit_bytes)}."
        yield _finding(f"store:{name}", Severity.WARNING, name, sentence, "See which consumer does not keep up.")


def _finding(
    key: str, severity: Severity, subject: str, sentence: str, next_step: str, since: Seen | None = None
) -> Finding:
    return Finding(
        key=f"caches:{key}",
        severity=severity,
        sentence=sentence,
        subject=subject,
        since=since.state_since if since else None,
        page="caches",
        anchor=subject if since else "",
        next_step=next_step,
    )
