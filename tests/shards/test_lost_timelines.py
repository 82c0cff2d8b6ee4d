"""A former leader that leads again on its old timeline is told of, with what is lost."""

from collections.abc import Sequence
from datetime import timedelta

from metrics.contract import Finding, Snapshot
from novaops.fleets.models import Fleet as FleetOfConsole
from shards.replication.history_models import LeaderSwitch
from shards.replication.lost_timelines import lost_timelines
from tests.shards.test_fault_findings import LEADER, NOW, SHARD, STANDBY, Fleet


def told(timeline: int, new_leader: str, ago: float = 30) -> Sequence[Finding]:
    at = NOW - timedelta(seconds=ago)
    LeaderSwitch.objects.create(shard="shard-2", timeline=timeline, lsn="0/1", new_leader=new_leader, at=at)
    readings = tuple(Fleet().readings.values())
    return list(lost_timelines(Snapshot(NOW, 5, (SHARD,), tuple({one.server for one in readings}), readings), NOW))


def test_what_a_successor_wrote_is_lost(in_fleet: FleetOfConsole) -> None:
    (found,) = told(2, STANDBY)
    assert found.sentence.startswith(f"{LEADER} leads shard-2 on timeline 1 again, although {STANDBY} had taken over")


def test_a_leader_that_was_just_elected_is_no_former_one(in_fleet: FleetOfConsole) -> None:
    assert told(2, LEADER) == []


def test_what_was_asked_before_the_takeover_says_nothing(in_fleet: FleetOfConsole) -> None:
    assert told(2, STANDBY, ago=0) == []
