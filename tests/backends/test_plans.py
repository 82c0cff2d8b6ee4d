"""Whose statement or session may be ended: every refusal says whose it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from novaops.operations.contract import CheckOutcome, Plan
from shards.backends.facts import Backend, BackendFacts, Pooled
from shards.backends.kinds import BackendParameters
from shards.backends.plans import plan_cancel, plan_terminate

BEGAN = datetime(2026, 11, 29, 7, tzinfo=UTC)
BUSY = Backend(
    pid=7,
    started=BEGAN,
    user="app",
    database="d",
    application="web",
    client="10.0.0.1",
    kind="client backend",
    state="active",
    statement_started=BEGAN,
    statement_seconds=90,
    transaction_seconds=95,
    query="SELECT ?",
)


def facts(**changes: Any) -> BackendFacts:
    return BackendFacts(server="a", shard="s", backend=BUSY.model_copy(update=changes))


def terminate(**changes: Any) -> Plan:
    return plan_terminate("a", 7, BEGAN, facts(**changes))


def cancel(**changes: Any) -> Plan:
    return plan_cancel("a", 7, BEGAN, facts(**changes))


def test_the_plan_tells_what_it_was_doing_whom_it_blocks_and_whose_it_is() -> None:
    blocked = {"pid": 9, "user": "jobs", "application": "", "waits_seconds": 3}
    plan = terminate(blocks=(blocked,), locks=("RowExclusiveLock on t",), blocked_by=(11,))
    checks = {check.name: check for check in plan.checks}
    assert plan.runnable and plan.steps[0].arguments["started"] == BEGAN.isoformat()
    assert checks["What it does"].evidence["query"] == "SELECT ?"
    assert checks["Whom it blocks"].reason == "1 sessions wait for its locks, jobs (process 9) the longest."
    assert (
        checks["What it waits for"].outcome is CheckOutcome.WARNED
        and "process 11" in checks["What it waits for"].reason
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"application": "Patroni heartbeat", "superuser": True}, "Patroni's own"),
        ({"own_role": True}, "NovaOps' own sessions"),
        ({"superuser": True, "user": "postgres"}, "a superuser's (postgres)"),
        ({"kind": "walsender", "slot": "a_b", "slot_kind": "physical"}, "as a replica does"),
        ({"kind": "walsender"}, "as a replica does"),
        ({"kind": "walsender", "superuser": True, "slot_kind": "logical"}, "sends WAL to a superuser"),
        ({"kind": "autovacuum worker", "superuser": True, "user": ""}, "a superuser's (autovacuum worker)"),
        ({"kind": "parallel worker"}, "process of PostgreSQL itself (parallel worker)"),
    ],
)
def test_what_nobody_may_end_from_here(changes: dict[str, Any], says: str) -> None:
    for plan in (terminate(**changes), cancel(**changes)):
        if changes.get("kind") != "walsender" or plan is not cancel(**changes):
            assert not plan.runnable
    assert says in " ".join(check.reason for check in terminate(**changes).refusals)


def test_who_reads_a_logical_slot_may_be_ended_and_the_consequence_is_named() -> None:
    reader = {"kind": "walsender", "slot": "feed", "slot_kind": "logical"}
    plan = terminate(**reader)
    assert plan.runnable
    assert "The slot stays, and keeps WAL until then." in " ".join(check.reason for check in plan.checks)
    assert "no statement that could be cancelled" in " ".join(check.reason for check in cancel(**reader).refusals)


@pytest.mark.parametrize(
    ("state", "says"), [("idle", "it is idle"), ("idle in transaction", "only backend-terminate ends that")]
)
def test_there_has_to_be_a_statement_to_cancel(state: str, says: str) -> None:
    assert says in cancel(state=state).refusals[0].reason
    assert terminate(state=state).runnable


def test_a_session_of_a_pool_is_told_with_its_client() -> None:
    known = facts().model_copy(update={"pooled": Pooled(pool="p", database="primary", client="app (web) at 10.0.0.9")})
    [check] = [one for one in plan_terminate("a", 7, BEGAN, known).checks if one.name == "Pool"]
    assert "which many clients share: app (web) at 10.0.0.9 has it now" in check.reason


def test_another_session_of_the_same_number_is_left_alone() -> None:
    later = plan_terminate("a", 7, BEGAN, facts(started=BEGAN + timedelta(microseconds=1)))
    assert not later.steps and not later.refusals and "process 7 is another" in later.summary
    gone = plan_cancel("a", 7, BEGAN, BackendFacts(server="a"))
    assert not gone.steps and "process 7 is gone" in gone.summary


def test_a_server_that_does_not_answer_is_a_refusal() -> None:
    assert plan_terminate("a", 7, BEGAN, BackendFacts(server="a", problem="a did not answer.")).refusals


def test_another_statement_is_another_plan_for_a_cancel_and_not_for_a_terminate() -> None:
    later = {"statement_started": BEGAN + timedelta(seconds=1), "statement_seconds": 1.0}
    assert cancel(**later).fingerprint != cancel().fingerprint
    assert terminate(**later).fingerprint == terminate().fingerprint


@pytest.mark.parametrize("zone", ["+00", "+00:00", "Z"])
def test_the_beginning_is_taken_as_postgresql_writes_it(zone: str) -> None:
    assert BackendParameters(server="a", pid=7, started=f"2026-11-29 07:00:00{zone}").started == BEGAN
