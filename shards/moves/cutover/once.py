"""One attempt at a cutover: from the tenant's lock to the commit that decides."""

import math
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from psycopg import errors

from novaops.operations.contract import PermanentProblem, StepContext
from shards import fences
from shards.clients.postgres import Session
from shards.moves import gates, sequences
from shards.moves.applying.applier import Applier
from shards.moves.applying.problems import Late
from shards.moves.comparing.settling import settle
from shards.moves.cutover.opening import close_old, insist_on, open_new
from shards.moves.cutover.pause import Pause, PauseTooLong
from shards.moves.sequences import Sequence as Counter
from shards.moves.streams import Stream
from shards.moves.tables import Table
from shards.placement.signals import Forgetting

MARK = "SELECT pg_logical_emit_message(true, %s, %s)"
MARKER = "novaops end"


@dataclass(frozen=True)
class Ready:
    """Everything that an attempt uses stands: nothing is connected or prepared inside the pause. `sender` will hold the
    tenant's lock; `aside` is another session on the same server. `epoch` is the tenant's before."""

    context: StepContext
    stream: Stream
    tables: Sequence[Table]
    sequences: Sequence[Counter]
    epoch: int
    console: str
    sender: Session
    aside: Session
    receiver: Session
    applier: Applier
    forgettings: Sequence[Forgetting]
    threads: ThreadPoolExecutor


def attempt(ready: Ready, limit: float, mark: str) -> Pause:
    """The tenant is on the receiver. PauseTooLong: it is where it was, and nothing has changed; PermanentProblem: so
    it is, and trying again would not help. Any other error: ask `opening.decided`."""
    pause, stream = Pause(limit), ready.stream
    try:
        with fences.writing(ready.sender, ready.context, math.ceil(limit) + 1, idle_seconds=math.ceil(limit)):
            ready.sender.execute("SELECT set_config('lock_timeout', %s, true)", (f"{limit * 1000:.0f}ms",))
            insist_on(gates.gate_of(ready.sender, stream.tenant_id), stream, ready.epoch)
            ready.sender.execute(gates.BULK_ALONE)
            _inside(ready, pause, mark)
    except Late as problem:
        raise PauseTooLong(str(problem)) from problem
    except (errors.LockNotAvailable, errors.DeadlockDetected) as problem:
        raise PauseTooLong("Transactions of the tenant did not end in time.") from problem
    except (errors.IdleInTransactionSessionTimeout, errors.QueryCanceled) as problem:
        raise PauseTooLong("This process was held up, and the server ended the pause.") from problem
    pause.ended_with("old shard closes")
    return pause


def _inside(ready: Ready, pause: Pause, mark: str) -> None:
    pause.begin()
    ready.sender.execute(gates.ALONE, (ready.stream.tenant_id,))
    pause.spent_on("writers inside end")
    forgotten = [ready.threads.submit(one.forget) for one in ready.forgettings]
    ready.aside.execute(MARK, (MARKER, mark))
    ready.applier.until_message(MARKER, mark, pause.deadline)
    if not ready.applier.follows_all(ready.aside):
        raise PauseTooLong("A chunk of a hypertable came or went at the last moment.")
    pause.spent_on("last changes arrive")
    sequences.follow(ready.aside, ready.receiver, ready.sequences)
    differences = settle(ready.aside, ready.receiver, ready.stream, ready.tables)
    if differences:
        raise PermanentProblem(f"The tenant stays where it is: {differences[0]}, and {len(differences) - 1} more.")
    pause.spent_on("last rows are compared")
    _await(forgotten, pause)
    pause.spent_on("caches forget")
    position = open_new(ready.receiver, ready.context, ready.stream, ready.epoch + 1, ready.console)
    pause.spent_on("new shard opens")
    close_old(ready.sender, ready.stream, ready.epoch + 1, position)


def _await(forgotten: Sequence[Future[None]], pause: Pause) -> None:
    for one in forgotten:
        try:
            one.result(pause.left)
        except TimeoutError as problem:
            raise PauseTooLong("The caches did not answer in time.") from problem
        except Exception as problem:  # whatever keeps something by the tenant's place, and could not forget it
            raise PauseTooLong(f"The caches could not forget: {problem}") from problem
