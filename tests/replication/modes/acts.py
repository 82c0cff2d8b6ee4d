"""What is tried on a shard in every mode, one function each."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.utils import timezone

from novaops.ui.formats import human_bytes
from shards.replication.maintenance.failover_checks import timeline
from shards.replication.maintenance.failover_facts import gather
from shards.replication.seen import ShardTopology
from tests.replication.faults import means
from tests.replication.modes.stream import stream
from tests.replication.modes.trial import Trial
from tests.waiting import wait_for

SETTLED_WITHIN = 60
SOON = timedelta(seconds=65)


def seen(trial: Trial) -> None:
    """As the topology and its findings tell it, once the collector has seen it."""
    trial.whole()
    shard = wait_for(lambda: _told(trial), "the topology to be as Patroni tells it, without a finding", SETTLED_WITHIN)
    assert shard is not None
    members = ", ".join(f"{one.name} {one.role_word} {one.replay_lag_bytes}" for one in shard.members)
    trial.say(f"seen: mode {shard.synchronous_mode}, {members}; {shard.sentence} No finding.")


def _told(trial: Trial) -> ShardTopology | None:
    """Told settings are up to half a minute old."""
    shard, live = trial.topology(), trial.facts()
    roles = {one.name: one.role for one in live.cluster.members}
    same = shard.synchronous_mode == live.config.synchronous_mode and roles == {m.name: m.role for m in shard.members}
    return shard if same and shard.health == "ok" and not trial.findings() else None


def switchover(trial: Trial) -> None:
    """To every member that may lead now; of the others the plan says why not."""
    for candidate in trial.replicas():
        trial.whole()
        asked = trial.ask("switchover", candidate=candidate)
        if asked.status == "refused":
            trial.say(f"switchover to {candidate} refused: {asked.outcome}")
        else:
            trial.carried(asked)
            trial.whole()


def failover(trial: Trial) -> None:
    """Refused while a leader is healthy; with the bytes that each lacks."""
    for candidate in trial.replicas():
        asked = trial.ask("failover", candidate=candidate)
        risk = [one.reason for one in asked.plan.checks if one.name in ("Bytes at risk", "Synchronous")]
        trial.say(f"failover to {candidate} {asked.status}: {asked.outcome} {risk}")
        if asked.status != "refused":
            trial.wrong("A failover despite a healthy leader is not refused.")


def restart(trial: Trial) -> None:
    for member in trial.replicas():
        trial.done("member-reload", member=member)
        trial.done("member-restart", member=member, only_pending=False)
        trial.whole()


def reinitialise(trial: Trial) -> None:
    member = [*trial.replicas(synchronous=False), *trial.replicas()][0]
    trial.done("member-reinitialise", member=member)
    trial.whole()


def whole_shard(trial: Trial) -> None:
    trial.whole()
    trial.done("shard-restart", only_pending=False)
    trial.whole()


def pause(trial: Trial) -> None:
    paused = trial.done("failover-pause", hours=1)
    leader = trial.facts().leader
    candidate = next(one.name for one in trial.facts().cluster.members if leader and one.name != leader.name)
    trial.say(f"switchover while paused: {trial.ask('switchover', candidate=candidate).outcome}")
    trial.taken_back(paused)
    trial.whole()


def configure(trial: Trial) -> None:
    changes = {"postgresql": {"parameters": {"work_mem": "9MB", "max_locks_per_transaction": 70}}}
    done = trial.done("patroni-configure", changes=changes)
    trial.whole()
    trial.taken_back(done)
    trial.whole()


def slots(trial: Trial) -> None:
    physical = trial.done("permanent-slot-add", slot="modes_physical", type="physical")
    logical = trial.done("permanent-slot-add", slot="modes_logical", type="logical", database="novacron")
    trial.whole()
    candidate = [*trial.replicas(synchronous=True), *trial.replicas()][0]
    trial.done("switchover", candidate=candidate)
    trial.whole()
    with trial.scene.connect(candidate) as session:
        rows = session.execute("SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 'modes%'").fetchall()
    if {row[0] for row in rows} != {"modes_physical", "modes_logical"}:
        trial.wrong(f"After a switchover only {rows} of the permanent slots are on the leader.")
    for done in (physical, logical):
        trial.taken_back(done)
    trial.whole()


def schedule(trial: Trial) -> None:
    candidate = [*trial.replicas(synchronous=True), *trial.replicas()][0]
    at = timezone.now() + timedelta(hours=1)
    trial.taken_back(trial.done("switchover-schedule", candidate=candidate, at=at.isoformat()))
    trial.done("switchover-schedule", candidate=candidate, at=(timezone.now() + SOON).isoformat())
    wait_for(lambda: (found := trial.facts().healthy_leader) and found.name == candidate, "Patroni's schedule", 150)
    trial.whole()
    trial.say(f"switchover-schedule: Patroni carried it out, {candidate} leads.")


def pools(trial: Trial) -> None:
    of = {"pool": trial.pool, "database": "primary"}
    trial.taken_back(trial.done("pool-pause", **of, seconds=30))
    trial.done("pool-reconnect", **of)
    trial.taken_back(trial.done("pool-resize", **of, size=7))
    trial.done("pool-kill", **of)
    trial.done("pool-reload", pool=trial.pool)


def forced(trial: Trial) -> None:
    """To a member that does not confirm commits, where there is one."""
    candidate = [*trial.replicas(synchronous=False), *trial.replicas()][0]
    _measured(trial, "failover-forced", candidate)


def leaderless(trial: Trial) -> None:
    """To a member that was cut off before the leader wrote its last 64 MiB and froze, the worst that can be chosen.
    Patroni is paused, so that it elects nobody."""
    leader, behind = trial.leader(), [*trial.replicas(synchronous=False), *trial.replicas()][0]
    paused = trial.done("failover-pause", hours=1)
    try:
        trial.servers.pause(behind)
        # In small records: of one that is received in part, that part is lost too.
        trial.scene.sql(leader, *[means.WRITE.format(bytes=means.MIB // 16)] * 1024)
        written = trial.facts().word(leader).status.location or 0
        wait_for(lambda: _heard(trial, leader) >= written, "the collector to have heard of it", SETTLED_WITHIN)
        trial.servers.pause(leader)
        trial.servers.resume(behind)
        wait_for(lambda: trial.facts().leader is None, "the leader key to end", 90)
        wait_for(lambda: trial.facts().word(behind).status.healthy, f"{behind} to answer", SETTLED_WITHIN)
        _measured(trial, "failover", behind)
    finally:
        for name in (behind, leader):
            trial.servers.resume(name)
        trial.taken_back(paused)
    trial.whole()


def _heard(trial: Trial, leader: str) -> int:
    found = next(one for one in trial.topology().members if one.name == leader).facts
    return (found.written if found else None) or 0


def _measured(trial: Trial, kind: str, candidate: str) -> None:
    """With the bytes at risk before, and after it what the old timeline had beyond the new one's beginning."""
    facts = gather(trial.shard)
    lacks = facts.lacks(candidate)
    best = facts.best
    risk = "unknown" if lacks is None else human_bytes(lacks)
    trial.say(f"{kind} to {candidate}: at risk {risk} ({best.source if best else 'nobody tells'})")
    former = timeline(facts)
    trial.done(kind, candidate=candidate)
    began = wait_for(lambda: _end_of(trial, candidate, former), f"the end of timeline {former} in the history", 60)
    assert began is not None
    lost = f"{max(0, best.at - began)} bytes of that were lost" if best else "nobody had said what was written"
    trial.say(f"{kind}: timeline {former} ended at {began}; {lost}")
    if kind == "failover-forced":
        trial.whole()


def _end_of(trial: Trial, member: str, former: int) -> int | None:
    """Where a timeline ended, once its successor's leader has told the DCS of it."""
    told = trial.scene.patroni(member).history()
    return next((one.lsn for one in told if one.timeline == former), None)


ACTS: Mapping[str, Callable[[Trial], None]] = {
    "seen": seen, "switchover": switchover, "failover": failover, "restart": restart, "reinitialise": reinitialise,
    "pause": pause, "configure": configure, "slots": slots, "pools": pools, "schedule": schedule,
    "shard-restart": whole_shard, "failover-forced": forced, "failover-without-leader": leaderless, "stream": stream,
}  # fmt: skip
