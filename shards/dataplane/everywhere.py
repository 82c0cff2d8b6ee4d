"""The same work on many shards at once; one that fails does not stop the others."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from shards.dataplane.addresses import ShardDatabase
from shards.dataplane.problems import DataPlaneProblem

Result = TypeVar("Result")
AT_ONCE = 16


def on_each(shards: Sequence[ShardDatabase], work: Callable[[ShardDatabase], Result]) -> dict[str, Result]:
    """Results by shard; DataPlaneProblem with every failure, after all have ended."""
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, max(1, len(shards)))) as pool:
        futures = {shard.shard: pool.submit(work, shard) for shard in shards}
    failures = [error for future in futures.values() if (error := future.exception()) is not None]
    for error in failures:
        if not isinstance(error, DataPlaneProblem):
            raise error
    if failures:
        raise DataPlaneProblem("\n".join(str(error) for error in failures))
    return {name: future.result() for name, future in futures.items()}
