"""How many members of etcd answer, and what one more loss would do."""

import pytest
from django.utils import timezone

from metrics.contract import Seen, ServerSeen, Snapshot, State
from shards.clients.etcd_replies import EtcdStatus
from shards.replication.facts import EtcdFacts
from shards.replication.quorum import EtcdCluster, etcd_clusters
from tests.replies import said

IDS = {"n1": "15708632630773654525", "n2": "10208393305539422138", "n3": "11584517364543802531"}


def status(name: str) -> EtcdStatus:
    told = said("etcd-3.5.16/status-leader")
    told["header"]["member_id"] = IDS[name]
    return EtcdStatus.from_response(told, {"health": "true"}, said("etcd-3.5.16/members"), {})


def cluster(answering: str, registered: str = "n1 n2 n3", never: str = "") -> EtcdCluster:
    readings, servers = [], []
    for number, name in enumerate(registered.split()):
        server = ServerSeen(number, "etcd", f"our-{name}", "127.0.0.1", int(f"2947{name[1]}"))
        state = State.OK if name in answering.split() else State.UNREACHABLE
        facts = None if name in never.split() else EtcdFacts(status=status(name))
        servers.append(server)
        readings.append(Seen(server, "etcd", state, facts=facts, good_at=timezone.now()))
    (found,) = etcd_clusters(Snapshot(timezone.now(), 5, servers=tuple(servers), readings=tuple(readings)))
    return found


@pytest.mark.parametrize(
    ("answering", "health", "sentence"),
    [
        ("n1 n2 n3", "ok", "3 of 3 answer: one more may be lost before failover stops."),
        ("n1 n2", "warning", "2 of 3 answer: one more loss stops failover."),
        ("n3", "critical", "1 of 3 answer, 2 are needed: no failover happens, leaders step down."),
        ("", "critical", "0 of 3 answer, 2 are needed: no failover happens, leaders step down."),
    ],
)
def test_quorum(answering: str, health: str, sentence: str) -> None:
    found = cluster(answering)
    assert (found.health, found.sentence) == (health, sentence)
    assert (found.leader.name if found.leader else "") == ("our-n2" if answering else "")


def test_members_are_known_by_their_addresses_before_they_answer() -> None:
    found = cluster("n1 n2", never="n3")
    assert [node.name for node in found.nodes] == ["our-n1", "our-n2", "our-n3"]
    assert all(node.listed for node in found.nodes) and found.short == "2 of 3 answer"


def test_members_that_the_fleet_does_not_know_are_counted_and_named() -> None:
    found = cluster("n1", registered="n1")
    assert found.health == "unknown" and "2 were not asked" in found.sentence
    assert [(node.name, node.leads) for node in found.nodes if not node.server] == [("n2", True), ("n3", False)]


def test_a_fleet_without_etcd_has_no_cluster() -> None:
    assert etcd_clusters(Snapshot(timezone.now(), 5)) == ()
