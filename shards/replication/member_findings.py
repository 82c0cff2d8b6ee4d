"""A member that is silent, wholly or in part: one finding with its cause, and what follows folded under it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from metrics.contract import Finding, Remedy, Seen, Severity, Snapshot, State
from novaops.inventory.models import ServerKind
from shards.clients.patroni_replies import Status
from shards.replication.disk_space import NAME as SPACE
from shards.replication.disk_space import means_no_space
from shards.replication.etcd_findings import has_quorum
from shards.replication.facts import PatroniFacts, PatroniSettingsFacts, PostgresFacts
from shards.replication.findings import build_anew, finding, newest_cluster
from shards.replication.own_slots import slot_of
from shards.replication.own_word import NAME as ITSELF
from shards.replication.own_word import PatroniItselfFacts
from shards.replication.taking_over import ASKED_RARELY, COMES_UP, SETTLES, of_new_leader

# States of Patroni in which PostgreSQL died by itself, or does not come up.
DIED = frozenset({"crashed", "start failed", "restart failed"})
COMING_UP = frozenset({"starting", "unknown"})
RUNS = frozenset({"running", "streaming"})
DEFAULT_TTL = 30


@dataclass(frozen=True, slots=True)
class Member:
    """What is known of one member: `patroni` its view of the cluster, `itself` its own word, `postgres` its server.
    `led`: it took writes when it was last seen, and another member may have begun to lead since, a moment ago."""

    name: str
    shard: str
    patroni: Seen
    itself: Seen | None
    postgres: Seen
    leads: bool
    led: bool
    paused: bool
    ttl: int

    @property
    def who(self) -> str:
        return f"the leader {self.name}" if self.leads else self.name

    @property
    def answers(self) -> bool:
        """Patroni's process does, whatever it knows."""
        return self.patroni.reachable or bool(self.itself and self.itself.reachable)

    @property
    def status(self) -> Status | None:
        facts = self.itself.facts if self.itself and self.itself.reachable else self.patroni.facts
        return facts.status if isinstance(facts, PatroniItselfFacts | PatroniFacts) else None

    @property
    def server(self) -> PostgresFacts | None:
        return self.postgres.facts if isinstance(self.postgres.facts, PostgresFacts) else None


def members(snapshot: Snapshot, now: datetime) -> Iterator[Finding]:
    for shard in snapshot.shards:
        for one in _members(snapshot, shard.name, now):
            yield from _member(snapshot, one)


def _members(snapshot: Snapshot, shard: str, now: datetime) -> Iterator[Member]:
    cluster = newest_cluster(snapshot, shard)
    leader = cluster.leader.name if cluster and cluster.leader else ""
    ttl = max((facts.config.ttl for _, facts in snapshot.facts(PatroniSettingsFacts, shard)), default=DEFAULT_TTL)
    for server in snapshot.servers_of(ServerKind.PATRONI, shard):
        patroni = snapshot.seen(ServerKind.PATRONI, server.name, "patroni")
        postgres = snapshot.seen(ServerKind.POSTGRES, server.name, "postgres")
        if patroni and postgres and State.UNKNOWN not in {patroni.state, postgres.state}:
            yield Member(
                name=server.name,
                shard=shard,
                patroni=patroni,
                itself=snapshot.seen(ServerKind.PATRONI, server.name, ITSELF),
                postgres=postgres,
                leads=server.name == (leader or _led(patroni)),
                led=_took_writes(postgres) and now - (patroni.state_since or now) <= SETTLES + timedelta(seconds=ttl),
                paused=bool(cluster and cluster.paused),
                ttl=ttl,
            )


def _took_writes(postgres: Seen) -> bool:
    return isinstance(postgres.facts, PostgresFacts) and not postgres.facts.in_recovery


def _led(patroni: Seen) -> str:
    """While nobody leads: who did when this member last knew. The one that led may be why nobody does."""
    led = patroni.facts.cluster.leader if isinstance(patroni.facts, PatroniFacts) else None
    return led.name if led and not patroni.reachable else ""


def _member(snapshot: Snapshot, one: Member) -> Iterator[Finding]:
    full = _no_space(snapshot, one)
    if full:
        yield _full_disk(snapshot, one, full)
    elif not one.answers and not one.postgres.reachable:
        yield _silent(snapshot, one)
    elif not one.answers:
        yield _without_patroni(snapshot, one)
    elif not one.postgres.reachable:
        yield _without_postgres(snapshot, one)
    elif not one.patroni.reachable and has_quorum(snapshot):
        yield _without_etcd(snapshot, one)


def _no_space(snapshot: Snapshot, one: Member) -> Seen | None:
    """The reading whose cause says so."""
    space = snapshot.seen(ServerKind.POSTGRES, one.name, SPACE)
    return next((seen for seen in (one.postgres, space) if seen and means_no_space(seen.cause)), None)


def _silent(snapshot: Snapshot, one: Member) -> Finding:
    sentence = f"{_begin(one.who)}: neither its Patroni nor its PostgreSQL answers. {one.postgres.cause}"
    refused = "refused" in one.postgres.cause and "refused" in one.patroni.cause
    why = "Both processes ended: start Patroni there" if refused else "See whether the machine and its network work"
    step = f"{why}. {_succession(one)}" if one.leads else f"{why}; it joins again by itself, or is reinitialised."
    told = _told(snapshot, one, "silent", Severity.CRITICAL, sentence, step, one.postgres)
    return replace(told, remedy=_successor_of(one)) if one.leads else told


def _successor_of(one: Member) -> Remedy:
    shard = {"shard": one.shard}
    paused, over = Remedy("Resume failover", "failover-resume", shard), Remedy("Fail over", "failover", shard)
    return paused if one.paused else over


def _succession(one: Member) -> str:
    if one.paused:
        return "Automatic failover is paused: resume it, or fail over by hand."
    return (
        f"Patroni lets another member lead when its lock ends, within {one.ttl} s, and some seconds more; "
        "if none does, look at etcd and at the standbys."
    )


def _without_patroni(snapshot: Snapshot, one: Member) -> Finding:
    server, leader = one.server, newest_cluster(snapshot, one.shard)
    writes = bool(server and not server.in_recovery)
    other = leader.leader.name if leader and leader.leader and not one.leads else ""
    if writes and other and _older(snapshot, one, other):
        sentence = f"{one.name} still takes writes although {other} leads {one.shard}: its Patroni does not answer."
        step = (
            f"Stop PostgreSQL on {one.name} now, or kill its Patroni so that it is started anew: "
            f"what is written there is lost when it follows {other} again."
        )
        return _told(snapshot, one, "silent-patroni", Severity.CRITICAL, sentence, step, one.patroni)
    if writes:
        sentence = (
            f"Patroni of the leader {one.name} does not answer, its PostgreSQL does: when its lock ends, within "
            f"{one.ttl} s, another one leads while this one still takes writes. {one.patroni.cause}"
        )
        step = f"Start Patroni on {one.name} again; where it does not come, stop its PostgreSQL."
        return _told(snapshot, one, "silent-patroni", Severity.CRITICAL, sentence, step, one.patroni)
    sentence = (
        f"Patroni of {one.name} does not answer, its PostgreSQL does: it cannot become leader. {one.patroni.cause}"
    )
    step = "Start Patroni there again; its log says why it ended or hangs. Replication goes on meanwhile."
    return _told(snapshot, one, "silent-patroni", Severity.WARNING, sentence, step, one.patroni)


def _older(snapshot: Snapshot, one: Member, leader: str) -> bool:
    """The other one leads on a later timeline."""
    seen = snapshot.seen(ServerKind.POSTGRES, leader, "postgres")
    newer = seen.facts.timeline if seen and isinstance(seen.facts, PostgresFacts) else None
    own = one.server.timeline if one.server else None
    return newer is not None and own is not None and newer > own


def _without_postgres(snapshot: Snapshot, one: Member) -> Finding:
    said = one.status.state if one.status else "unknown"
    # Patroni may call one that replays before it answers by what it was before.
    state = "starting" if any(words in one.postgres.cause for words in COMES_UP) else said
    sentence = f"PostgreSQL of {one.who} does not answer, its Patroni does and calls it “{state}”. {one.postgres.cause}"
    folder = one.server.data_directory if one.server else ""
    disk = f"First see whether its disk is full: df -h {folder}".strip()
    step = f"{disk}; then what PostgreSQL's log says last."
    if state in DIED | COMING_UP:
        how = "died and does not come up" if state in DIED else "is not up yet"
        sentence = (
            f"PostgreSQL of {one.who} {how} (“{state}”): a full disk, damaged data or processes of its former server "
            "keep it down."
        )
        step = (
            f"{disk}. Make room and Patroni starts it again. Otherwise read PostgreSQL's log: a shared memory block "
            f"that is still in use belongs to processes which outlived its former server (fuser {folder or '…'}), "
            "and Patroni starts it again once they are killed. Where data is damaged, reinitialise it."
        )
    elif state in RUNS and "refused" in one.postgres.cause:
        sentence = (
            f"PostgreSQL of {one.who} does not listen any more (connection refused), its Patroni still calls it "
            f"“{state}”: a full disk, damaged data or a kill may have ended it."
        )
    elif state in RUNS:
        step = f"It may hang, have no connection left, or have just died. {step}"
    if one.leads:
        step = f"{step} {_succession(one)}" if one.paused else f"{step} Patroni fails over when it cannot start it."
    severity = Severity.CRITICAL if one.leads or state in DIED else Severity.WARNING
    told = _told(snapshot, one, "silent-postgres", severity, sentence, step, one.postgres)
    return told if one.leads or state not in DIED else replace(told, remedy=build_anew(one.shard, one.name))


def _full_disk(snapshot: Snapshot, one: Member, seen: Seen) -> Finding:
    folder = one.server.data_directory if one.server else ""
    sentence = f"The disk of {one.who} is full: {seen.cause}"
    step = (
        f"Make room: df -h {folder}. Look for slots that hold WAL, an archive_command that fails, and logs; "
        "never delete files of pg_wal by hand."
    )
    return _told(snapshot, one, "disk", Severity.CRITICAL, sentence, step, seen)


def _without_etcd(snapshot: Snapshot, one: Member) -> Finding:
    seen = one.status.dcs_last_seen if one.status else None
    last = f", which it saw last at {seen:%H:%M:%S} UTC" if seen else ""
    sentence = f"{_begin(one.who)} cannot reach etcd{last}; other members can. {_lost(one)}"
    step = f"Look at the network between {one.name} and etcd, at its firewall, and at the hosts in its patroni.yml."
    severity = Severity.CRITICAL if one.leads else Severity.WARNING
    return _told(snapshot, one, "no-etcd", severity, sentence, step, one.patroni)


def _lost(one: Member) -> str:
    if not one.leads:
        return "It cannot become leader."
    return f"It stops leading when its lock ends, within {one.ttl} s, and another member takes over."


def _told(
    snapshot: Snapshot, one: Member, what: str, severity: Severity, sentence: str, step: str, since: Seen
) -> Finding:
    explains = (
        *_of_member(one, down=what == "disk" or not one.postgres.reachable),
        *(of_new_leader(snapshot, one.shard) if one.leads or one.led else ()),
    )
    return finding(f"{what}:{one.name}", severity, one.shard, sentence, step, one.name, since, explains)


def _of_member(one: Member, down: bool) -> Iterator[str]:
    """`down`: what its PostgreSQL does not do follows too; otherwise a lag of it has another cause."""
    name = one.name
    yield from (f"unreachable:{kind}:{name}" for kind in ("patroni", "postgres"))
    for what in ("state", "missing", *(("lag", "lag-bytes", "receiver", "timeline", "replay") if down else ())):
        yield f"replication:{what}:{name}"
    yield from (f"unanswered:{probe}:patroni:{name}" for probe in ("patroni", "patroni-settings", ITSELF))
    for probe in ("postgres", *ASKED_RARELY):
        yield f"unanswered:{probe}:postgres:{name}"
    yield f"replication:slot:{one.shard}:{slot_of(name)}"


def _begin(text: str) -> str:
    return text[0].upper() + text[1:] if text.startswith("the ") else text
