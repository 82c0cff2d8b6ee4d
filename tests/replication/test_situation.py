"""What a cluster says about a switchover in progress. Only the leader and its timeline count."""

import pytest

from shards.clients.patroni_replies import Cluster, Member, Role
from shards.replication.switchover.order import Order, Situation, situation

ORDER = Order(shard="s", cluster="s", leader="a", candidate="b", timeline=7, synchronous_mode=True, patience_seconds=18)


def led_by(name: str, timeline: int | None, state: str = "running") -> Cluster:
    others = tuple(Member(name=one, role=Role.REPLICA, state="running", timeline=7) for one in "abc" if one != name)
    return Cluster(members=(Member(name=name, role=Role.LEADER, state=state, timeline=timeline), *others))


@pytest.mark.parametrize(
    ("cluster", "expected"),
    [
        (None, Situation.UNKNOWN),
        (Cluster(), Situation.CHANGING),
        (led_by("a", 7), Situation.UNCHANGED),
        (led_by("a", 7, state="stopping"), Situation.CHANGING),
        (led_by("b", 7), Situation.CHANGING),
        (led_by("b", None), Situation.CHANGING),
        (led_by("b", 8), Situation.DONE),
        (led_by("c", 8), Situation.ELSEWHERE),
    ],
)
def test_situation(cluster: Cluster | None, expected: Situation) -> None:
    assert situation(cluster, ORDER) is expected
