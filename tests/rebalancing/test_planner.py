"""Plans of a rebalance: what holds for every plan, and what each rule does."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shards.rebalancing.answer import Rebalance, Why
from shards.rebalancing.facts import Mix, Opens, ShardLoad, TenantLoad, Wishes
from shards.rebalancing.planner import plan
from shards.rebalancing.problems import Contradiction

MB = 1_000_000
SHARDS = [ShardLoad(f"shard-{number}", 100) for number in range(1, 4)]


def tenants(**sizes: Sequence[int]) -> list[TenantLoad]:
    """shard_1=[5, 3] are two tenants of 5 and 3 MB on shard-1: `1a` and `1b`."""
    return [
        TenantLoad(f"{shard[-1]}{'abcdefghijklmnopqrstuvwxyz'[number]}", shard.replace("_", "-"), size * MB, vms=1)
        for shard, found in sizes.items()
        for number, size in enumerate(found)
    ]


def told(found: Rebalance) -> list[tuple[str, str, str]]:
    return [(move.tenant_id, move.source, move.target) for move in found.moves]


LOADS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 500), st.integers(0, 50)), max_size=60)
FLEETS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([Opens.BOTH_WAYS, Opens.BOTH_WAYS, *Opens])), min_size=5, max_size=5
)


@settings(max_examples=300, deadline=None)
@given(
    LOADS,
    FLEETS,
    st.sampled_from([Mix(), Mix(0, 1, 0), Mix(1, 1, 0)]),
    st.sampled_from([0.0, 0.05, 0.3]),
    st.sampled_from([None, 0, 3]),
    st.randoms(use_true_random=False),
)
def test_what_holds_for_every_plan(
    loads: list[tuple[int, int, int]],
    fleet: list[tuple[int, Opens]],
    mix: Mix,
    skew: float,
    most: int | None,
    order: random.Random,
) -> None:
    shards = [ShardLoad(f"s{number}", weight, opens) for number, (weight, opens) in enumerate(fleet)]
    living = [TenantLoad(f"t{n:02}", f"s{at}", size * MB, vms) for n, (at, size, vms) in enumerate(loads)]
    found = plan(shards, living, Wishes(mix=mix, skew=skew, most_moves=most))
    by_name, at = {shard.name: shard for shard in shards}, {one.tenant_id: one.shard for one in living}
    for move in found.moves:
        assert move.source == at[move.tenant_id] != move.target and move.why
        assert by_name[move.target].takes and by_name[move.source].opens is not Opens.CLOSED
    assert max(Counter(move.tenant_id for move in found.moves).values(), default=1) == 1, "nobody moves twice"
    assert most is None or len(found.moves) <= most
    assert sum(share.tenants for share in found.after) == len(living)
    assert found.bytes == sum(move.bytes for move in found.moves)
    if all(move.reason is Why.OVER for move in found.moves):
        assert found.skew_after <= found.skew_before + 1e-9, "what is only done to level must not unbalance"
    for share in found.after:
        if share.fair and share.over > skew + 1e-9:
            assert any(share.name in note for note in found.notes) or most is not None
    mixed = order.sample(living, len(living)), order.sample(shards, len(shards))
    assert plan(mixed[1], mixed[0], Wishes(mix=mix, skew=skew, most_moves=most)) == found


def test_nothing_to_do() -> None:
    found = plan(SHARDS, tenants(shard_1=[5], shard_2=[5], shard_3=[5]), Wishes())
    assert found.moves == () and found.notes == () and found.skew_before == found.skew_after == 0
    assert plan(SHARDS, [], Wishes()).moves == ()


def test_the_fewest_bytes_that_relieve_a_shard() -> None:
    """shard-1 has 12 of 18; a share is 6, so 5.4 at least must leave with a skew of a tenth: 4 and 2, not 8."""
    found = plan(SHARDS, tenants(shard_1=[8, 4, 2], shard_2=[2], shard_3=[2]), Wishes(skew=0.4))
    assert {move.tenant_id for move in found.moves} == {"1b", "1c"} and found.bytes == 6 * MB
    assert found.skew_after <= 0.4 < found.skew_before
    assert "carries 133.3 % more than its share" in found.moves[0].why


def test_weights_are_capacity() -> None:
    shards = [ShardLoad("shard-1", 300), ShardLoad("shard-2", 100)]
    assert plan(shards, tenants(shard_1=[1] * 9, shard_2=[1] * 3), Wishes(skew=0)).moves == ()
    found = plan(shards, tenants(shard_1=[1] * 6, shard_2=[1] * 6), Wishes(skew=0))
    assert Counter(move.target for move in found.moves) == {"shard-1": 3}


def test_a_measure_of_ones_own() -> None:
    """By VMs, every tenant counts alike here, so the smallest in bytes leave."""
    living = tenants(shard_1=[9, 8, 1, 1], shard_2=[], shard_3=[])
    found = plan(SHARDS[:2], living, Wishes(mix=Mix(bytes=0, vms=1), skew=0))
    assert {move.tenant_id for move in found.moves} == {"1c", "1d"}


def test_a_shard_is_emptied() -> None:
    shards = [SHARDS[0], SHARDS[1], ShardLoad("shard-3", 100, Opens.OUT_ONLY)]
    found = plan(shards, tenants(shard_1=[3], shard_2=[3], shard_3=[2, 1]), Wishes(skew=0.5))
    assert {move.tenant_id for move in found.moves} == {"3a", "3b"} and {m.reason for m in found.moves} == {Why.LEAVING}
    assert found.after[2].tenants == 0 and "is to carry nothing" in found.moves[0].why


def test_a_new_shard_is_filled() -> None:
    found = plan(
        [*SHARDS, ShardLoad("shard-4", 100)], tenants(shard_1=[1] * 4, shard_2=[1] * 4, shard_3=[1] * 4), Wishes(skew=0)
    )
    assert Counter(move.target for move in found.moves) == {"shard-4": 3}


def test_pins() -> None:
    living = tenants(shard_1=[8, 4, 2], shard_2=[2], shard_3=[2])
    stays = plan(SHARDS, living, Wishes(skew=0.7, pins={"1c": "shard-1"}))
    assert "1c" not in {move.tenant_id for move in stays.moves} and stays.skew_after <= 0.7 < stays.skew_before
    goes = plan(SHARDS, living, Wishes(skew=9, pins={"1a": "shard-3"}))
    assert told(goes) == [("1a", "shard-1", "shard-3")] and goes.moves[0].why == "It is pinned to shard-3."


def test_together() -> None:
    living = tenants(shard_1=[8, 1], shard_2=[2], shard_3=[2])
    found = plan(SHARDS, living, Wishes(skew=9, together=(frozenset({"1b", "2a"}), frozenset({"2a", "3a"}))))
    at = {"1b": "shard-1", "2a": "shard-2", "3a": "shard-3"} | {move.tenant_id: move.target for move in found.moves}
    assert len(set(at.values())) == 1 and "together with" in found.moves[0].why


def test_apart() -> None:
    living = tenants(shard_1=[3, 3, 3], shard_2=[9], shard_3=[])
    found = plan(SHARDS, living, Wishes(skew=9, apart=(frozenset({"1a", "1b", "1c"}),)))
    at = {"1a": "shard-1", "1b": "shard-1", "1c": "shard-1"} | {move.tenant_id: move.target for move in found.moves}
    assert sorted(at.values()) == ["shard-1", "shard-2", "shard-3"]


def test_no_disk_is_filled() -> None:
    shards = [SHARDS[0], ShardLoad("shard-2", 100, free_bytes=2 * MB), ShardLoad("shard-3", 100, free_bytes=0)]
    found = plan(shards, tenants(shard_1=[4, 2, 1, 1]), Wishes(skew=0, headroom=0.5))
    assert told(found) in ([("1c", "shard-1", "shard-2")], [("1d", "shard-1", "shard-2")])
    assert any("shard-1 stays" in note for note in found.notes)


def test_one_that_is_larger_than_a_share_is_told() -> None:
    found = plan(SHARDS, tenants(shard_1=[90], shard_2=[5], shard_3=[5]), Wishes())
    assert found.moves == () and "1a alone is 2.7 times that share" in found.notes[0]


def test_limits_keep_the_most_useful() -> None:
    living = tenants(shard_1=[1] * 8, shard_2=[], shard_3=[1])
    one = plan(SHARDS, living, Wishes(skew=0, most_moves=1))
    assert len(one.moves) == 1 and "4 more moves would follow" in one.notes[0]
    assert plan(SHARDS, living, Wishes(skew=0, most_bytes=2 * MB)).bytes == 2 * MB


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        (Wishes(pins={"1a": "shard-9"}), "shard-9, which is no shard"),
        (Wishes(pins={"zz": "shard-1"}), "There is no tenant zz"),
        (Wishes(pins={"1a": "shard-1", "1b": "shard-2"}, together=(frozenset({"1a", "1b"}),)), "pinned to two shards"),
        (Wishes(apart=(frozenset({"1a", "1b"}),), together=(frozenset({"1a", "1b"}),)), "apart and together"),
        (Wishes(pins={"1a": "shard-1", "1b": "shard-1"}, apart=(frozenset({"1a", "1b"}),)), "pinned to one shard"),
    ],
)
def test_wishes_that_exclude_each_other(wishes: Wishes, sentence: str) -> None:
    with pytest.raises(Contradiction, match=sentence):
        plan(SHARDS, tenants(shard_1=[1, 1]), wishes)


def test_a_tenant_on_an_unknown_shard_is_refused() -> None:
    with pytest.raises(Contradiction, match="which is no shard"):
        plan(SHARDS, [TenantLoad("a", "elsewhere")], Wishes())
