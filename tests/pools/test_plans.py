"""What is done to a pool, planned: every refusal is a sentence with its numbers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from novaops.operations.contract import Plan
from shards.clients.pgbouncer_replies import Pool, PoolConnection, PooledDatabase, PoolReport
from shards.pools.acting.facts import PoolActFacts, Room, StandingPause
from shards.pools.acting.plans import plan_kill, plan_pause, plan_reconnect, plan_reload, plan_resize, plan_resume
from shards.pools.acting.steps import differences

PRIMARY = PooledDatabase(name="primary", host="h", port=1, database="d", pool_size=12, reserve_pool=4)
REPLICA = PRIMARY.model_copy(update={"name": "replica", "port": 2})
CONFIG = {"default_pool_size": "12", "max_db_connections": "0"}


def facts(**changes: Any) -> PoolActFacts:
    known: dict[str, Any] = {
        "pool": "p",
        "version": "1.18.0",
        "databases": (PRIMARY, REPLICA),
        "pools": (Pool(database="primary", user="app"), Pool(database="primary", user="jobs")),
        "config": CONFIG,
        "rooms": (Room(server="a", host="h", port=1, usable=97, leads=True),),
    }
    return PoolActFacts(**(known | changes))


def refusals(plan: Plan) -> dict[str, str]:
    return {check.name: check.reason for check in plan.refusals}


def test_a_pool_that_does_not_answer_has_no_plan() -> None:
    dead = PoolActFacts(pool="p", problem="p did not answer: no.")
    for plan in (
        plan_reconnect("p", "primary", dead),
        plan_reload("p", dead),
        plan_kill("p", "primary", dead),
        plan_resize("p", "primary", 20, dead),
    ):
        assert not plan.runnable and refusals(plan) == {"Pool answers": "p did not answer: no."}


def test_a_resize_names_all_it_changes_and_what_it_was() -> None:
    plan = plan_resize("p", "primary", 20, facts())
    assert plan.runnable and plan.summary == "primary, replica of p: 12 connections for each user become 20."
    assert plan.facts["before"] == 12 and plan.blast.connections == 16


@pytest.mark.parametrize(
    ("size", "changes", "check", "says"),
    [
        (45, {}, "Room on a", "could open 98 connections to a, the leader, which takes 97"),
        (20, {"config": CONFIG | {"max_db_connections": "15"}}, "max_db_connections", r"20 is above"),
        (
            20,
            {"databases": (PRIMARY.model_copy(update={"pool_size": 30}), REPLICA)},
            "Can be changed",
            "a pool_size of its own (30; the default is 12)",
        ),
        (20, {"rooms": (Room(server="a", host="h", port=1, problem="No."),)}, "Room on a", "did not say"),
    ],
)
def test_a_size_that_cannot_be_had_is_refused(size: int, changes: dict[str, Any], check: str, says: str) -> None:
    assert says in refusals(plan_resize("p", "primary", size, facts(**changes)))[check]


def test_the_room_of_a_server_counts_every_database_that_leads_there() -> None:
    both = (PRIMARY, REPLICA.model_copy(update={"port": 1}))
    checks = {check.name: check.evidence for check in plan_resize("p", "primary", 20, facts(databases=both)).checks}
    assert checks["Room on a"]["most"] == 2 * 24 + 24


def test_a_kill_tells_who_is_dropped_and_asks_for_the_name() -> None:
    clients = (
        PoolConnection(database="primary", user="app", application="web", host="1", link="0x1"),
        PoolConnection(database="primary", user="app", application="web", host="1"),
    )
    plan = plan_kill("p", "primary", facts(clients=clients))
    [check] = [one for one in plan.checks if one.name == "Clients"]
    assert check.reason == "2 clients of primary, 1 of them in a transaction: they are rolled back."
    assert check.evidence["who"] == [
        {"user": "app", "application": "web", "address": "1", "clients": 2, "in_transaction": 1}
    ]
    assert plan.confirm == "kill p primary" and [step.key for step in plan.steps] == ["kill", "resume"]


def test_a_pause_warns_of_who_is_dropped_for_waiting_and_needs_a_guard() -> None:
    waits = {check.name: check.reason for check in pause(30).checks}
    assert "longer than 20 s" in waits["Long waits"]
    assert (
        "Nobody is dropped for waiting 10 s" in {check.name: check.reason for check in pause(10).checks}["Long waits"]
    )
    assert refusals(pause(10, no_guard="No guard runs.")) == {"Pool guard": "No guard runs."}
    assert pause(10).confirm == "pause p primary" and pause(10).blast.write_pause_ms == 10_000


def pause(seconds: int, **changes: Any) -> Plan:
    return plan_pause("p", "primary", seconds, facts(config=CONFIG | {"query_wait_timeout": "20"}, **changes))


def test_a_pause_of_an_operation_under_way_is_ended_by_nobody_else() -> None:
    paused = (PRIMARY.model_copy(update={"paused": True}), REPLICA)
    standing = StandingPause(operation=5, ends_at=datetime(2026, 11, 29, 8, tzinfo=UTC), active=True)
    plan = plan_resume("p", "primary", facts(databases=paused, pause=standing))
    assert "Operation 5, which is under way, paused it" in refusals(plan)["Whose pause"]
    over = standing.model_copy(update={"active": False})
    assert plan_resume("p", "primary", facts(databases=paused, pause=over)).runnable
    assert plan_resume("p", "primary", facts(databases=paused)).runnable
    assert plan_resume("p", "primary", facts()).summary.startswith("Nothing to do")


def test_who_comes_and_goes_leaves_the_fingerprint_alone_but_a_pause_does_not() -> None:
    plan = plan_kill("p", "primary", facts())
    assert (
        plan_kill("p", "primary", facts(clients=(PoolConnection(database="primary"),))).fingerprint == plan.fingerprint
    )
    paused = facts(databases=(PRIMARY.model_copy(update={"paused": True}), REPLICA))
    assert plan_kill("p", "primary", paused).fingerprint != plan.fingerprint
    servers = facts(servers=(PoolConnection(database="primary"),))
    assert plan_reconnect("p", "primary", servers).fingerprint == plan_reconnect("p", "primary", facts()).fingerprint


def test_what_a_reload_changed() -> None:
    before = PoolReport(version="1", databases=(PRIMARY, REPLICA), config={"a": "1", "b": ""})
    moved = PRIMARY.model_copy(update={"port": 2})
    new = REPLICA.model_copy(update={"name": "reports"})
    after = PoolReport(version="1", databases=(moved, new), config={"a": "2", "b": ""})
    assert list(differences(before, after)) == [
        "a 1 → 2",
        "primary d on h:1, size 12 → d on h:2, size 12",
        "replica is gone",
        "reports is new, and leads to h:2",
    ]
