"""The plan of a flush: sentences, load afterwards, and what its fingerprint rests on. Nothing is asked here."""

from typing import Any

import pytest
from pydantic import ValidationError

from caching.clients.memcached import parse_items
from caching.flush.facts import FlushFacts, NodeKeys, ServerItems
from caching.flush.globs import beginning, compiled, says_something
from caching.flush.kind import CacheFlush, locks_of
from caching.flush.pace import Metronome, Pace, Slicing
from caching.flush.parameters import FlushParameters
from caching.flush.plan import DELETE, HIDE, UNLINK, VERIFY, plan_flush
from caching.flush.scope import items_of, of_family, of_prefix, of_tenant, of_vm, scope_of
from caching.flush.topology import Primary
from caching.flush.unlinking import by_machine
from caching.library.keys import escaped
from novaops.inventory.targets import Target
from novaops.operations.contract import CheckOutcome
from novaops.operations.planning import parameters_of
from novaops.operations.problems import Incomplete, Invalid

NODES = (
    NodeKeys(node_id="a", name="redis-1", total=50_000, sampled=20_000, keys=12_000, mean_bytes=300),
    NodeKeys(node_id="b", name="redis-2", total=900, sampled=900, keys=100, mean_bytes=300),
)
SERVERS = (ServerItems(name="memcached-1", items=40, bytes=4_000),)
SEEN = FlushFacts(nodes=NODES, servers=SERVERS, hits_per_second=1240, hit_ratio=0.93)


SEEN_IN_L1 = SEEN.model_copy(update={"servers": ()})


def of(**asked: Any) -> FlushParameters:
    return FlushParameters(**asked)


@pytest.mark.parametrize(
    ("family", "steps"),
    [
        ("session", [HIDE, UNLINK, VERIFY]),
        ("vm", [HIDE, UNLINK, DELETE, VERIFY]),
        ("agg", [HIDE, DELETE, VERIFY]),
    ],
)
def test_each_family_is_emptied_where_it_lives(family: str, steps: list[str]) -> None:
    assert [
        step.key
        for step in plan_flush(of(family=family), SEEN if family == "agg" or family == "vm" else SEEN_IN_L1).steps
    ] == steps


def test_a_sample_says_that_it_is_one() -> None:
    plan = plan_flush(of(family="vm"), SEEN)
    assert plan.summary == "All entries of vm: go: about 12.1\u00a0k (Details of a VM)."
    assert "estimated from 20,900 of 50,900 keys" in next(one.reason for one in plan.checks if one.name == "Keys")
    assert (plan.blast.keys, plan.blast.bytes) == (12_140, 3_634_000)


def test_the_load_afterwards_is_told() -> None:
    assert "1,240/s more reads reach the database" in plan_flush(of(family="vm"), SEEN).blast.summary
    unknown = SEEN.model_copy(update={"hits_per_second": None})
    assert any(check.outcome == "warned" for check in plan_flush(of(family="vm"), unknown).checks)


def test_the_fingerprint_rests_on_the_primaries_not_on_counts() -> None:
    plan = plan_flush(of(family="vm"), SEEN)
    counted = (NODES[0].model_copy(update={"keys": 7}), NODES[1])
    assert plan_flush(of(family="vm"), SEEN.model_copy(update={"nodes": counted})).fingerprint == plan.fingerprint
    moved = (NODES[0].model_copy(update={"node_id": "c"}), NODES[1])
    assert plan_flush(of(family="vm"), SEEN.model_copy(update={"nodes": moved})).fingerprint != plan.fingerprint


def test_a_cluster_that_is_not_whole_and_a_silent_primary_refuse_it() -> None:
    broken = FlushFacts(problem="The Redis Cluster is not whole.")
    assert not plan_flush(of(family="vm"), broken).runnable
    silent = (NODES[0].model_copy(update={"problem": "No answer within 5 s."}), NODES[1])
    refused = plan_flush(of(family="vm"), SEEN.model_copy(update={"nodes": silent}))
    assert [check.reason for check in refused.refusals] == ["redis-1: No answer within 5 s."]


def test_copies_in_l2_belong_to_the_family_that_they_fill() -> None:
    copy, page = b"qr%3A%7Bacme%7D%3A17%3Avm%3A1", b"qr%3A%7Bacme%7D%3A17%3Alist"
    lines = [b"key=%b exp=1700000600 size=96" % copy, b"key=%b exp=-1 size=50" % page]
    items = parse_items(b"\r\n".join(lines))
    assert [item.key for item in items_of(of_family("vm"), items)] == [b"qr:{acme}:17:vm:1"]
    assert len(items_of(of_family("qr"), items)) == 2
    assert [item.expires for item in items] == [1_700_000_600, None]


def test_a_prefix_is_no_pattern() -> None:
    assert escaped("a*[b]?:") == r"a\*\[b\]\?:"


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("vm:*", "vm:{acme}:1", True),
        ("vm:?", "vm:12", False),
        ("vm:[1-3]", "vm:2", True),
        ("vm:[^1-3]", "vm:2", False),
        (r"vm:\*", "vm:*", True),
        (r"vm:\*", "vm:1", False),
        ("*:{acme}:*", "qr:{acme}:17:list", True),
        ("v.", "vm", False),
    ],
)
def test_patterns_mean_in_memcached_what_they_mean_in_redis(pattern: str, key: str, fits: bool) -> None:
    assert bool(compiled(pattern).fullmatch(key)) is fits


def test_what_a_pattern_says() -> None:
    assert [says_something(text) for text in ("*", "?*", "[a-z]*", "a*", r"\**")] == [False, False, False, True, True]
    assert (beginning("vm:{a*"), beginning(r"a\*b?"), beginning("*")) == ("vm:{a", "a*b", "")


def test_a_bare_star_is_refused_unless_a_tier_or_a_node_is_chosen() -> None:
    refused = plan_flush(of(scope="pattern", text="*"), SEEN).refusals
    assert [check.reason for check in refused] == [
        "* means every key. Choose a tier or a node as the scope if that is what you want."
    ]
    allowed = plan_flush(of(scope="tier", tier="L1", text="*"), SEEN_IN_L1)
    assert allowed.runnable and [step.key for step in allowed.steps] == [UNLINK, VERIFY]
    assert any(check.outcome is CheckOutcome.WARNED and "own keys stay" in check.reason for check in allowed.checks)


@pytest.mark.parametrize(
    "asked",
    [{}, {"scope": "prefix"}, {"scope": "vm", "tenant": "acme"}, {"scope": "node", "node": "redis-1"}],
)
def test_each_scope_says_what_it_needs(asked: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="Say which"):
        FlushParameters(**asked)


def test_a_tenant_lies_in_one_slot_and_a_vm_is_no_prefix_of_another() -> None:
    assert of_tenant("acme").prefixes == ("session:{acme}:", "vm:{acme}:", "perm:{acme}:", "metric:{acme}:")
    assert of_tenant("acme").slot == of_vm("acme", "1").slot
    wanted = of_vm("acme", "1").wanted
    assert wanted.has(b"vm:{acme}:1") and not wanted.has(b"vm:{acme}:12")
    assert of_vm("acme", "1").has(b"qr:{acme}:17:vm:1") and not of_vm("acme", "1").has(b"qr:{acme}:17:vm:12")


def test_the_library_keeps_its_own_keys() -> None:
    assert not of_prefix("g").wanted.has(b"gen:{acme}") and of_prefix("g").wanted.has(b"geo:1")
    everything = scope_of(of(scope="tier", tier="L1", text="*")).wanted
    assert [everything.has(key) for key in (b"gen-family:vm", b"novaops:cache:families", b"vm:{a}:1")] == [
        False, False, True,
    ]  # fmt: skip


def test_two_flushes_of_one_family_exclude_each_other() -> None:
    def held(**asked: Any) -> set[str]:
        return {str(lock) for lock in locks_of(scope_of(of(**asked)))}

    assert held(family="vm") & held(scope="pattern", text="vm:{a*")
    assert held(family="vm") & held(scope="tier", tier="L1", text="*")
    assert not held(family="vm") & held(family="agg")
    assert held(scope="tenant", tenant="acme") == held(scope="vm", tenant="acme", vm="1") == {"cache-tenant:acme"}
    assert held(scope="node", node="redis-1", text="*") == {"cache-node:redis-1"}


def test_a_limit_is_shared_by_all_walks_and_never_passed() -> None:
    beat = Metronome(Pace(limit=100))
    first, second = beat.reserve(80), beat.reserve(80)
    assert (first, second, beat.reserve(80)) == (80, 20, 0)
    beat.used(first, 30)
    beat.used(second, 20)
    assert not beat.ended and beat.reserve(80) == 50
    beat.used(50, 50)
    assert beat.ended and (beat.done, beat.reserve(1)) == (100, 0)


def test_slices_become_shorter_on_a_slow_node_and_longer_on_a_fast_one() -> None:
    slow, fast = Slicing(0.15), Slicing(0.15)
    for _ in range(20):
        slow.took(slow.count, ms=slow.count * 0.5)
        fast.took(fast.count, ms=fast.count * 0.0001)
    assert (slow.count, fast.count) == (5, 1500)


def test_rests_follow_the_manner_and_the_keys_per_second() -> None:
    assert Metronome(Pace(manner="normal")).rest_after(0.002, 10) == pytest.approx(0.002)
    assert Metronome(Pace(manner="gentle")).rest_after(0.002, 10) == pytest.approx(0.018)
    assert Metronome(Pace(manner="fast")).rest_after(0.002, 10) == 0
    assert Metronome(Pace(manner="fast", keys_per_second=100)).rest_after(0.002, 10) == pytest.approx(0.1, rel=0.1)


def test_primaries_of_one_machine_are_in_one_hand() -> None:
    found = [
        Primary(name, Target(0, "redis", name, host, port), ())
        for name, host, port in (("a", "10.0.0.1", 1), ("b", "10.0.0.2", 1), ("c", "10.0.0.1", 2))
    ]
    assert [[one.node_id for one in some] for some in by_machine(found)] == [["a", "c"], ["b"]]


def test_what_a_scope_needs_besides_is_asked_for_at_its_field() -> None:
    """And is not told of as a mistake."""
    with pytest.raises(Incomplete) as found:
        parameters_of(CacheFlush(), {"scope": "vm"})
    assert found.value.fields == {"tenant": "Say which tenant.", "vm": "Say which VM."}
    with pytest.raises(Invalid) as wrong:
        parameters_of(CacheFlush(), {"scope": "vm", "pace": "reckless"})
    assert type(wrong.value) is Invalid and "pace" in wrong.value.fields
