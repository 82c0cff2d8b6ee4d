"""What is said of faults: the cause once, with the next step, and not what follows from it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metrics.contract import Facts, Finding, Seen, ServerSeen, Severity, ShardSeen, Snapshot, State
from metrics.findings import folded
from metrics.rules import unreachable
from novaops.inventory.models import ServerKind
from shards.clients.etcd_replies import EtcdMember, EtcdStatus
from shards.clients.patroni_replies import Cluster, Config, Role, Status, TimelineSwitch
from shards.replication.ahead_findings import ahead
from shards.replication.disk_space import SpaceFacts
from shards.replication.etcd_findings import etcd_cluster
from shards.replication.facts import (
    EtcdFacts,
    LongestTransaction,
    PatroniFacts,
    PatroniSettingsFacts,
    PostgresFacts,
    Replayer,
)
from shards.replication.findings import clusters
from shards.replication.member_findings import members
from shards.replication.own_word import PatroniItselfFacts
from shards.replication.server_findings import etcd, servers
from tests.replies import said

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
SHARD = ShardSeen("shard-2", "shard-2", "novacron", 100, "active")
CLUSTER = Cluster.from_response(said("patroni-3.3.8/cluster"))
LEADER, STANDBY, REPLICA = "shard-2-b", "shard-2-a", "shard-2-c"
SILENT: dict[str, Any] = {"state": State.UNREACHABLE, "cause": "No answer within 3 s."}
REFUSED: dict[str, Any] = {"state": State.UNREACHABLE, "cause": "Nothing listens there (connection refused)."}
RULES = (clusters, members, ahead, servers, etcd_cluster, etcd, unreachable)


def postgres(name: str, timeline: int = 1, **more: Any) -> PostgresFacts:
    leads = name == LEADER
    known: dict[str, Any] = {"in_recovery": not leads, "receiver_status": "" if leads else "streaming"}
    facts = {"version": "15", "version_number": 150018, "started_at": NOW, "uptime_seconds": 9, "timeline": timeline}
    return PostgresFacts.model_validate(facts | {"data_directory": f"/data/{name}"} | known | more)


def etcd_facts(own: int, leader: str = "1") -> EtcdFacts:
    members = tuple(EtcdMember(id=str(number)) for number in (1, 2, 3))
    return EtcdFacts(status=EtcdStatus(version="3", id=str(own), leader=leader, healthy=bool(leader), members=members))


class Fleet:
    """A whole shard and three etcds, until something is broken."""

    def __init__(self) -> None:
        self.readings: dict[tuple[str, str], Seen] = {}
        for port, name in enumerate((LEADER, STANDBY, REPLICA)):
            config = PatroniSettingsFacts(config=Config(synchronous_mode="on", ttl=20))
            self.put(ServerKind.PATRONI, name, port, "patroni", PatroniFacts(status=status(name), cluster=CLUSTER))
            self.put(ServerKind.PATRONI, name, port, "patroni-itself", PatroniItselfFacts(status=status(name)))
            self.put(ServerKind.PATRONI, name, port, "patroni-settings", config, every_seconds=30.0)
            self.put(ServerKind.POSTGRES, name, 10 + port, "postgres", postgres(name))
        for number in (1, 2, 3):
            self.put(ServerKind.ETCD, f"etcd-{number}", 20 + number, "etcd", etcd_facts(number), shard="")

    def put(
        self, kind: str, name: str, port: int, probe: str, facts: Facts, shard: str = "shard-2", **more: Any
    ) -> None:
        server = ServerSeen(port, kind, name, "127.0.0.1", port, shard)
        self.readings[probe, name] = Seen(
            server, probe, State.OK, facts=facts, checked_at=NOW, good_at=NOW, state_since=NOW, **more
        )

    def now(self, probe: str, name: str, **changes: Any) -> "Fleet":
        known = self.readings[probe, name]
        values = {field: getattr(known, field) for field in Seen.__dataclass_fields__} | changes
        self.readings[probe, name] = Seen(**values)
        return self

    def silent(self, *probes: str, name: str, **how: Any) -> "Fleet":
        for probe in probes:
            self.now(probe, name, **(how or SILENT))
        return self

    def told(self) -> list[Finding]:
        readings = tuple(self.readings.values())
        servers_seen = tuple({one.server.id: one.server for one in readings}.values())
        snapshot = Snapshot(NOW, 5, (SHARD,), servers_seen, readings)
        found = {finding.key: finding for rule in RULES for finding in rule(snapshot, NOW)}
        return [one for one in folded(found) if one.severity > Severity.INFO]


def status(name: str) -> Status:
    seen = NOW - timedelta(seconds=9)
    return Status(name=name, state="running", dcs_last_seen=seen)


BOTH = ("patroni", "patroni-itself", "postgres")


def test_nothing_is_said_of_a_whole_fleet() -> None:
    assert Fleet().told() == []


def test_a_silent_replica_is_one_finding() -> None:
    (found,) = Fleet().silent(*BOTH, name=REPLICA).told()
    assert found.sentence == ("shard-2-c: neither its Patroni nor its PostgreSQL answers. No answer within 3 s.")
    assert found.next_step.startswith("See whether the machine and its network work;")
    assert found.next_step.endswith("2 more findings follow from it.")


def test_a_killed_leader_is_one_finding_that_says_what_comes_next() -> None:
    fleet = Fleet().silent(*BOTH, name=LEADER, **REFUSED)
    for name in (STANDBY, REPLICA):
        fleet.now("postgres", name, facts=postgres(name, receiver_status=""))
    (found,) = fleet.told()
    assert found.severity == Severity.CRITICAL
    assert found.sentence.startswith("The leader shard-2-b: neither its Patroni nor its PostgreSQL answers.")
    assert "Both processes ended" in found.next_step and "when its lock ends, within 20 s" in found.next_step


def test_a_leader_whose_patroni_is_silent_will_be_one_of_two() -> None:
    fleet = Fleet().silent("patroni", "patroni-itself", name=LEADER)
    (found,) = fleet.told()
    assert "another one leads while this one still takes writes" in found.sentence
    moved = said("patroni-3.3.8/cluster")
    for member in moved["members"]:
        member["role"] = {STANDBY: "leader", LEADER: "replica"}.get(member["name"], "sync_standby")
    for name in (STANDBY, REPLICA):
        facts = PatroniFacts(status=status(name), cluster=Cluster.from_response(moved))
        fleet.now("patroni", name, facts=facts)
    fleet.now("postgres", STANDBY, facts=postgres(STANDBY, 2, in_recovery=False, receiver_status=""))
    critical = [one for one in fleet.told() if one.severity == Severity.CRITICAL]
    assert [one.sentence for one in critical] == [
        "shard-2-b still takes writes although shard-2-a leads shard-2: its Patroni does not answer."
    ]
    assert critical[0].next_step.startswith("Stop PostgreSQL on shard-2-b now")


@pytest.mark.parametrize(("name", "severity", "after"), [
    (LEADER, Severity.CRITICAL, "It stops leading when its lock ends, within 20 s, and another member takes over."),
    (REPLICA, Severity.WARNING, "It cannot become leader."),
])  # fmt: skip
def test_a_member_without_etcd(name: str, severity: Severity, after: str) -> None:
    (found,) = Fleet().silent("patroni", name=name).told()
    assert found.severity == severity and found.sentence.endswith(
        f"cannot reach etcd, which it saw last at 07:59:51 UTC; other members can. {after}"
    )


def taken_over(by: str) -> Cluster:
    """By a member that nobody follows yet."""
    roles = {by: {"role": Role.LEADER, "timeline": 2}, REPLICA: {"role": Role.REPLICA, "timeline": 1}}
    members = [one.model_copy(update=roles[one.name]) for one in CLUSTER.members if one.name in roles]
    return CLUSTER.model_copy(update={"members": tuple(members)})


@pytest.mark.parametrize("silent", [("patroni", "patroni-itself", "postgres"), ("patroni", "patroni-itself")])
def test_what_follows_while_another_one_takes_over_is_not_told_beside_it(silent: tuple[str, ...]) -> None:
    """The former leader is silent, or still takes writes under a Patroni that is; some minutes later all is told."""
    fleet = Fleet().silent(*silent, name=LEADER)
    for name in (STANDBY, REPLICA):
        fleet.now("patroni", name, facts=PatroniFacts(status=status(name), cluster=taken_over(STANDBY)))
    fleet.now("postgres", STANDBY, facts=postgres(STANDBY, timeline=2, in_recovery=False, receiver_status=""))
    fleet.now("postgres", REPLICA, facts=postgres(REPLICA, receiver_status=""))
    (found,) = fleet.told()
    assert found.severity is Severity.CRITICAL and LEADER in found.sentence
    for probe in BOTH:
        fleet.now(probe, LEADER, state_since=NOW - timedelta(minutes=5))
    assert any("no synchronous standby" in one.sentence for one in fleet.told())


def test_who_led_until_now_explains_that_nobody_leads() -> None:
    headless = said("patroni-3.3.8/cluster")
    headless["members"] = [one for one in headless["members"] if one["role"] != "leader"]
    fleet = Fleet().silent("patroni", name=LEADER).now("postgres", LEADER, facts=postgres(LEADER, in_recovery=True))
    for name in (STANDBY, REPLICA):
        fleet.now("patroni", name, facts=PatroniFacts(status=status(name), cluster=Cluster.from_response(headless)))
    critical = [one.sentence for one in fleet.told() if one.severity == Severity.CRITICAL]
    assert len(critical) == 1 and critical[0].startswith("The leader shard-2-b cannot reach etcd")


def test_a_full_disk_is_named_with_its_folder() -> None:
    how = {"state": State.UNREACHABLE, "cause": "PostgreSQL answered: could not write init file."}
    (found,) = Fleet().silent("postgres", name=REPLICA, **how).told()
    assert found.sentence.startswith("The disk of shard-2-c is full: PostgreSQL answered: could not write init file.")
    assert found.next_step.startswith("Make room: df -h /data/shard-2-c.")


@pytest.mark.parametrize("state", ["crashed", "start failed", "starting", "unknown"])
def test_a_server_that_does_not_come_up_leads_to_its_disk_and_its_log(state: str) -> None:
    fleet = Fleet().silent("postgres", name=REPLICA, **REFUSED)
    fleet.now("patroni-itself", REPLICA, facts=PatroniItselfFacts(status=Status(state=state)))
    (found,) = fleet.told()
    assert found.sentence.endswith(
        f"(“{state}”): a full disk, damaged data or processes of its former server keep it down."
    )
    assert "df -h /data/shard-2-c" in found.next_step and "fuser /data/shard-2-c" in found.next_step


def test_a_server_that_just_ended_leads_to_its_disk_before_its_patroni_knows() -> None:
    (found,) = Fleet().silent("postgres", name=LEADER, **REFUSED).told()
    assert found.sentence == (
        "PostgreSQL of the leader shard-2-b does not listen any more (connection refused), its Patroni still calls it "
        "“running”: a full disk, damaged data or a kill may have ended it."
    )
    assert found.next_step.startswith("First see whether its disk is full: df -h /data/shard-2-b; then what")


def test_a_server_that_says_itself_that_it_starts_is_believed() -> None:
    cause = "PostgreSQL answered: the database system is starting up."
    (found,) = Fleet().silent("postgres", name=REPLICA, state=State.UNREACHABLE, cause=cause).told()
    assert found.sentence.startswith("PostgreSQL of shard-2-c is not up yet (“starting”): a full disk, damaged data")


def test_etcd_without_a_quorum_is_the_one_thing_that_is_said() -> None:
    fleet = Fleet().silent("etcd", name="etcd-2", **REFUSED).silent("etcd", name="etcd-3", **REFUSED)
    fleet.now("etcd", "etcd-1", facts=etcd_facts(1, leader=""), state=State.DEGRADED)
    for name in (LEADER, STANDBY, REPLICA):
        fleet.silent("patroni", "patroni-settings", name=name)
    (found,) = fleet.told()
    assert found.sentence.startswith("etcd has no quorum: 1 of 3 members answer, 2 have to agree. No leader can be")
    assert found.next_step.startswith("Start etcd-2, etcd-3 again;")
    fleet.now("patroni-itself", LEADER, facts=PatroniItselfFacts(status=Status(state="stopping")))
    fleet.silent("postgres", name=LEADER, **REFUSED)
    (found,) = fleet.told()
    assert found.sentence.endswith("shard-2 has no leader and takes no writes.")


@pytest.mark.parametrize(
    "cause", ["PostgreSQL answered: terminating connection due to administrator command.", REFUSED["cause"]]
)
def test_a_leader_that_is_stopped_for_want_of_etcd_is_not_told_beside_it(cause: str) -> None:
    """Its Patroni was asked a moment before."""
    fleet = Fleet().silent("etcd", name="etcd-2", **REFUSED).silent("etcd", name="etcd-3", **REFUSED)
    fleet.now("etcd", "etcd-1", facts=etcd_facts(1, leader=""), state=State.DEGRADED)
    for name in (LEADER, STANDBY, REPLICA):
        fleet.silent("patroni", name=name)
    fleet.silent("postgres", name=LEADER, state=State.UNREACHABLE, cause=cause)
    (found,) = fleet.told()
    assert found.sentence.startswith("etcd has no quorum") and found.sentence.endswith("takes no writes.")


def test_one_etcd_of_three_may_be_away() -> None:
    (found,) = Fleet().silent("etcd", name="etcd-2", **REFUSED).told()
    assert found.severity == Severity.WARNING
    assert found.sentence.startswith("etcd etcd-2 does not answer: 2 of 3 members do, no more may fail")


def test_a_query_that_holds_replay_up_is_named() -> None:
    longest = LongestTransaction(pid=4711, seconds=30, user="reporting")
    behind = postgres(REPLICA, replay_lag_seconds=12, received=200, replayed=100, longest_transaction=longest)
    (found,) = Fleet().now("postgres", REPLICA, facts=behind).told()
    assert "replay waits for a transaction (pid 4711 of reporting, open for 30" in found.sentence
    assert "End pid 4711" in found.next_step


def test_a_transaction_that_is_shorter_than_the_lag_is_not_its_cause() -> None:
    brief = LongestTransaction(pid=4711, seconds=11.9, user="reporting")
    told: dict[str, Any] = {"replay_lag_seconds": 12, "received": 200, "replayed": 100, "longest_transaction": brief}
    slow = postgres(REPLICA, replayer=Replayer(pid=815, wait_type="IO", wait="DataFileRead"), **told)
    (found,) = Fleet().now("postgres", REPLICA, facts=slow, rates={"replayed_bytes_total": 5.0}).told()
    assert "replays more slowly than WAL arrives" in found.sentence and "4711" not in found.sentence + found.next_step


@pytest.mark.parametrize("wait", ["Lock: relation", "IPC: RecoveryConflictSnapshot", "BufferPin: BufferPin"])
def test_that_replay_waits_for_a_transaction_is_said_also_where_none_is_as_old(wait: str) -> None:
    brief = LongestTransaction(pid=4711, seconds=11, user="reporting")
    kind, _, name = wait.partition(": ")
    replayer = Replayer(pid=815, wait_type=kind, wait=name)
    told: dict[str, Any] = {"replay_lag_seconds": 12, "received": 200, "replayed": 100, "longest_transaction": brief}
    behind = postgres(REPLICA, replayer=replayer, **told)
    (found,) = Fleet().now("postgres", REPLICA, facts=behind, rates={"replayed_bytes_total": 0.0}).told()
    assert f"replay waits for a transaction on it ({wait})." in found.sentence
    assert "the oldest is pid 4711 of reporting" in found.next_step and found.remedy is None


@pytest.mark.parametrize(
    ("wait", "rate", "told"),
    [
        ({"wait_type": "Activity", "wait": "RecoveryWalStream"}, 5.0, "(pid 815) hangs: it replays nothing."),
        ({}, 0.0, "(pid 815) hangs: it replays nothing."),
        ({"wait_type": "IO", "wait": "DataFileRead"}, 5.0, "more slowly than WAL arrives. It waits for IO: Data"),
    ],
)
def test_what_replays_hangs_or_is_slow(wait: dict[str, str], rate: float, told: str) -> None:
    replayer = Replayer(pid=815, **wait)
    behind = postgres(REPLICA, replay_lag_seconds=12, received=200, replayed=100, replayer=replayer)
    fleet = Fleet().now("postgres", REPLICA, facts=behind, rates={"replayed_bytes_total": rate})
    (found,) = fleet.told()
    assert told in found.sentence


def test_a_paused_replay_explains_the_lag() -> None:
    behind = postgres(REPLICA, replay_lag_seconds=12, replay_paused=True)
    (found,) = Fleet().now("postgres", REPLICA, facts=behind).told()
    assert found.sentence.startswith("Replay on shard-2-c is paused:")
    assert found.next_step.endswith("One more finding follows from it.")


def test_a_rare_question_that_was_answered_before_does_not_make_a_silent_server_answer() -> None:
    fleet = Fleet()
    fleet.put(ServerKind.POSTGRES, REPLICA, 12, "partitions", postgres(REPLICA), every_seconds=60.0)
    fleet.put(ServerKind.POSTGRES, REPLICA, 12, "leftovers", postgres(REPLICA), every_seconds=300.0)
    fleet.silent("partitions", "postgres", name=REPLICA)
    (found,) = fleet.told()
    assert found.sentence.startswith(
        "PostgreSQL of shard-2-c does not answer, its Patroni does and calls it “running”."
    )


def test_a_rare_question_that_met_a_restart_is_told_only_when_it_fails_again() -> None:
    fleet = Fleet()
    fleet.put(ServerKind.POSTGRES, REPLICA, 12, "leftovers", postgres(REPLICA), every_seconds=300.0)
    assert fleet.silent("leftovers", name=REPLICA, **REFUSED).told() == []
    fleet.now("leftovers", REPLICA, checked_at=NOW + timedelta(seconds=20))
    assert fleet.now("postgres", REPLICA, state_since=NOW + timedelta(seconds=25)).told() == []
    (found,) = fleet.now("leftovers", REPLICA, checked_at=NOW + timedelta(seconds=40)).told()
    assert found.sentence.startswith("shard-2-c answers, but not when it is asked for “leftovers”: Nothing listens")
    assert found.next_step


def test_a_standby_that_cannot_write_any_more_has_a_full_disk() -> None:
    """It answers over the connections that it has, and only does not stream."""
    fleet = Fleet().now("postgres", REPLICA, facts=postgres(REPLICA, receiver_status="", replay_lag_seconds=20))
    cause = 'PostgreSQL answered: could not write to file "base/pgsql_tmp/1.0": No space left on device.'
    fleet.put(ServerKind.POSTGRES, REPLICA, 12, "postgres-space", SpaceFacts(said=cause))
    fleet.now("postgres-space", REPLICA, state=State.DEGRADED, cause=cause)
    (found,) = fleet.told()
    assert found.sentence == f"The disk of shard-2-c is full: {cause}"
    assert found.next_step.endswith("2 more findings follow from it.")


def after_a_failover(**of_replica: Any) -> Fleet:
    """The former leader is gone; the replica's timeline is that of before by Patroni's word, and it does not stream."""
    fleet = Fleet()
    switch = TimelineSwitch(timeline=1, lsn=1000, reason="", at=NOW, new_leader=STANDBY)
    for name in (STANDBY, REPLICA):
        fleet.now("patroni", name, facts=PatroniFacts(status=status(name), cluster=taken_over(STANDBY)))
        settings = PatroniSettingsFacts(config=Config(ttl=20), history=(switch,))
        fleet.now("patroni-settings", name, facts=settings)
    for probe in (*BOTH, "patroni-settings"):
        fleet.readings.pop((probe, LEADER))
    new = postgres(STANDBY, timeline=2, in_recovery=False, receiver_status="", written=5000)
    fleet.now("postgres", STANDBY, facts=new)
    return fleet.now("postgres", REPLICA, facts=postgres(REPLICA, **{"receiver_status": ""} | of_replica))


@pytest.mark.parametrize("has", [{"received": 3048, "replayed": 3048}, {"received": 3048, "replayed": 1000}])
def test_a_replica_that_has_more_than_the_new_leader_leads_to_building_it_anew(has: dict[str, int]) -> None:
    """It replayed it, or received a part of a record; the leader has written past that since."""
    (found,) = after_a_failover(**has).told()
    assert found.sentence == (
        "shard-2-c cannot follow shard-2-a: it has WAL up to 0/BE8, and shard-2-a began timeline 2 at 0/3E8. "
        "shard-2-a never had those 2\u00a0KiB."
    )
    assert "build it anew: what only shard-2-c has is lost" in found.next_step
    assert found.remedy and found.remedy.kind == "member-reinitialise"
    assert found.remedy.parameters == {"shard": "shard-2", "member": REPLICA}


def test_a_leader_that_came_back_without_its_last_wal_is_not_followed() -> None:
    fleet = Fleet().now("postgres", LEADER, facts=postgres(LEADER, written=1000))
    fleet.now("postgres", REPLICA, facts=postgres(REPLICA, received=2024, replayed=2024, receiver_status=""))
    (found,) = fleet.told()
    assert "up to 0/7E8, and shard-2-b has written up to 0/3E8. shard-2-b never had those 1\u00a0KiB" in found.sentence


def test_one_that_only_waits_for_the_new_leader_is_not_ahead() -> None:
    for has in (
        {"received": 1000, "replayed": 1000},
        {"received": 900},
        {"received": 3048, "receiver_status": "streaming"},
    ):
        assert all("cannot follow" not in one.sentence for one in after_a_failover(**has).told())


def test_one_that_has_just_lost_its_leader_is_newer_than_the_leaders_sample_not_ahead_of_it() -> None:
    fleet = Fleet().now("postgres", LEADER, facts=postgres(LEADER, written=1000), good_at=NOW - timedelta(seconds=1))
    just_now = postgres(REPLICA, received=2024, replayed=2024, receiver_status="")
    fleet.now("postgres", REPLICA, facts=just_now, good_at=NOW, rates={"wal_bytes_total": 204.8})
    assert all("cannot follow" not in one.sentence for one in fleet.told())
    fleet.now("postgres", LEADER, facts=postgres(LEADER, written=1000), good_at=NOW)
    assert any("cannot follow" in one.sentence for one in fleet.told())
