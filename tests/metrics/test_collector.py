"""The collector against a dead address, a silent server, and another collector."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.collector import store
from metrics.collector.loop import Collector
from metrics.collector.outcomes import Job, Outcome
from metrics.contract import State
from metrics.models import Reading, Sample
from metrics.registry import probe
from novaops.fleets.models import Fleet
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from tests.metrics.conftest import server
from tests.waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alpha() -> Fleet:
    return Fleet.objects.get(slug="alpha")


def turns_until(collector: Collector, fleet: Fleet, name: str, probe_name: str) -> Reading:
    def asked() -> Reading | None:
        collector.turn()
        with tenant_context(fleet):
            return Reading.objects.filter(server__name=name, probe=probe_name).exclude(state=State.UNKNOWN).first()

    return wait_for(asked, f"an outcome for {name}", every=0)  # type: ignore[return-value]


def test_a_dead_server_is_a_state_with_a_cause(alpha: Fleet, dead_port: int) -> None:
    with tenant_context(alpha):
        server("gone", dead_port)
    reading = turns_until(Collector(), alpha, "gone", "memcached")
    assert (reading.state, reading.cause) == (State.UNREACHABLE, "Nothing listens there (connection refused).")
    assert reading.state_since and reading.good_at is None
    with tenant_context(alpha):
        assert Sample.objects.get(server__name="gone", probe="memcached").values == {"up": 0.0}


def test_silent_servers_delay_nobody(alpha: Fleet, hanging_port: int, dead_port: int) -> None:
    silent = {
        ServerKind.MEMCACHED: "memcached",
        ServerKind.POSTGRES: "postgres",
        ServerKind.PATRONI: "patroni",
        ServerKind.REDIS: "redis",
    }
    with tenant_context(alpha):
        for kind, name in silent.items():
            server(f"silent-{name}", hanging_port, kind)
        server("gone", dead_port)
    collector = Collector()
    turns_until(collector, alpha, "gone", "memcached")
    for name in silent.values():
        reading = turns_until(collector, alpha, f"silent-{name}", name)
        assert (reading.state, reading.cause) == (State.UNREACHABLE, "No answer within 3 s.")
    with tenant_context(alpha):
        first = Sample.objects.order_by("pk").values_list("server__name", flat=True)[0]
    assert first == "gone", "it was stored before anybody was given up"


def test_good_facts_stay_when_the_server_falls_silent(alpha: Fleet) -> None:
    with tenant_context(alpha):
        server("cache", 1)
        store.register(5)
        jobs = store.claim(alpha.schema_name, "test", {one.server_id: one for one in targets()}, 10)
        job = next(job for job in jobs if job.probe.name == "memcached")
        now = timezone.now()
        store.store([Outcome(job, now, State.OK, "", {"stats": {"version": "1"}}, {"bytes": 7.0}, 1.0)])
        later = now + timedelta(seconds=5)
        store.store([Outcome(job, later, State.UNREACHABLE, "Gone.")])
        store.store([Outcome(job, now, State.OK, "", {"stats": {"version": "old"}})])
        reading = Reading.objects.get(pk=job.reading_id)
    assert (reading.state, reading.cause, reading.facts) == (State.UNREACHABLE, "Gone.", {"stats": {"version": "1"}})
    assert (reading.good_at, reading.state_since, reading.values) == (now, later, {"bytes": 7.0})


def test_who_did_not_answer_a_rare_question_is_asked_again_soon(alpha: Fleet, dead_port: int) -> None:
    """Tables are measured once in minutes: a server that is back is not shown as away until then."""
    with tenant_context(alpha):
        server("gone", dead_port, ServerKind.POSTGRES)
    reading = turns_until(Collector(), alpha, "gone", "leftover-rows")
    assert reading.state == State.UNREACHABLE and reading.checked_at and reading.every_seconds > 60
    assert reading.due_at < reading.checked_at + timedelta(seconds=40)


def test_an_answer_that_cannot_be_stored_harms_no_other(alpha: Fleet) -> None:
    with tenant_context(alpha):
        good, odd = server("good", 1), server("odd", 2)
        store.register(5)
        known = {one.server_id: one for one in targets()}
        by_server = {reading.server_id: reading.pk for reading in Reading.objects.filter(probe="memcached")}
        jobs = [Job(alpha.schema_name, by_server[one.pk], known[one.pk], probe("memcached")) for one in (good, odd)]
        facts = {"stats": {"version": "a\x00b"}}
        huge = {"bytes": float("nan")}
        store.store(
            [
                Outcome(jobs[0], timezone.now(), State.OK, "", facts),
                Outcome(jobs[1], timezone.now(), State.OK, "", {}, huge),
            ]
        )
        assert Reading.objects.get(server=good, probe="memcached").state == State.OK


def test_two_collectors_share_the_work(alpha: Fleet) -> None:
    with tenant_context(alpha):
        for number in range(6):
            server(f"cache-{number}", 1)
        store.register(5)
        known = {one.server_id: one for one in targets()}
        mine: list[int] = []
        theirs: list[int] = []

        def other() -> None:
            with tenant_context(alpha):
                theirs.extend(job.reading_id for job in store.claim(alpha.schema_name, "other", known, 100))
            connection.close()

        with transaction.atomic():
            mine.extend(job.reading_id for job in store.claim(alpha.schema_name, "one", known, 5))
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        assert len(mine) == 5 and not set(mine) & set(theirs)
        assert len(mine) + len(theirs) == Reading.objects.count()
        assert store.claim(alpha.schema_name, "one", known, 100) == [], "what is claimed is not due"


def test_a_claimed_row_of_a_collector_that_died_comes_due_again(alpha: Fleet) -> None:
    with tenant_context(alpha):
        server("cache", 1)
        store.register(5)
        known = {one.server_id: one for one in targets()}
        assert store.claim(alpha.schema_name, "died", known, 100)
        Reading.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        assert len(store.claim(alpha.schema_name, "lives", known, 100)) == Reading.objects.count()


def test_another_fleet_sees_nothing_of_it(alpha: Fleet, dead_port: int) -> None:
    with tenant_context(alpha):
        server("gone", dead_port)
    turns_until(Collector(), alpha, "gone", "memcached")
    with tenant_context(Fleet.objects.get(slug="beta")):
        assert not Reading.objects.exists() and not Sample.objects.exists()
