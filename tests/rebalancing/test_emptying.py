"""Plans with one shard in their middle: everything leaves it, or everything that moves comes to it."""

import pytest

from shards.rebalancing.emptying import drained, filled, shares
from shards.rebalancing.facts import Opens, ShardLoad, TenantLoad, Wishes
from shards.rebalancing.parameters import Options, pins_of, sets_of

SHARDS = [ShardLoad(f"shard-{number}", 100) for number in range(1, 4)]
TENANTS = [TenantLoad(f"{shard}{number}", f"shard-{shard}", 1000, 1) for shard in (1, 2) for number in range(6)]


def test_everything_leaves_one_shard_and_nobody_else_moves() -> None:
    plan = drained(SHARDS, TENANTS, Wishes(), "shard-1")
    assert {move.tenant_id for move in plan.moves} == {f"1{number}" for number in range(6)}
    assert {share.name: share.tenants for share in plan.after}["shard-1"] == 0


def test_only_what_comes_to_the_new_shard_moves() -> None:
    closed = [*SHARDS[:2], ShardLoad("shard-3", 100, Opens.CLOSED)]
    plan = filled(closed, TENANTS, Wishes(), "shard-3")
    assert {move.target for move in plan.moves} == {"shard-3"} and len(plan.moves) == 4
    assert {share.name: share.tenants for share in plan.after} == {"shard-1": 4, "shard-2": 4, "shard-3": 4}


def test_shares_are_those_of_now() -> None:
    assert [share.tenants for share in shares(SHARDS, TENANTS, Wishes())] == [6, 6, 0]


def test_how_pins_and_sets_are_written() -> None:
    assert pins_of(" acme=shard-2, blue=shard-1\n") == {"acme": "shard-2", "blue": "shard-1"}
    assert sets_of("acme blue; red, green") == (frozenset({"acme", "blue"}), frozenset({"red", "green"}))
    wishes = Options.model_validate({"pins": "acme=shard-2", "most_gb": 1.5, "measure": "vms"}).wishes
    assert wishes.pins == {"acme": "shard-2"} and wishes.most_bytes == 1_500_000_000 and wishes.mix.vms == 1


@pytest.mark.parametrize(
    "wrong",
    [{"pins": "acme"}, {"pins": "=shard-1"}, {"together": "acme"}, {"apart": "a b; c"}, {"hours_from": "22:00"}],
)
def test_what_cannot_be_read(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Options.model_validate(wrong)
