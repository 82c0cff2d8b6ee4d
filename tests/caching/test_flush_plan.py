"""The plan of a flush: sentences, load afterwards, and what its fingerprint rests on. Nothing is asked here."""

import pytest

from caching.clients.memcached import parse_items
from caching.flush.facts import FlushFacts, NodeKeys, ServerItems
from caching.flush.plan import DELETE, HIDE, UNLINK, VERIFY, plan_flush
from caching.flush.scope import items_of
from caching.flush.walk import escaped
from caching.library.families import FAMILIES

NODES = (
    NodeKeys(node_id="a", name="redis-1", total=50_000, sampled=20_000, keys=12_000, mean_bytes=300),
    NodeKeys(node_id="b", name="redis-2", total=900, sampled=900, keys=100, mean_bytes=300),
)
SERVERS = (ServerItems(name="memcached-1", items=40, bytes=4_000),)
SEEN = FlushFacts(family="vm", nodes=NODES, servers=SERVERS, hits_per_second=1240, hit_ratio=0.93)


@pytest.mark.parametrize(
    ("family", "steps"),
    [
        ("session", [HIDE, UNLINK, VERIFY]),
        ("vm", [HIDE, UNLINK, DELETE, VERIFY]),
        ("agg", [HIDE, DELETE, VERIFY]),
    ],
)
def test_each_family_is_emptied_where_it_lives(family: str, steps: list[str]) -> None:
    assert [step.key for step in plan_flush(FAMILIES[family], SEEN).steps] == steps


def test_a_sample_says_that_it_is_one() -> None:
    plan = plan_flush(FAMILIES["vm"], SEEN)
    assert plan.summary == "vm: is emptied: about 12.1\u00a0k entries (Details of a VM)."
    assert "estimated from 20,900 of 50,900 keys" in next(one.reason for one in plan.checks if one.name == "Keys")
    assert (plan.blast.keys, plan.blast.bytes) == (12_140, 3_634_000)


def test_the_load_afterwards_is_told() -> None:
    assert "1,240/s more reads reach the database" in plan_flush(FAMILIES["vm"], SEEN).blast.summary
    unknown = SEEN.model_copy(update={"hits_per_second": None})
    assert any(check.outcome == "warned" for check in plan_flush(FAMILIES["vm"], unknown).checks)


def test_the_fingerprint_rests_on_the_primaries_not_on_counts() -> None:
    plan = plan_flush(FAMILIES["vm"], SEEN)
    counted = (NODES[0].model_copy(update={"keys": 7}), NODES[1])
    assert plan_flush(FAMILIES["vm"], SEEN.model_copy(update={"nodes": counted})).fingerprint == plan.fingerprint
    moved = (NODES[0].model_copy(update={"node_id": "c"}), NODES[1])
    assert plan_flush(FAMILIES["vm"], SEEN.model_copy(update={"nodes": moved})).fingerprint != plan.fingerprint


def test_a_cluster_that_is_not_whole_and_a_silent_primary_refuse_it() -> None:
    broken = FlushFacts(family="vm", problem="The Redis Cluster is not whole.")
    assert not plan_flush(FAMILIES["vm"], broken).runnable
    silent = (NODES[0].model_copy(update={"problem": "No answer within 5 s."}), NODES[1])
    refused = plan_flush(FAMILIES["vm"], SEEN.model_copy(update={"nodes": silent}))
    assert [check.reason for check in refused.refusals] == ["redis-1: No answer within 5 s."]


def test_copies_in_l2_belong_to_the_family_that_they_fill() -> None:
    copy, page = b"qr%3A%7Bacme%7D%3A17%3Avm%3A1", b"qr%3A%7Bacme%7D%3A17%3Alist"
    lines = [b"key=%b exp=1700000600 size=96" % copy, b"key=%b exp=-1 size=50" % page]
    items = parse_items(b"\r\n".join(lines))
    assert [item.key for item in items_of(FAMILIES["vm"], items)] == [b"qr:{acme}:17:vm:1"]
    assert len(items_of(FAMILIES["qr"], items)) == 2
    assert [item.expires for item in items] == [1_700_000_600, None]


def test_a_prefix_is_no_pattern() -> None:
    assert escaped("a*[b]?:") == r"a\*\[b\]\?:"
