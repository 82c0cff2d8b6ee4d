"""What a member's page says in words: its tags, its positions, what is to be known of it first. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from novaops.ui.formats import duration, human_bytes
from shards.replication.facts import Archiver, PostgresFacts
from shards.replication.history import lsn_text
from shards.replication.seen import MemberSeen

TAGS = {
    "nofailover": "It never becomes the leader.",
    "noloadbalance": "Load balancers are told not to send it reads.",
    "clonefrom": "New members are copied from it first.",
    "nosync": "It is never made the synchronous standby.",
    "nostream": "It gets its WAL from the archive only.",
    "replicatefrom": "It streams from that member and not from the leader.",
    "failover_priority": "The higher, the sooner it is preferred for a failover; 0 is never.",
    "sync_priority": "The higher, the sooner it is made the synchronous standby.",
}
ALWAYS = ("nofailover", "noloadbalance", "clonefrom", "nosync", "replicatefrom", "failover_priority")
CONFLICTS = {
    "confl_tablespace": "dropped tablespaces",
    "confl_lock": "lock timeouts",
    "confl_snapshot": "old snapshots",
    "confl_bufferpin": "pinned buffers",
    "confl_deadlock": "deadlocks",
    "confl_active_logicalslot": "logical slots",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A label, its value, and what it means or since when."""

    label: str
    value: str
    hint: str = ""


def tags(member: MemberSeen) -> tuple[Said, ...]:
    """Every tag that is set, and those that decide about failovers also when they are not."""
    names = dict.fromkeys([*ALWAYS, *member.told])
    return tuple(
        Said(name, _written(member.told[name]), TAGS.get(name, "")) if name in member.told else Said(name, "not set")
        for name in names
    )


def _written(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def positions(facts: PostgresFacts) -> tuple[Said, ...]:
    """Where it is in the WAL, the newest position first."""
    named = [
        ("Written", facts.written),
        ("Written to disk here", facts.receiver_written),
        ("Received", facts.received if facts.in_recovery else None),
        ("Replayed", facts.replayed),
    ]
    newest = max((position for _, position in named if position is not None), default=0)
    return tuple(
        Said(label, lsn_text(position), f"{human_bytes(newest - position)} behind that" if position < newest else "")
        for label, position in named
        if position is not None
    )


def conflicts(facts: PostgresFacts) -> tuple[Said, ...]:
    """Queries that were cancelled because replay needed what they held, since the statistics began."""
    return tuple(Said(CONFLICTS.get(cause, cause), f"{number:,}") for cause, number in sorted(facts.conflicts.items()))


def warnings(member: MemberSeen) -> Iterator[tuple[str, str, str]]:
    """Severity, sentence, next step."""
    facts = member.facts
    if facts and not facts.may_see:
        role = f"The role “{facts.seen_as}”, with which the console asks,"
        yield (
            "warning",
            f"{role} is not in pg_monitor: much of this page is hidden from it.",
            f"GRANT pg_monitor TO {facts.seen_as}; on the leader.",
        )
    if member.pending_restart:
        names = ", ".join(member.restart_reasons)
        why = f": {names}" if names else ", for settings that it does not name"
        yield "info", f"Its PostgreSQL waits for a restart{why}.", "Restart it when it may be interrupted."
    if facts and facts.in_recovery and facts.replay_paused:
        yield "warning", "Its replay is paused: what it answers grows old.", "SELECT pg_wal_replay_resume() on it."
    if facts and facts.archiver and facts.archiver.failing and facts.archiver.mode != "off":
        yield (
            "warning",
            archiving(facts.archiver),
            "Its log has the words of archive_command; WAL stays on its disk meanwhile.",
        )
    if facts and facts.lock_waits:
        many = "One session waits" if facts.lock_waits == 1 else f"{facts.lock_waits} sessions wait"
        yield "info", f"{many} for a lock.", "The backends below say for whom."


def archiving(archiver: Archiver) -> str:
    if archiver.mode == "off":
        return "WAL is not archived (archive_mode is off)."
    if archiver.failing:
        return f"The last try to archive WAL failed ({archiver.failed_wal}); {archiver.failed_count} failed so far."
    if not archiver.last_wal:
        return "No WAL was archived yet."
    failed = f"; {archiver.failed_count} tries failed before" if archiver.failed_count else ""
    return f"{archiver.last_wal} was the last to be archived{failed}."


def lag(bytes_behind: int | None, seconds: float | None) -> str:
    """Both measures of one lag, as far as they are known."""
    known = [human_bytes(bytes_behind)] if bytes_behind is not None else []
    return ", ".join([*known, *([duration(seconds)] if seconds is not None else [])]) or "not known"
