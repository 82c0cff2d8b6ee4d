"""Ports and paths on paper."""

from pathlib import Path

from novaops.sandbox.layout import MAX_POOLS, MAX_SHARDS, PORTS_IN_USE, Layout


def test_no_two_servers_want_one_port_even_with_all_shards() -> None:
    layout = Layout(Path("/state"), base=17000, shard_count=MAX_SHARDS, etcd_count=3, pools=MAX_POOLS, addresses=True)
    per_shard, others = 6 + MAX_POOLS + 1, 11 + 12 + 3
    assert len(layout.ports()) == MAX_SHARDS * per_shard + others
    assert max(layout.ports()) < layout.base + PORTS_IN_USE


def test_ports_are_those_of_the_agreed_fleet_file() -> None:
    layout = Layout(Path("/state"))
    first = layout.shards[0]
    assert [(member.name, member.postgres, member.patroni) for member in first.members] == [
        ("shard-1-a", 17101, 17102),
        ("shard-1-b", 17103, 17104),
        ("shard-1-c", 17105, 17106),
    ]
    assert [(pool.name, pool.port) for pool in first.pools] == [("shard-1-pool", 17110)]
    assert [node.port for node in layout.redis] == list(range(17301, 17307))


def test_two_fleets_ten_thousand_apart_do_not_meet() -> None:
    """Redis' bus is by default on port + 10000, where the tests' fleet has its own nodes."""
    demo, tests = Layout(Path("/a"), base=17000), Layout(Path("/b"), base=27000)
    assert not set(demo.ports()) & set(tests.ports())
