"""The plans of `backend-cancel` and `backend-terminate`. Pure."""

from datetime import datetime
from typing import Any

from novaops.operations.contract import BlastRadius, Check, Plan, PlannedStep
from shards.backends import checks
from shards.backends.facts import Backend, BackendFacts
from shards.outcomes import failed, passed

CANCEL, TERMINATE = "cancel", "terminate"


def plan_cancel(server: str, pid: int, started: datetime, facts: BackendFacts) -> Plan:
    one = facts.backend
    if facts.problem or one is None or one.started != started:
        return _nothing(server, pid, started, facts)
    statement = one.statement_started.isoformat() if one.state == "active" and one.statement_started else ""
    return _plan(
        facts,
        one,
        CANCEL,
        f"The statement of {one.user} (process {pid} on {server}) is cancelled.",
        "The statement ends with an error; the session stays, and its transaction is rolled back.",
        {"statement": statement},
    )


def plan_terminate(server: str, pid: int, started: datetime, facts: BackendFacts) -> Plan:
    one = facts.backend
    if facts.problem or one is None or one.started != started:
        return _nothing(server, pid, started, facts)
    return _plan(
        facts,
        one,
        TERMINATE,
        f"The session of {one.user} (process {pid} on {server}) is ended.",
        "The connection is closed; what it had not committed is rolled back, and its locks are free.",
        {},
    )


def _plan(facts: BackendFacts, one: Backend, key: str, summary: str, effect: str, more: dict[str, Any]) -> Plan:
    told = {"server": facts.server, "pid": one.pid, "started": one.started.isoformat(), **more}
    return Plan(
        summary=summary,
        checks=(
            checks.what_it_does(one),
            *checks.may_be_ended(one, key == TERMINATE),
            *checks.held(one),
            *checks.pooled(facts),
        ),
        blast=BlastRadius(summary=effect, targets=(facts.server, f"process {one.pid}"), connections=1),
        steps=(
            PlannedStep(key=key, title=f"{key.capitalize()} process {one.pid}", consequence=effect, arguments=told),
        ),
        facts={**told, "user": one.user, "database": one.database},
        point_of_no_return=key,
        expected_seconds=1.0,
    )


def _nothing(server: str, pid: int, started: datetime, facts: BackendFacts) -> Plan:
    return Plan(
        summary=f"Process {pid} on {server} cannot be looked at now." if facts.problem else _gone(pid, facts),
        checks=(_answers(server, pid, started, facts),),
        blast=BlastRadius(summary="Nothing is touched."),
        facts={"server": server, "pid": pid, "started": started.isoformat()},
    )


def _gone(pid: int, facts: BackendFacts) -> str:
    return f"Nothing to do: that session is over, and process {pid} is {'another' if facts.backend else 'gone'}."


def _answers(server: str, pid: int, started: datetime, facts: BackendFacts) -> Check:
    if facts.problem:
        return failed("Server answers", facts.problem)
    if facts.backend is None:
        return passed("Server answers", f"{server} has no process {pid} any more.")
    began = facts.backend.started.isoformat()
    return passed("Server answers", f"Process {pid} of {server} began at {began}, not at {started.isoformat()}.")
