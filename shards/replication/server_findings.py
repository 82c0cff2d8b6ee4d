"""What is wrong with a PostgreSQL server, or with etcd. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from metrics import thresholds
from metrics.contract import Finding, Remedy, Seen, Severity, Snapshot
from novaops.ui.formats import duration, human_bytes, percent
from shards.replication.facts import EtcdFacts, LongestTransaction, PostgresFacts, Replayer, Slot
from shards.replication.findings import build_anew, finding
from shards.replication.own_slots import slots_seen

DELAY = "max_standby_streaming_delay says how long replay waits."


def servers(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for seen, facts in snapshot.facts(PostgresFacts):
        if seen.reachable:
            yield from _standby(seen, facts)
            yield from _work(seen, facts)
            if not facts.in_recovery:
                own = slots_seen(snapshot, seen.server.shard) or frozenset()
                for slot in facts.slots:
                    yield from _slot(seen, slot, own)


def _standby(seen: Seen, facts: PostgresFacts) -> Iterator[Finding]:
    name, shard, lag = seen.server.name, seen.server.shard, facts.replay_lag_seconds or 0.0
    if lag > thresholds.LAG_WARNING_SECONDS:
        critical = lag > thresholds.LAG_CRITICAL_SECONDS
        sentence, step, remedy = _why_behind(seen, lag, facts)
        severity = Severity.CRITICAL if critical else Severity.WARNING
        explains = (f"replication:lag-bytes:{name}",)
        yield finding(f"lag:{name}", severity, shard, sentence, step, name, explains=explains, remedy=remedy)
    if facts.replay_paused:
        step = "SELECT pg_wal_replay_resume() on it, when whoever paused it is done."
        sentence = f"Replay on {name} is paused: reads from it grow old, and it cannot become leader quickly."
        both = (f"replication:lag:{name}", f"replication:lag-bytes:{name}")
        yield finding(f"replay:{name}", Severity.WARNING, shard, sentence, step, name, explains=both)
    if facts.in_recovery and facts.receiver_status != "streaming":
        sentence = f"{name} does not stream from its leader; it replays only what it has."
        step = "Its log says why: no way to the leader, a refused login, or WAL that is gone (then reinitialise it)."
        remedy = build_anew(shard, name)
        yield finding(f"receiver:{name}", Severity.WARNING, shard, sentence, step, name, remedy=remedy)


def _why_behind(seen: Seen, lag: float, facts: PostgresFacts) -> tuple[str, str, Remedy | None]:
    """While WAL arrives, what replays it waits for a transaction (a recovery conflict), hangs, or is slow. One that is
    shorter than the lag is not said to be the cause."""
    name, longest, replayer = seen.server.name, facts.longest_transaction, facts.replayer
    told = f"{name} is {duration(lag)} behind its leader"
    if facts.receiver_status != "streaming" or (facts.received or 0) <= (facts.replayed or 0):
        step = "Look for a long query on it, a paused replay, or a full disk; reads from it are old meanwhile."
        return f"{told}.", step, None
    if longest and longest.seconds >= lag:
        step = f"End pid {longest.pid} on {name}, or let it finish; {DELAY}"
        sentence = f"{told}: WAL arrives, and replay waits for a transaction ({_who(longest)})."
        return sentence, step, _end_longest(name, facts)
    if replayer and replayer.waits_for_others:
        oldest = f"; the oldest is {_who(longest)}" if longest else ""
        step = f"See what is open on {name}{oldest}. {DELAY}"
        wait = f"{replayer.wait_type}: {replayer.wait}"
        return f"{told}: WAL arrives, and replay waits for a transaction on it ({wait}).", step, None
    return *_slow(seen, told, replayer), None


def _who(one: LongestTransaction) -> str:
    return f"pid {one.pid} of {one.user or 'an unknown user'}, open for {duration(one.seconds)}"


def _slow(seen: Seen, told: str, replayer: Replayer | None) -> tuple[str, str]:
    """What replays it does not move, or not as fast as WAL arrives."""
    moves = seen.rates.get("replayed_bytes_total", 1.0) > 0
    if replayer is None:
        return f"{told}: WAL arrives, and is not replayed.", "Look for a long query on it, and at its disk."
    who = f"startup process (pid {replayer.pid})"
    if replayer.wants_wal or not moves:
        step = (
            f"On its machine see what holds that process (ps -o stat,wchan {replayer.pid}): T is stopped, and goes on "
            f"with kill -CONT {replayer.pid}; D is its disk. Otherwise restart {seen.server.name}."
        )
        return f"{told}: WAL arrives, and its {who} hangs: it replays nothing.", step
    waits = f" It waits for {replayer.wait_type}: {replayer.wait}." if replayer.wait else ""
    step = "Look at its disk and its processor; reads from it are old meanwhile."
    return f"{told}: its {who} replays more slowly than WAL arrives.{waits}", step


def _work(seen: Seen, facts: PostgresFacts) -> Iterator[Finding]:
    name, shard, longest = seen.server.name, seen.server.shard, facts.longest_transaction
    if longest and longest.seconds > thresholds.TRANSACTION_WARNING_SECONDS:
        sentence = (
            f"A transaction on {name} is open for {duration(longest.seconds)} (pid {longest.pid}, {longest.state})."
        )
        step = "It keeps VACUUM from cleaning and may hold locks: see what it does before ending it."
        remedy = _end_longest(name, facts)
        yield finding(f"transaction:{name}", Severity.WARNING, shard, sentence, step, name, remedy=remedy)
    if facts.connections_used > thresholds.CONNECTIONS_WARNING:
        sentence = f"{name} uses {facts.connections} of {facts.max_connections} connections."
        yield finding(f"connections:{name}", Severity.CRITICAL, shard, sentence, subject=name)
    per_minute = seen.rates.get("deadlocks_total", 0.0) * 60
    if per_minute > thresholds.DEADLOCKS_WARNING_PER_MINUTE:
        sentence = f"{per_minute:.0f} deadlocks per minute on {name}."
        yield finding(f"deadlocks:{name}", Severity.WARNING, shard, sentence, subject=name)
    if facts.checksum_failures:
        sentence = f"{facts.checksum_failures} checksum failures on {name}: its disk or memory damages data."
        step = "Fail over, if it leads, and rebuild it on other hardware."
        remedy = None if facts.in_recovery else Remedy("Switch over", "switchover", {"shard": shard})
        yield finding(f"checksums:{name}", Severity.CRITICAL, shard, sentence, step, name, remedy=remedy)


def _end_longest(server: str, facts: PostgresFacts) -> Remedy | None:
    """None while it is not known since when it is connected: its pid alone may be somebody else's by then."""
    longest = facts.longest_transaction
    found = next((one for one in facts.backends if longest and one.pid == longest.pid and one.started), None)
    if found is None:
        return None
    told = {"server": server, "pid": str(found.pid), "started": str(found.started)}
    return Remedy("End its connection", "backend-terminate", told)


def _slot(seen: Seen, slot: Slot, own: frozenset[str]) -> Iterator[Finding]:
    """One that nobody reads from, and that is not Patroni's, leads to the page from which it can be dropped."""
    name, held = f"{seen.server.shard}:{slot.name}", slot.held_bytes or 0
    told = f"Slot {slot.name} on {seen.server.name}"
    if slot.wal_status == "lost":
        step = "Its reader has to be built anew; drop the slot."
        severity, sentence = Severity.CRITICAL, f"{told} has lost WAL that its reader still needed."
    elif held > thresholds.SLOT_WARNING_BYTES:
        step = "See why its reader does not move on; drop the slot when nobody needs it."
        severity = Severity.CRITICAL if held > thresholds.SLOT_CRITICAL_BYTES else Severity.WARNING
        sentence = f"{told} holds {human_bytes(held)} of WAL" + ("." if slot.active else ", and nobody reads from it.")
    elif not slot.active and not slot.temporary:
        step = "It holds all WAL written from now on: drop it, or bring its reader back."
        severity, sentence = Severity.INFO, f"{told} is inactive and holds {human_bytes(held)} of WAL."
    else:
        return
    found = finding(f"slot:{name}", severity, seen.server.shard, sentence, step, slot.name)
    if not (slot.temporary or slot.name in own):
        reader = {"end_reader": "true"} if slot.active else {}
        place = {"server": seen.server.name, "slot": slot.name, **reader}
        found = replace(found, remedy=Remedy("Drop it", "slot-drop", place))
    loose = not (slot.active or slot.temporary or slot.name in own)
    yield replace(found, page="leftovers", anchor="") if loose else found


def etcd(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for seen, facts in snapshot.facts(EtcdFacts):
        if seen.reachable:
            yield from _etcd(seen, facts)


def _etcd(seen: Seen, facts: EtcdFacts) -> Iterator[Finding]:
    name, status = seen.server.name, facts.status
    if not status.leader or not status.healthy:
        sentence = f"etcd {name} has no leader or is not healthy: Patroni cannot fail over. {status.reason}".strip()
        yield finding(
            f"etcd-leader:{name}", Severity.CRITICAL, name, sentence, "See that most of its members run.", name, seen
        )
    for alarm in status.alarms:
        sentence = f"etcd {name} raised the alarm {alarm}."
        step = "Compact and defragment it, then disarm the alarm." if alarm == "NOSPACE" else "Replace the member."
        yield finding(f"etcd-alarm:{name}:{alarm}", Severity.CRITICAL, name, sentence, step, name)
    if status.db_size_bytes > thresholds.ETCD_DB_WARNING_BYTES:
        limit = percent(status.db_size_bytes / (2 * 1024**3), 0)
        sentence = (
            f"The database of etcd {name} takes {human_bytes(status.db_size_bytes)}, {limit} of what it may by default."
        )
        yield finding(f"etcd-size:{name}", Severity.WARNING, name, sentence, "Compact and defragment it.", name)
