"""Who streams from whom, and what an application would notice."""

from dataclasses import replace

import pytest
from django.utils import timezone

from metrics.contract import ShardSeen
from shards.acts import member_acts, shard_acts
from shards.clients.patroni_replies import Config, Role
from shards.clients.pgbouncer_replies import Pool, PooledDatabase
from shards.pools.facts import PgBouncerFacts
from shards.replication.cascades import following
from shards.replication.facts import PostgresFacts, StandbyConnection
from shards.replication.noticed import noticed
from shards.replication.seen import MemberSeen, PoolSeen, ShardTopology
from shards.replication.standby_cluster import refusal

FACTS = PostgresFacts(
    version="17.1", version_number=170001, in_recovery=False, started_at=timezone.now(), uptime_seconds=1
)


def member(name: str, role: Role = Role.REPLICA, **more: object) -> MemberSeen:
    return MemberSeen(**{"name": name, "shard": "s", "state": "ok", "role": role, "address": f"{name}:1"} | more)  # type: ignore[arg-type]


def shard(*members: MemberSeen, pools: tuple[PoolSeen, ...] = ()) -> ShardTopology:
    return ShardTopology(ShardSeen("s", "s", "novacron", 100, "active"), members, pools, "ok", "")


def placed(*members: MemberSeen) -> dict[str, str]:
    return {one.name: one.follows for one in following(members, "a")}


def test_what_a_standby_says_comes_before_what_it_was_told() -> None:
    told = {"replicatefrom": "c"}
    found = placed(member("a", Role.LEADER), member("b"), member("c"), member("d", sender="b:1", told=told))
    assert found == {"a": "", "b": "a", "c": "a", "d": "b"}


def test_the_sender_knows_too_and_the_tag_is_the_last_word() -> None:
    sends = FACTS.model_copy(update={"standbys": (StandbyConnection(application_name="c"),)})
    tagged = member("d", told={"replicatefrom": "c"})
    found = placed(member("a", Role.LEADER), member("b", facts=sends), member("c"), tagged)
    assert (found["c"], found["d"]) == ("b", "c")
    assert placed(member("a", Role.LEADER), replace(tagged, told={"replicatefrom": "gone"}))["d"] == "a"


def test_nobody_is_left_in_a_ring() -> None:
    ring = placed(member("a", Role.LEADER), member("b", sender="c:1"), member("c", sender="b:1"))
    assert "a" in ring.values() and ring["a"] == ""


LEADER = member("a", Role.LEADER, facts=FACTS)
STANDBY = member("b", Role.SYNC_STANDBY, replay_lag_seconds=0.0, follows="a")
NAMES = (PooledDatabase(name="primary"), PooledDatabase(name="replica"))


def pool(**more: object) -> PoolSeen:
    facts = PgBouncerFacts(version="1.24", databases=NAMES)
    return PoolSeen(**{"name": "p", "state": "ok", "facts": facts, "writes_to": ("a",), "reads_from": ("b",)} | more)  # type: ignore[arg-type]


def paused(name: str) -> PgBouncerFacts:
    return PgBouncerFacts(version="1.24", databases=(PooledDatabase(name=name, paused=True),))


WAITING = PgBouncerFacts(
    version="1.24", databases=NAMES, pools=(Pool(database="primary", user="u", cl_waiting=3, maxwait_seconds=2.0),)
)
STRICT = FACTS.model_copy(update={"synchronous_standby_names": '"b"'})
CONFIRMED = STRICT.model_copy(
    update={"standbys": (StandbyConnection(application_name="b", sync_state="sync", state="streaming"),)}
)


@pytest.mark.parametrize(
    ("seen", "writes", "sentence"),
    [
        (shard(LEADER, STANDBY, pools=(pool(),)), "work", "Writes work; reads of replicas are current."),
        (
            shard(LEADER, replace(STANDBY, replay_lag_seconds=2.0)),
            "work",
            "reads of replicas are up to 2\u00a0s old (b).",
        ),
        (shard(STANDBY), "fail", "Writes fail: the shard has no leader;"),
        (shard(LEADER, STANDBY, pools=(pool(writes_to=("b",)),)), "fail", "sends them to b, which does not lead"),
        (shard(LEADER, STANDBY, pools=(pool(state="unreachable"),)), "fail", "the pool p does not answer"),
        (shard(LEADER, STANDBY, pools=(pool(facts=paused("primary")),)), "wait", "Writes wait: the pool p is paused"),
        (
            shard(LEADER, STANDBY, pools=(pool(facts=paused("primary")), pool(name="q", facts=paused("primary")))),
            "wait",
            "Writes wait: the pools p and q are paused",
        ),
        (shard(LEADER, STANDBY, pools=(pool(facts=paused("replica")),)), "work", "reads of replicas wait"),
        (shard(LEADER, STANDBY, pools=(pool(facts=WAITING),)), "work", "3 clients wait up to 2\u00a0s"),
        (shard(replace(LEADER, facts=STRICT), STANDBY), "wait", "no synchronous standby confirms them to a"),
        (shard(replace(LEADER, facts=CONFIRMED), STANDBY), "work", "Writes work;"),
        (shard(replace(LEADER, state="unreachable"), STANDBY), "unknown", "the leader a does not answer"),
        (shard(LEADER, replace(STANDBY, state="unreachable"), pools=(pool(),)), "work", "reads that go to b may fail"),
        (shard(member("a", Role.STANDBY_LEADER, sender="far:5432")), "fail", "follows another cluster (far:5432)"),
        (shard(LEADER), "work", "no replica serves reads"),
        (shard(replace(LEADER, role=None)), "unknown", "nobody was asked yet"),
    ],
)
def test_what_an_application_notices(seen: ShardTopology, writes: str, sentence: str) -> None:
    told = noticed(seen)
    assert told.writes == writes and sentence in told.sentence, told


def test_in_a_standby_cluster_no_leader_is_handed_over() -> None:
    far = shard(member("a", Role.STANDBY_LEADER, sender="far:5432"), member("b"))
    can = {"switchover", "switchover-schedule", "failover", "member-restart"}
    assert [act.kind for act in shard_acts(far, can)] == []
    assert [act.kind for act in member_acts(far, far.members[1], can)] == ["member-restart"]
    config = Config.from_response({"standby_cluster": {"host": "far"}})
    assert config.follows == "far:5432"
    assert Config.from_response({"standby_cluster": {"restore_command": "x"}}).follows == "an archive"
    told = refusal("dr", config)
    assert told and told.reason.startswith("dr is a standby cluster of far:5432: its leader takes no writes")
    assert refusal("dr", Config.from_response({"standby_cluster": None})) is None
