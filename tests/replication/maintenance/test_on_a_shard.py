"""Each kind once on a real shard; what it changed is as before afterwards."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics.contract import Severity
from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.inventory.selectors import targets_of
from novaops.inventory.targets import Target
from novaops.operations import services
from novaops.operations.contract import PermanentProblem
from shards.clients.patroni import Patroni
from shards.replication.facts import PatroniFacts
from shards.replication.maintenance import configure_steps, live, restart_steps
from shards.replication.maintenance.configure_facts import settings_on
from shards.replication.maintenance.live import ClusterFacts
from shards.replication.maintenance.pause_findings import paused_finding
from shards.replication.maintenance.pause_models import FailoverPause, open_pause
from shards.replication.maintenance.pause_watching import LAPSED, keep_failover_pauses
from tests import on_shard
from tests.replication.maintenance.carrying import carried, ready, replica, taken_back

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_configuration_is_changed_on_all_members_and_taken_back(
    shard: str, operator: Person, approver: Person
) -> None:
    before = live.read_to_change(shard).config.whole
    changes = {"postgresql": {"parameters": {"work_mem": "9MB", "max_locks_per_transaction": 70}}}
    done = carried("patroni-configure", {"changes": changes}, operator, approver)
    assert "A restart is needed for max_locks_per_transaction" in done.steps.get(key="verify").outcome
    for member in ready().cluster.members:
        shown = {row["name"]: row for row in settings_on(shard, member.name, ["work_mem", "max_locks_per_transaction"])}
        assert shown["work_mem"]["value"] == "9216" and shown["max_locks_per_transaction"]["pending_restart"]
    taken_back(done, operator, approver)
    assert live.read_to_change(shard).config.whole == before


def test_a_configuration_that_somebody_else_changed_meanwhile_is_left_alone(shard: str, operator: Person) -> None:
    asked = services.request("patroni-configure", {"shard": shard, "changes": {"ttl": 21}}, operator, "Maintenance.")
    api = Patroni(targets_of(shard, "patroni")[0])
    before = api.config_in_dcs().whole
    api.configure({"max_timelines_history": 7})
    try:
        with pytest.raises(PermanentProblem, match="was changed meanwhile"):
            configure_steps.apply(on_shard.context(shard, arguments=asked.plan.steps[0].arguments))
    finally:
        api.configure({"max_timelines_history": before.get("max_timelines_history")})
    assert api.config_in_dcs().whole == before


def test_a_pause_has_an_owner_and_nags_when_its_time_is_over(
    shard: str, operator: Person, approver: Person, live_fleet: Fleet
) -> None:
    patroni = next(one for one in targets_of(shard, "patroni") if one.name == leader(ready()))
    seen(patroni)
    done = carried("failover-pause", {"shard": shard, "hours": 1}, operator, approver)
    try:
        kept = open_pause(shard)
        assert kept and kept.owner == operator.get_username() and kept.paused_at
        seen(patroni)
        assert Record.objects.filter(verb="failover paused", subject=f"shard:{shard}").exists()
        assert paused_finding(shard, kept, timezone.now()).severity is Severity.WARNING
        assert "Nobody asked for it through NovaOps" in paused_finding(shard, None, timezone.now()).sentence
        ago = timezone.now() - timedelta(minutes=1)
        FailoverPause.objects.filter(pk=kept.pk).update(expires_at=ago)
        kept.refresh_from_db()
        late = paused_finding(shard, kept, timezone.now())
        assert late.severity is Severity.CRITICAL and operator.get_username() in late.sentence
        for _ in range(2):
            seen(patroni)
        assert Record.objects.filter(verb=LAPSED).count() == 1
    finally:
        back = taken_back(done, operator, approver)
    assert back.kind == "failover-resume" and open_pause(shard) is None
    assert not ready().cluster.paused


def test_a_replica_restarts_and_is_in_step_again(shard: str, operator: Person, approver: Person) -> None:
    before = ready()
    member = replica(before).name
    reloaded = carried("member-reload", {"member": member}, operator, approver)
    assert "read its configuration again" in reloaded.outcome
    done = carried("member-restart", {"member": member, "only_pending": False}, operator, approver)
    assert "started anew" in done.steps.get(key="restart").outcome
    started = ready().word(member).status.started_at
    assert started and started > (before.word(member).status.started_at or started)


def test_patronis_own_refusals_end_in_words(shard: str, operator: Person) -> None:
    """A member that leads is not restarted as a replica, and nothing that waits for nothing is restarted."""
    facts = ready()
    arguments = {
        "member": leader(facts),
        "only_pending": True,
        "timeout": 0,
        "leads": False,
        "started_at": str(facts.word(leader(facts)).status.started_at.isoformat()),  # type: ignore[union-attr]
    }
    monkey = pytest.MonkeyPatch()
    monkey.setattr(restart_steps, "UNSURE_SECONDS", 1.0)
    try:
        with pytest.raises(PermanentProblem, match="conditions are not satisfied"):
            restart_steps.restart(on_shard.context(shard, arguments=arguments))
    finally:
        monkey.undo()
    assert ready().word(leader(facts)).status.started_at == facts.word(leader(facts)).status.started_at


def leader(facts: ClusterFacts) -> str:
    assert facts.leader
    return facts.leader.name


def seen(patroni: Target) -> None:
    """As a collector does."""
    api, now = Patroni(patroni), timezone.now()
    keep_failover_pauses(patroni, PatroniFacts(status=api.status(), cluster=api.cluster()), now)
