"""All machines at once: one thread each, while the step's own thread tells how far they are and may be cancelled."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from caching.clients.redis import RedisNode, passing
from caching.exceptions import CacheError
from caching.flush.pace import Metronome, Pace
from caching.flush.topology import NoCluster, Primary, moving_slots, primaries
from caching.flush.walk import Tally, Wanted
from caching.flush.walking import unlink_all
from novaops.operations.contract import PermanentProblem, StepContext, TransientProblem

TELL_SECONDS = 0.5
# A pass is repeated while the cluster changes under it; after so many, the step waits and begins anew.
PASSES = 5
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Errand:
    """What is unlinked on every primary, or on `node` alone. `what` is said of the keys."""

    wanted: Wanted
    what: str
    pace: Pace
    node: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Who leads how many slots, and whether some are on the move."""

    primaries: tuple[Primary, ...]
    moving: bool

    @property
    def owners(self) -> list[tuple[str, int]]:
        return sorted((primary.node_id, primary.slots) for primary in self.primaries)


def unlink_everywhere(context: StepContext, errand: Errand) -> tuple[Tally, int]:
    """Until one whole pass met no change of the cluster. Every repetition only finds what is still there. While slots
    move, a key may pass by a walk unseen: then a pass is the last one when it found nothing any more. Answers
    what was done, and on how many primaries."""
    tally, beat = Tally(), Metronome(errand.pace)
    for _ in range(PASSES):
        before = picture(errand)
        moved, unlinked = tally.moved, tally.unlinked
        _pass(context, before, errand, tally, beat)
        after = picture(errand)
        quiet = not (before.moving or after.moving) or tally.unlinked == unlinked
        if beat.ended or (tally.moved == moved and quiet and after.owners == before.owners):
            tally.limited = beat.ended
            return tally, len(after.primaries)
    raise TransientProblem("The cluster kept changing while its keys were walked.")


def picture(errand: Errand) -> Picture:
    found = led()
    if errand.node:
        found = tuple(primary for primary in found if primary.target.name == errand.node)
        if not found:
            raise PermanentProblem(f"{errand.node} leads no slots any more: plan again.")
    try:
        return Picture(found, any(moving_slots(primary) for primary in found))
    except CacheError as problem:
        raise TransientProblem(f"The state of the slots could not be read. {problem}") from problem


def led() -> tuple[Primary, ...]:
    try:
        return primaries()
    except NoCluster as problem:
        raise TransientProblem(str(problem)) from problem


def _pass(context: StepContext, found: Picture, errand: Errand, tally: Tally, beat: Metronome) -> None:
    total = _size(found.primaries)
    tally.looked = 0
    context.hold()
    in_parallel(
        by_machine(found.primaries),
        lambda some, stop: unlink_all(some, errand.wanted, tally, stop, beat),
        lambda: context.progress(min(tally.looked, total), total, f"{tally.unlinked:,} keys {errand.what} unlinked"),
    )
    if tally.refused:
        kind = TransientProblem if passing(tally.refused) else PermanentProblem
        raise kind(f"Redis refused to unlink: {tally.refused}")


def pause(context: StepContext, seconds: float) -> None:
    """A rest in which the operation can be cancelled."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, TELL_SECONDS))
        context.progress(0, None, "Resting")


def _size(found: Sequence[Primary]) -> int:
    try:
        return sum(RedisNode(primary.target).size() for primary in found)
    except CacheError as problem:
        raise TransientProblem(f"The number of keys could not be read. {problem}") from problem


def by_machine(found: Sequence[Primary]) -> list[list[Primary]]:
    machines: dict[str, list[Primary]] = defaultdict(list)
    for primary in found:
        machines[primary.target.host].append(primary)
    return list(machines.values())


def in_parallel(parts: Sequence[Part], work: Callable[[Part, Event], None], tell: Callable[[], None]) -> None:
    """Runs `work` for each part beside the others and `tell` twice a second. Whatever `tell` raises (a cancellation)
    stops them all; so does the first that fails."""
    stop = Event()
    with ThreadPoolExecutor(max_workers=max(1, len(parts)), thread_name_prefix="flush") as pool:
        pending: set[Future[None]] = {pool.submit(work, part, stop) for part in parts}
        try:
            while pending:
                done, pending = wait(pending, timeout=TELL_SECONDS, return_when=FIRST_EXCEPTION)
                tell()
                for one in done:
                    one.result()
        finally:
            stop.set()
