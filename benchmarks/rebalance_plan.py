"""Planning a rebalance of 100,000 tenants on 1,000 shards, beside the plan that comes to mind first.

Tenants' sizes are log-normal, as customers' are: half the bytes lie with a twentieth of them. Each starts on a random
shard, some shards are new and empty, and weights differ. The baseline moves the largest tenant of the fullest shard to
the emptiest one that can take it, until no shard is more than the chosen skew above its share."""

import heapq
import random
import statistics
import time
from collections.abc import Sequence

from benchmarks.environment import Environment
from shards.rebalancing.answer import Rebalance
from shards.rebalancing.facts import ShardLoad, TenantLoad, Wishes
from shards.rebalancing.planner import plan

SHARDS, TENANTS, SKEW, ROUNDS = 1_000, 100_000, 0.1, 3


def main(environment: Environment) -> dict[str, object]:
    shards, tenants = _fleet(random.Random(7))  # noqa: S311 (the same fleet every time)
    seconds, found = list[float](), None
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = plan(shards, tenants, Wishes(skew=SKEW))
        seconds.append(time.perf_counter() - began)
    assert isinstance(found, Rebalance)
    greedy, greedy_moves, greedy_skew = _largest_first(shards, tenants)
    least = sum(max(0.0, share.load - share.fair * (1 + SKEW)) for share in found.before)
    least_bytes = least * sum(tenant.bytes for tenant in tenants)
    print(f"skew {found.skew_before:.2f} before, {found.skew_after:.3f} after; greedy {greedy_skew:.3f}")
    print(f"{len(found.moves):,} moves of {found.bytes:,} bytes; greedy {greedy_moves:,} of {greedy:,}")
    return {
        "plan_s": round(statistics.median(seconds), 2),
        "bytes_moved_ratio": round(found.bytes / greedy, 3),
        "bytes_over_least_possible": round(found.bytes / least_bytes, 3),
        "moves": len(found.moves),
        "greedy_moves": greedy_moves,
        "skew_before": round(found.skew_before, 3),
        "skew_after": round(found.skew_after, 3),
        "greedy_skew_after": round(greedy_skew, 3),
    }


def _fleet(chance: random.Random) -> tuple[list[ShardLoad], list[TenantLoad]]:
    shards = [ShardLoad(f"shard-{number:04}", chance.choice((50, 100, 100, 200))) for number in range(SHARDS)]
    old = shards[: SHARDS * 19 // 20]
    homes = chance.choices(old, weights=[shard.weight for shard in old], k=TENANTS)
    return shards, [
        TenantLoad(f"tenant-{number:06}", home.name, int(chance.lognormvariate(17, 1.6)))
        for number, home in enumerate(homes)
    ]


def _largest_first(shards: Sequence[ShardLoad], tenants: Sequence[TenantLoad]) -> tuple[int, int, float]:
    """Bytes, moves, and the skew that is left."""
    whole, weights = sum(tenant.bytes for tenant in tenants), sum(shard.weight for shard in shards)
    fair = {shard.name: whole * shard.weight / weights for shard in shards}
    load = dict.fromkeys(fair, 0)
    on: dict[str, list[TenantLoad]] = {name: [] for name in fair}
    for tenant in tenants:
        load[tenant.shard] += tenant.bytes
        on[tenant.shard].append(tenant)
    emptiest = [(load[name] / fair[name], name) for name in fair]
    heapq.heapify(emptiest)
    moved = moves = 0
    for name in sorted(fair, key=lambda name: -load[name] / fair[name]):
        for tenant in sorted(on[name], key=lambda tenant: -tenant.bytes):
            if load[name] <= fair[name] * (1 + SKEW):
                break
            _, target = emptiest[0]
            if load[target] + tenant.bytes > fair[target] * (1 + SKEW):
                continue
            load[name], load[target] = load[name] - tenant.bytes, load[target] + tenant.bytes
            moved, moves = moved + tenant.bytes, moves + 1
            heapq.heapreplace(emptiest, (load[target] / fair[target], target))
    return moved, moves, max(load[name] / fair[name] for name in fair) - 1
