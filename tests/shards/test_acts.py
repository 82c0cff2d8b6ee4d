"""What can be done with what was seen: only what is registered and allowed, filled in."""

from dataclasses import replace
from datetime import UTC, datetime

from novaops.operations import registry
from shards.acts import backend_acts, database_acts, fleet_acts, member_acts, pool_acts, shard_acts, slot_acts
from shards.clients.patroni_replies import Role, ScheduledSwitchover
from shards.clients.pgbouncer_replies import PooledDatabase
from shards.pools.facts import PgBouncerFacts
from shards.replication.facts import Backend, Slot
from tests.replication.test_cascades import member, shard

ALL = frozenset(
    [
        "switchover",
        "switchover-schedule",
        "switchover-unschedule",
        "failover",
        "member-restart",
        "shard-restart",
        "member-reload",
        "member-reinitialise",
        "failover-pause",
        "failover-resume",
        "patroni-configure",
        "synchronous-mode",
        "permanent-slot-add",
        "permanent-slot-remove",
        "pool-pause",
        "pool-resume",
        "pool-reconnect",
        "pool-reload",
        "pool-kill",
        "pool-resize",
        "backend-cancel",
        "backend-terminate",
        "slot-drop",
        "fleet-restart",
        "fleet-drain",
    ]
)
LEADER, STANDBY, OTHER = member("a", Role.LEADER), member("b", Role.SYNC_STANDBY), member("c")
SHARD = shard(LEADER, STANDBY, OTHER)


def kinds(acts: tuple) -> set[str]:  # type: ignore[type-arg]
    return {act.kind for act in acts}


def test_nothing_is_offered_that_may_not_be_requested() -> None:
    assert shard_acts(SHARD, ()) == () == member_acts(SHARD, LEADER, frozenset())
    assert kinds(shard_acts(SHARD, {"switchover"})) == {"switchover"}


def test_a_shard_with_a_leader_is_switched_over_to_its_synchronous_standby() -> None:
    acts = {act.kind: act for act in shard_acts(SHARD, ALL)}
    assert acts["switchover"].parameters == {"shard": "s", "candidate": "b"}
    assert "failover" not in acts and "failover-resume" not in acts and acts["failover-pause"].danger


def test_without_a_leader_it_fails_over() -> None:
    for headless in (shard(STANDBY, OTHER), shard(replace(LEADER, state="unreachable"), STANDBY)):
        assert "failover" in kinds(shard_acts(headless, ALL)) and "switchover" not in kinds(shard_acts(headless, ALL))
        assert "failover" in kinds(member_acts(headless, STANDBY, ALL))


def test_what_is_paused_or_scheduled_is_taken_back() -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    found = kinds(shard_acts(replace(SHARD, paused=True, scheduled=ScheduledSwitchover(at=at)), ALL))
    assert {"failover-resume", "switchover-unschedule"} <= found
    assert not found & {"failover-pause", "switchover-schedule"}


def test_members() -> None:
    of_leader, of_standby = member_acts(SHARD, LEADER, ALL), member_acts(SHARD, STANDBY, ALL)
    assert "member-reinitialise" not in kinds(of_leader) and "member-reinitialise" in kinds(of_standby)
    assert of_leader[0].parameters == of_standby[0].parameters == {"shard": "s", "candidate": "b"}
    never = member("c", told={"nofailover": True}, pending_restart=True)
    acts = {act.kind: act for act in member_acts(SHARD, never, ALL)}
    assert "switchover" not in acts and acts["member-restart"].parameters["only_pending"] == "true"
    assert member_acts(SHARD, member("x", None), ALL) == ()  # type: ignore[arg-type]


def test_pools() -> None:
    databases = (PooledDatabase(name="primary", pool_size=20), PooledDatabase(name="replica", paused=True))
    facts = PgBouncerFacts(version="1.24", databases=databases)
    primary = {act.kind: act.parameters for act in database_acts("p", facts, "primary", ALL)}
    assert primary["pool-pause"] == {"pool": "p", "database": "primary"} and primary["pool-resize"]["size"] == "20"
    assert "pool-resume" in kinds(database_acts("p", facts, "replica", ALL))
    assert kinds(pool_acts("p", None, ALL)) == {"pool-reload"}


def test_slots() -> None:
    loose, used = Slot(name="cdc", kind="logical", plugin="pgoutput"), Slot(name="b", kind="physical", active=True)
    acts = {act.kind: act for act in slot_acts(SHARD, "a", loose, {"b"}, ALL)}
    assert acts["slot-drop"].parameters == {"server": "a", "slot": "cdc"} and acts["slot-drop"].danger
    assert acts["permanent-slot-add"].parameters["plugin"] == "pgoutput"
    assert slot_acts(SHARD, "a", used, {"b"}, ALL) == ()
    assert "slot-drop" not in kinds(slot_acts(SHARD, "b", loose, (), ALL)), "it lies on a standby"
    assert kinds(slot_acts(replace(SHARD, permanent_slots=("cdc",)), "a", loose, (), ALL)) == {"permanent-slot-remove"}


def test_backends() -> None:
    busy = Backend(pid=7, state="active", started="2026-11-29T07:50:29.123456Z")
    cancel, end = backend_acts("a", busy, ALL)
    assert cancel.parameters == {"server": "a", "pid": "7", "started": "2026-11-29T07:50:29.123456Z"}
    assert (cancel.kind, end.kind, end.danger) == ("backend-cancel", "backend-terminate", True)
    assert backend_acts("a", Backend(pid=7), ALL) == (), "a hidden one may be another by then"


def test_the_fleet() -> None:
    assert kinds(fleet_acts(ALL)) == {"fleet-restart", "fleet-drain"}


def test_what_is_filled_in_is_what_the_kinds_ask_for() -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    databases = (PooledDatabase(name="primary"), PooledDatabase(name="replica", paused=True))
    kept = replace(SHARD, paused=True, scheduled=ScheduledSwitchover(at=at), permanent_slots=("kept",))
    loose = Slot(name="cdc", kind="logical", plugin="pgoutput", database="novacron")
    offered = [
        *fleet_acts(ALL),
        *shard_acts(SHARD, ALL),
        *shard_acts(kept, ALL),
        *shard_acts(shard(STANDBY), ALL),
        *(act for one in SHARD.members for act in member_acts(SHARD, one, ALL)),
        *pool_acts("p", PgBouncerFacts(version="1.24", databases=databases), ALL),
        *slot_acts(SHARD, "a", loose, (), ALL),
        *slot_acts(kept, "a", Slot(name="kept", kind="logical"), (), ALL),
        *backend_acts("a", Backend(pid=7, state="active", started="2026-11-29T07:50:29.123456Z"), ALL),
    ]
    asked = {kind.name: set(kind.parameters.model_fields) for kind in registry.kinds()}
    wrong = {act.kind: sorted(act.parameters.keys() - asked.get(act.kind, set())) for act in offered}
    assert {act.kind for act in offered} == ALL
    assert not {kind: names for kind, names in wrong.items() if names}
