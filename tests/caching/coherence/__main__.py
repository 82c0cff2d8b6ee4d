"""`script/soak coherence`: every fault alone, then every fault right after every other one, then at random until the
time is over. The last line says how it went; the first stale read ends it."""

import argparse
import itertools
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import django

django.setup()

from novaops.sandbox.control import Client  # noqa: E402  models can be imported from here on
from tests.caching.coherence import faults  # noqa: E402
from tests.caching.coherence.crew import crew  # noqa: E402
from tests.caching.coherence.liar import lying  # noqa: E402
from tests.caching.coherence.order import disorder, listening  # noqa: E402
from tests.caching.coherence.places import Places  # noqa: E402
from tests.caching.coherence.trial import Verdict, trial  # noqa: E402
from tests.ending import clean_end  # noqa: E402

FLEET = "demo"
AT_ONCE = 4
WRITERS = 8


def plan(seed: int) -> Iterator[tuple[str, ...]]:
    """The faults of each trial, without end."""
    yield from ((one,) for one in faults.EVERY)
    yield from itertools.permutations(faults.EVERY, 2)
    chance = random.Random(seed)
    while True:
        yield tuple(chance.choices(faults.EVERY, k=AT_ONCE))


def main(minutes: float, seed: int) -> int:
    clean_end()
    state = Path(os.environ["NOVAOPS_STATE"])
    sandbox, places, until, done = Client(state), Places.of(state), time.monotonic() + minutes * 60, 0
    if not _noticed(sandbox, places, state):
        print("Nothing was made old, and the trial did not notice: it proves nothing.")
        return 1
    if not _shared(sandbox, places, state, seed):
        return 1
    for number, names in enumerate(plan(seed)):
        if time.monotonic() > until:
            break
        verdict = _trial(sandbox, places, state, names, seed + number)
        print(f"{' then '.join(names)}: {verdict}", flush=True)
        if verdict.stale:
            print(verdict.stale[0])
            return 1
        done += 1
    print(f"{done} trials, no stale read (seed {seed}).")
    return 0


def _trial(sandbox: Client, places: Places, state: Path, names: Sequence[str], seed: int) -> Verdict:
    several = [faults.fault(name, sandbox, places) for name in names]
    return trial(state, several, seed=seed, fleet=FLEET, patience=240)


def _noticed(sandbox: Client, places: Places, state: Path) -> bool:
    """Whether the trial fails where it has to: in place of the invalidators one that only acknowledges."""
    sandbox.stop("invalidator")
    try:
        with lying(places, FLEET):
            verdict = trial(state, [], fleet=FLEET)
    finally:
        sandbox.start("invalidator")
    print(f"without invalidation: {verdict}", flush=True)
    return bool(verdict.stale)


def _shared(sandbox: Client, places: Places, state: Path, seed: int) -> bool:
    """Two processes share the work under many writers; each is killed, each is held up and goes on too late. Whether
    nothing was stale, and every tenant's notices came in order, each once."""
    parts = [f"reader:{places.shard['name']}", "invalidator:0"]
    with crew(sandbox, FLEET) as several, listening(places, FLEET) as listener:
        hurt = [several.kill_holder, several.kill_holder, several.hang_holder]
        done = [partial(act, part) for part in parts for act in hurt]
        verdict = trial(state, done, seed=seed, fleet=FLEET, patience=240, count=WRITERS)
    wrong = [*map(str, verdict.stale), *disorder(listener.notices)]
    print(f"two processes, killed and held up in turn: {verdict} {len(listener.notices)} notices.", flush=True)
    print(*wrong[:5], sep="\n", end="")
    return not wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="script/soak coherence")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.exit(main(options.minutes, options.seed))
