"""Replication from the command line, against a real console."""

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from shards.replication.history_models import LeaderSwitch
from tests.api.conftest import MakeProgram
from tests.cli.conftest import Commands, MakeDesk
from tests.views.fleet_rows import add_shard


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
