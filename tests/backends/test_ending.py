"""Statements cancelled and sessions ended on a real server; the server is asked afterwards."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.selectors import application_login, pool_of
from novaops.inventory.targets import Login, Target
from novaops.operations import services
from novaops.operations.contract import StepContext
from novaops.operations.models import Operation
from novaops.operations.runner import execute
from shards.backends import steps
from shards.backends.gather import gather
from shards.backends.plans import CANCEL, TERMINATE
from shards.partitions.leader import find
from tests.conftest import MakePerson
from tests.waiting import wait_for

SHARD = "shard-1"
Session = psycopg.Connection[Any]


@pytest.fixture
def leader(live_fleet: Fleet) -> Target:
    with tenant_context(live_fleet):
        return find(SHARD)


@pytest.fixture
def login(live_fleet: Fleet) -> Login:
    with tenant_context(live_fleet):
        return application_login(SHARD)


def signed_in(target: Target, login: Login, database: str = "") -> Session:
    return psycopg.connect(
        host=target.host,
        port=target.port,
        dbname=database or target.database,
        user=login.username,
        password=login.password,
        application_name="victim",
        autocommit=True,
    )


@pytest.fixture
def victim(leader: Target, login: Login) -> Iterator[Session]:
    with signed_in(leader, login) as session:
        yield session


@pytest.fixture
def sleeping(victim: Session) -> Iterator[list[psycopg.Error]]:
    """The victim runs a long statement; what becomes of it is put into the list."""
    said: list[psycopg.Error] = []

    def sleep() -> None:
        try:
            victim.execute("SELECT pg_sleep(120), 'a secret'")
        except psycopg.Error as problem:
            said.append(problem)

    thread = threading.Thread(target=sleep)
    thread.start()
    yield said
    victim.cancel()
    thread.join()


def began(leader: Target, pid: int) -> datetime:
    found = gather(leader.name, pid).backend
    assert found
    return found.started


def order(leader: Target, pid: int, started: datetime, **more: object) -> StepContext:
    told = {"server": leader.name, "pid": pid, "started": started.isoformat(), **more}
    return StepContext(0, 1, told, lambda done, total, note: None, lambda line: None)


def carried_out(kind: str, parameters: dict[str, Any], person: MakePerson) -> Operation:
    asked = services.request(kind, parameters, person("operator"), "It holds what others wait for.")
    assert asked.status == "planned", asked.outcome
    confirmed = services.confirm(asked, person("operator"), asked.plan.confirm)
    if confirmed.status == "waiting":
        services.approve(confirmed, person("approver"))
    execute(asked.pk)
    asked.refresh_from_db()
    return asked


@pytest.mark.django_db(transaction=True)
def test_a_statement_is_cancelled_then_its_session_is_ended(
    live_fleet: Fleet, leader: Target, victim: Session, sleeping: list[psycopg.Error], person: MakePerson
) -> None:
    pid = victim.info.backend_pid
    with tenant_context(live_fleet):
        wait_for(lambda: (found := gather(leader.name, pid).backend) and found.state == "active", "the statement")
        session = {"server": leader.name, "pid": pid, "started": began(leader, pid).isoformat()}
        cancelled = carried_out("backend-cancel", session, person)
        assert cancelled.status == "done", cancelled.outcome
        [does] = [check for check in cancelled.plan.checks if check.name == "What it does"]
        assert does.evidence["query"] == "SELECT pg_sleep(?), '…'" and does.evidence["application"] == "victim"
        wait_for(lambda: sleeping, "the victim's error")
        assert isinstance(sleeping[0], psycopg.errors.QueryCanceled)
        assert victim.execute("SELECT 1").fetchone() == (1,), "the session goes on"
        ended = carried_out("backend-terminate", session, person)
        assert ended.status == "done", ended.outcome
        assert gather(leader.name, pid).backend is None
        with pytest.raises(psycopg.OperationalError):
            victim.execute("SELECT 1")
        again = services.request("backend-terminate", session, person("operator"), "Once more.")
        assert (again.status, again.outcome) == ("done", "Nothing to do.")


def test_a_process_number_that_was_used_again_is_not_hit(live_fleet: Fleet, leader: Target, victim: Session) -> None:
    with tenant_context(live_fleet):
        pid = victim.info.backend_pid
        earlier = began(leader, pid) - timedelta(microseconds=1)
        late = order(leader, pid, earlier, statement=earlier.isoformat())
        assert "nothing was done" in steps.terminate(late) and "nothing was done" in steps.cancel(late)
        assert steps.STEPS[TERMINATE].done(late) and steps.STEPS[CANCEL].done(late)
    assert victim.execute("SELECT 1").fetchone() == (1,)


def test_another_statement_of_the_same_session_is_not_cancelled(
    live_fleet: Fleet, leader: Target, victim: Session, sleeping: list[psycopg.Error]
) -> None:
    with tenant_context(live_fleet):
        pid = victim.info.backend_pid
        wait_for(lambda: (found := gather(leader.name, pid).backend) and found.state == "active", "the statement")
        started = began(leader, pid)
        assert "nothing was done" in steps.cancel(order(leader, pid, started, statement=started.isoformat()))
        found = gather(leader.name, pid).backend
        assert found and found.state == "active" and not sleeping


def wait_in_vain(session: Session) -> None:
    with suppress(psycopg.errors.QueryCanceled):
        session.execute("SELECT pg_advisory_xact_lock(4711)")


def test_whom_it_blocks_is_told(live_fleet: Fleet, leader: Target, login: Login, victim: Session) -> None:
    with tenant_context(live_fleet), signed_in(leader, login) as other, victim.transaction():
        victim.execute("SELECT pg_advisory_xact_lock(4711)")
        waiting = threading.Thread(target=wait_in_vain, args=(other,))
        waiting.start()
        try:
            pid = victim.info.backend_pid
            wait_for(lambda: (one := gather(leader.name, pid).backend) and one.blocks, "the blocked")
            found = gather(leader.name, pid).backend
            assert found and [one["pid"] for one in found.blocks] == [other.info.backend_pid]
            assert "ExclusiveLock on advisory" in found.locks
        finally:
            other.cancel()
            waiting.join()


def test_a_connection_of_a_pool_is_known_with_its_client(live_fleet: Fleet, leader: Target, login: Login) -> None:
    with tenant_context(live_fleet), signed_in(pool_of(SHARD), login, "primary") as client, client.transaction():
        row = client.execute("SELECT pg_backend_pid()").fetchone()
        assert row
        pooled = gather(leader.name, row[0]).pooled
    assert pooled and pooled.pool == f"{SHARD}-pool" and "(victim)" in pooled.client


def test_patronis_and_the_consoles_own_are_refused(live_fleet: Fleet, leader: Target, person: MakePerson) -> None:
    with (
        tenant_context(live_fleet),
        psycopg.connect(
            host=leader.host,
            port=leader.port,
            dbname=leader.database,
            user=leader.login.username,
            password=leader.login.password,
        ) as own,
    ):
        rows = own.execute(
            "SELECT pid, backend_start FROM pg_stat_activity WHERE application_name LIKE 'Patroni%%'"
            " UNION SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
            " UNION SELECT pid, backend_start FROM pg_stat_activity WHERE backend_type = 'walsender'"
        ).fetchall()
        assert len(rows) >= 3
        for pid, started in rows:
            told = {"server": leader.name, "pid": pid, "started": started.isoformat()}
            refused = services.request("backend-terminate", told, person("operator"), "To see.")
            assert refused.status == "refused", refused.outcome


def test_a_server_that_is_not_there_is_a_sentence(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        assert "There is no PostgreSQL none" in gather("none", 1).problem
