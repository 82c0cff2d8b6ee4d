"""Is the fleet well, and if not, what first?"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics import findings
from metrics.contract import Finding, Remedy, Severity, Snapshot
from metrics.models import Reading
from metrics.overview import groups, verdict
from metrics.selectors import snapshot
from novaops.fleets.models import Fleet
from tests.views.fleet_rows import silence

ClientAs = Callable[..., Client]


def finding(severity: Severity, sentence: str) -> Finding:
    return Finding(sentence, severity, sentence, "shard-1", None, "overview")


def test_a_silent_leader_comes_first_with_its_cause(seen_fleet: Fleet, client_as: ClientAs) -> None:
    with tenant_context(seen_fleet):
        silence("shard-1-a")
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/").text
    assert "somebody now" in page
    assert "connection refused" in page
    assert page.index("somebody now") < page.index("All 14 servers" if "All 14" in page else "of 14 servers answered")


def test_what_mends_it_is_linked_for_those_who_may_request_it(
    seen_fleet: Fleet, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    remedy = Remedy("Resume it", "failover-resume", {"shard": "shard-1"})
    found = replace(finding(Severity.WARNING, "Failover is paused."), remedy=remedy)
    monkeypatch.setattr(findings, "current", lambda seen, now: (found,))
    link = "operations/new/failover-resume/?shard=shard-1"
    assert link in client_as("operator").get(f"/fleets/{seen_fleet.slug}/").text
    assert link not in client_as("viewer").get(f"/fleets/{seen_fleet.slug}/").text


def test_the_worst_finding_decides(seen_fleet: Fleet) -> None:
    with tenant_context(seen_fleet):
        seen = snapshot()
    well = verdict(seen, (), seen.at)
    assert (well.state, well.title) == ("ok", "The fleet is well")
    assert "All 14 servers answered" in well.sentence
    warned = verdict(seen, (finding(Severity.WARNING, "w"),), seen.at)
    assert (warned.state, warned.title) == ("warning", "One thing deserves a look")
    both = (finding(Severity.CRITICAL, "c"), finding(Severity.CRITICAL, "d"), finding(Severity.WARNING, "w"))
    worst = verdict(seen, both, seen.at)
    assert (worst.state, worst.title) == ("critical", "2 things need somebody now")
    assert worst.sentence.startswith("1 more deserves a look.")


def test_nobody_looking_is_said_before_anything_else(seen_fleet: Fleet) -> None:
    with tenant_context(seen_fleet):
        Reading.objects.update(checked_at=timezone.now() - timedelta(minutes=10))
        seen = snapshot()
    said = verdict(seen, (), seen.at)
    assert said.title == "Nobody has looked for 10\u00a0min"
    assert "collector is not running" in said.sentence


def test_without_servers_the_next_step_is_named() -> None:
    said = verdict(Snapshot(at=timezone.now(), cycle_seconds=5), (), timezone.now())
    assert said.state == "unknown"
    assert "manage.py fleet import" in said.sentence


def test_servers_are_grouped_by_kind_with_the_worst_state(seen_fleet: Fleet) -> None:
    with tenant_context(seen_fleet):
        silence("shard-2-pool")
        found = {group.kind: group for group in groups(snapshot())}
    assert list(found) == ["postgres", "patroni", "pgbouncer"]
    assert found["postgres"].healthy == 6
    assert found["pgbouncer"].state == "unreachable"
    assert "refused" in next(dot.cause for dot in found["pgbouncer"].dots if dot.state == "unreachable")
