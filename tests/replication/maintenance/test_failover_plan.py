"""The planner of a failover: what is at risk is said with its number, and a healthy leader keeps its role."""

import pytest

from novaops.operations.contract import BlastRadius, Plan
from shards.clients.patroni_replies import Cluster, Role
from shards.replication.files import FilesFacts
from shards.replication.maintenance import failover
from shards.replication.maintenance.failover_facts import FailoverFacts, Position
from shards.replication.maintenance.live import ClusterFacts, Word
from tests.replication.maintenance.clusters import LEADER, REPLICA, SYNC, cluster, reasons, refusals, word

BEST = Position(at=1400, source="a, a minute ago")
DEAD = {"a": Word(problem="Nothing listens there.")}


@pytest.fixture(autouse=True)
def without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The blast radius reads tenants and clients, which are no part of what is planned."""
    monkeypatch.setattr(failover, "_blast", lambda candidate, facts: BlastRadius(summary="Writes fail."))


def plan(candidate: str, facts: ClusterFacts, *, forced: bool = False, best: Position | None = BEST) -> Plan:
    return failover.plan_failover(candidate, FailoverFacts(cluster=facts, best=best), forced=forced)


def test_a_leader_that_died_is_replaced_by_who_is_in_sync() -> None:
    made = plan("b", cluster(words=DEAD))
    assert made.runnable and made.confirm == "main b failover" and made.point_of_no_return == "fail-over"
    assert [step.key for step in made.steps] == ["fail-over", "settle"]
    said = reasons(made)
    assert "b lacks 400 B" in said and "holds the leader key" in said and "every commit that was confirmed" in said
    assert "nor whether it is a synchronous standby" in said


def test_a_healthy_leader_keeps_its_role_unless_the_glass_is_broken() -> None:
    refused = plan("b", cluster())
    assert "switch over instead" in refusals(refused) and "Fail over despite a healthy leader" in refusals(refused)
    forced = plan("b", cluster(), forced=True)
    assert forced.runnable and "break-glass" in reasons(forced)
    assert failover.FailoverForced.risk == "break-glass"


def test_who_is_not_in_sync_is_told_to_lack_more_than_another() -> None:
    made = plan("c", cluster(words=DEAD))
    assert made.runnable
    assert "c lacks 1,000 B" in reasons(made) or "c lacks 1000 B" in reasons(made)
    assert "b has more" in reasons(made) and "confirmed commits may be lost" in reasons(made)


@pytest.mark.parametrize(
    ("candidate", "b_has", "nodes", "says"),
    [
        ("b", 1000, 1, "b is far enough to have every one that was confirmed"),
        ("c", 1000, 1, "c may lack commits that were confirmed"),
        ("c", 1000, 2, "c is far enough"),  # whatever was confirmed is on both
        ("c", None, 1, "c may lack"),
        ("c", 400, 1, "c is far enough"),
    ],
)
def test_of_a_quorum_only_who_is_far_enough_has_what_was_confirmed(
    candidate: str, b_has: int | None, nodes: int, says: str
) -> None:
    listed = (LEADER, *(one.model_copy(update={"role": Role.QUORUM_STANDBY}) for one in (SYNC, REPLICA)))
    words = {**DEAD, "b": word(received=b_has)}
    whole = {"synchronous_mode": "quorum", "synchronous_node_count": nodes}
    made = plan(candidate, cluster(*listed, words=words, **whole))
    assert made.runnable and says in reasons(made) and f"A commit is on {nodes} of b, c" in reasons(made)


def test_a_full_disk_and_damaged_files_are_for_a_person_to_weigh() -> None:
    files = {"b": FilesFacts(full="No space left on device.")}
    made = failover.plan_failover("b", FailoverFacts(cluster=cluster(words=DEAD), best=BEST, files=files), forced=False)
    assert made.runnable and "disk of b is full" in reasons(made)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (cluster(words={**DEAD, "b": Word(problem="timed out")}), "timed out"),
        (cluster(words={**DEAD, "b": word(state="starting")}), "starting"),
        (cluster(words={**DEAD, "b": word(tags={"nofailover": True})}), "nofailover"),
    ],
)
def test_a_candidate_that_patroni_would_refuse_is_refused(facts: ClusterFacts, says: str) -> None:
    assert says in refusals(plan("b", facts))


def test_an_older_timeline_and_an_unknown_position_are_said() -> None:
    behind = plan("b", cluster(words={**DEAD, "b": word(timeline=4, received=None)}), best=None)
    assert behind.runnable and "what came after 4 is lost" in reasons(behind)
    assert "Nobody can say how much b lacks" in reasons(behind)


def test_the_leader_key_of_a_dead_leader_may_end_between_plan_and_start() -> None:
    held = plan("b", cluster(words=DEAD))
    gone = plan("b", cluster(SYNC, REPLICA, words=DEAD))
    assert held.fingerprint == gone.fingerprint


def test_nothing_is_left_to_do_when_the_candidate_leads() -> None:
    made = plan("a", cluster(LEADER, SYNC, REPLICA))
    assert not made.steps and not made.checks


def test_a_cluster_that_nobody_tells_about_is_a_sentence() -> None:
    nobody = ClusterFacts(shard="shard-1", scope="main", problem="No member answered.", cluster=Cluster())
    assert not plan("b", nobody).steps and "No member answered" in refusals(plan("b", nobody))
