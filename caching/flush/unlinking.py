"""All primaries at once: one thread each, while the step's own thread tells how far they are and may be cancelled."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from threading import Event

from caching.clients.redis import RedisNode
from caching.exceptions import CacheError
from caching.flush.topology import NoCluster, Primary, primaries
from caching.flush.walk import Tally, unlink_all
from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem

TELL_SECONDS = 0.5
# A pass is repeated while the cluster changes under it; after so many, the step waits and begins anew.
PASSES = 5


def unlink_family(context: StepContext, prefix: str) -> Tally:
    """Until one whole pass met no change of the cluster. Every repetition only finds what is still there."""
    tally = Tally()
    for _ in range(PASSES):
        before = led()
        moved = tally.moved
        _pass(context, before, prefix, tally)
        if tally.moved == moved and ids(led()) == ids(before):
            return tally
    raise TransientProblem("The cluster kept changing while its keys were walked.")


def led() -> tuple[Primary, ...]:
    try:
        return primaries()
    except NoCluster as problem:
        raise TransientProblem(str(problem)) from problem


def ids(found: Sequence[Primary]) -> list[str]:
    return sorted(primary.node_id for primary in found)


def _pass(context: StepContext, found: Sequence[Primary], prefix: str, tally: Tally) -> None:
    total = _size(found)
    tally.looked = 0
    context.hold()
    in_parallel(
        found,
        lambda primary, stop: unlink_all(primary, prefix, tally, stop),
        lambda: context.progress(min(tally.looked, total), total, f"{tally.unlinked:,} keys of {prefix} unlinked"),
    )
    if tally.refused:
        raise PermanentProblem(f"Redis refused to unlink: {tally.refused}")


def _size(found: Sequence[Primary]) -> int:
    try:
        return sum(RedisNode(primary.target).size() for primary in found)
    except CacheError as problem:
        raise TransientProblem(f"The number of keys could not be read. {problem}") from problem


def in_parallel(found: Sequence[Primary], work: Callable[[Primary, Event], None], tell: Callable[[], None]) -> None:
    """Runs `work` for each primary beside the others and `tell` twice a second. Whatever `tell` raises (a cancellation)
    stops them all; so does the first that fails, as TransientProblem naming the node."""
    stop = Event()
    with ThreadPoolExecutor(max_workers=max(1, len(found)), thread_name_prefix="flush") as pool:
        walks = {pool.submit(work, primary, stop): primary for primary in found}
        try:
            pending = set(walks)
            while pending:
                done, pending = wait(pending, timeout=TELL_SECONDS, return_when=FIRST_EXCEPTION)
                tell()
                for walk in done:
                    _raise_problem(walk, walks[walk])
        finally:
            stop.set()


def _raise_problem(walk: "Future[None]", primary: Primary) -> None:
    try:
        walk.result()
    except CacheError as problem:
        kind = PermanentProblem if problem.permanent else TransientProblem
        raise kind(f"{primary.target.name}: {problem}") from problem
