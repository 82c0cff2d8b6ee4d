"""Where a pool leads, from Patroni's replies."""

from typing import Any

from novaops.sandbox.pool_targets import Targets, choose, databases_file


def member(port: int, role: str, state: str = "streaming") -> dict[str, Any]:
    return {"port": port, "role": role, "state": state}


def test_patroni_3_and_4_words_lead_to_the_same_targets() -> None:
    three = [member(1, "leader", "running"), member(2, "sync_standby", "running"), member(3, "replica", "running")]
    four = [member(1, "leader", "running"), member(2, "sync_standby"), member(3, "replica")]
    assert choose(three, None) == choose(four, None) == Targets(primary=1, replica=3)


def test_the_present_replica_stays_while_it_is_healthy() -> None:
    members = [member(1, "leader", "running"), member(2, "sync_standby"), member(3, "replica")]
    assert choose(members, Targets(primary=3, replica=2)) == Targets(primary=1, replica=2)


def test_a_dead_replica_is_replaced_and_the_leader_stands_in_for_the_last() -> None:
    members = [member(1, "leader", "running"), member(2, "sync_standby", "stopped"), member(3, "replica")]
    assert choose(members, Targets(1, 2)) == Targets(1, 3)
    members[2] = member(3, "replica", "start failed")
    assert choose(members, Targets(1, 3)) == Targets(1, 1)


def test_without_a_leader_the_pool_is_left_as_it_is() -> None:
    assert choose([member(2, "replica"), member(3, "replica")], Targets(1, 2)) is None
    assert choose([], None) is None


def test_the_file_is_what_pgbouncer_includes() -> None:
    text = databases_file(Targets(17101, 17105))
    assert text.splitlines()[0] == "[databases]"
    assert "primary = host=127.0.0.1 port=17101 dbname=novacron" in text
    assert "replica = host=127.0.0.1 port=17105 dbname=novacron" in text
