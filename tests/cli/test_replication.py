"""Replication from the command line, against a real console."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.models import Reading
from novaops.fleets.models import Fleet
from novaops.operations.models import Operation
from shards.clients.patroni_replies import ScheduledSwitchover
from shards.replication.history_models import LeaderSwitch
from tests.api.conftest import MakeProgram
from tests.cli.conftest import Commands, MakeDesk
from tests.conftest import MakePerson
from tests.views.fleet_rows import add_shard, cluster

AT = datetime(2031, 1, 31, 3, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_replication_from_the_command_line(fleet: Fleet, program: MakeProgram, desk: MakeDesk) -> None:
    with tenant_context(fleet):
        add_shard("shard-1", 5100, timezone.now())
        LeaderSwitch.objects.create(
            shard="shard-1", timeline=7, lsn="0/5", new_leader="shard-1-a", at=timezone.now(), gap_least=1, gap_most=4
        )
    with desk(program("viewer")) as found:
        novaops: Commands = found.commands
        shown = novaops("replication")
        assert shown.code == 0 and "shard-1: Writes work" in shown.out and "from shard-1-a" in shown.out
        assert "2,048 bytes behind" in novaops("member", "shard-1-b").out
        assert novaops("member", "none").code == 2
        assert "shard-1-pool" in novaops("pools", "--shard", "shard-1").out
        assert "in transaction pooling" in novaops("pools", "shard-1-pool").out
        assert novaops("pools", "none").code == 2
        assert novaops("pools", "--json").said["pools"][0]["clients"] == 42
        assert novaops("etcd").out == "No etcd is registered.\n"
        assert "1.0 to 4.0 s" in novaops("leader-history", "--shard", "shard-1").out
        assert novaops("leader-history", "--shard", "shard-2", "--json").said["count"] == 0


@pytest.mark.django_db(transaction=True)
def test_a_switchover_that_patroni_does_by_itself_is_told_with_who_scheduled_it(
    fleet: Fleet, program: MakeProgram, desk: MakeDesk, person: MakePerson
) -> None:
    with tenant_context(fleet):
        add_shard("shard-1", 5100, timezone.now())
        planned = ScheduledSwitchover(at=AT, leader="shard-1-a", candidate="shard-1-b")
        seen = cluster("shard-1").model_copy(update={"scheduled_switchover": planned})
        for one in Reading.objects.filter(probe="patroni"):
            one.facts["cluster"] = seen.model_dump(mode="json")
            one.save()
    with desk(program("viewer")) as found:
        told = "A switchover to shard-1-b is scheduled with Patroni for 2031-01-31 03:00 UTC: "
        assert f"{told}no operation here asked for it." in found.commands("replication").out
        number = _scheduling(fleet, person)
        assert f"{told}by operation {number} of operator." in found.commands("replication").out
        [shard] = found.commands("replication", "--json").said["shards"]
        assert shard["scheduled_switchover"] == {
            "at": "2031-01-31T03:00:00Z",
            "candidate": "shard-1-b",
            "operation": number,
            "person": "operator",
        }


def _scheduling(fleet: Fleet, person: MakePerson) -> int:
    with tenant_context(fleet):
        made = Operation.objects.create(
            kind="switchover-schedule",
            parameters={"shard": "shard-1", "candidate": "shard-1-b", "at": "2031-01-31T04:00:00+01:00"},
            requested_by=person("operator"),
            requested_by_name="operator",
            status="done",
            started_at=timezone.now(),
            ended_at=timezone.now(),
        )
        return made.pk
