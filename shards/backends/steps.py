"""How a backend's statement or session is ended. One statement looks and signals: what has another beginning than the
plan saw, a session that got the same process number later, is never hit. After that the server is asked again."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import target
from novaops.operations.contract import PermanentProblem, Step, StepContext, TransientProblem
from shards.backends.plans import CANCEL, TERMINATE
from shards.clients.postgres import Session, sessions
from shards.exceptions import ShardError

STEP_SECONDS = 30.0
GONE_SECONDS = 10.0
LOOK_SECONDS = 0.1

SEEN = "SELECT state FROM pg_stat_activity WHERE pid = %(pid)s AND backend_start = %(started)s::timestamptz"
RUNS = SEEN + " AND state = 'active' AND query_start = %(statement)s::timestamptz"
SIGNALS = {
    CANCEL: RUNS.replace("SELECT state", "SELECT pg_cancel_backend(pid) AS sent"),
    TERMINATE: SEEN.replace("SELECT state", "SELECT pg_terminate_backend(pid) AS sent"),
}
STILL = {CANCEL: RUNS, TERMINATE: SEEN}
WORDS = {CANCEL: "The statement of process {pid}", TERMINATE: "The session of process {pid}"}


def cancel(context: StepContext) -> str:
    return _end(context, CANCEL)


def terminate(context: StepContext) -> str:
    return _end(context, TERMINATE)


def _end(context: StepContext, key: str) -> str:
    told, what = context.arguments, WORDS[key].format(**context.arguments)
    with _session(context) as session:
        context.hold()
        sent = session.execute(SIGNALS[key].encode(), told).fetchone()
        if sent is None:
            return f"{what} had ended by itself; nothing was done."
        if not sent["sent"]:
            raise TransientProblem(f"{told['server']} could not signal process {told['pid']}.")
        started = time.monotonic()
        while (left := _state(session, key, told)) is not None:
            if time.monotonic() - started > GONE_SECONDS:
                raise PermanentProblem(
                    f"{what} on {told['server']} is still there {GONE_SECONDS:g} s after the signal ({left}): it ends"
                    " when it next looks for signals, which a process that waits for its disk or a client may not do."
                )
            context.progress(0, None, f"{what} is still there")
            time.sleep(LOOK_SECONDS)
    return f"{what} on {told['server']} is gone, {time.monotonic() - started:.1f} s after the signal."


def is_cancelled(context: StepContext) -> bool:
    return _is_gone(context, CANCEL)


def is_gone(context: StepContext) -> bool:
    return _is_gone(context, TERMINATE)


def _is_gone(context: StepContext, key: str) -> bool:
    with _session(context) as session:
        return _state(session, key, context.arguments) is None


def _state(session: Session, key: str, told: Mapping[str, object]) -> str | None:
    row = session.execute(STILL[key].encode(), dict(told)).fetchone()
    return str(row["state"] or "no state") if row else None


@contextmanager
def _session(context: StepContext) -> Iterator[Session]:
    name = context.arguments["server"]
    try:
        with sessions.open(target(ServerKind.POSTGRES, name), STEP_SECONDS) as session:
            yield session
    except ShardError as problem:
        kind = PermanentProblem if problem.permanent else TransientProblem
        raise kind(f"{name}: {problem}") from problem


STEPS: Mapping[str, Step] = {
    CANCEL: Step(run=cancel, done=is_cancelled, timeout_seconds=STEP_SECONDS + 10),
    TERMINATE: Step(run=terminate, done=is_gone, timeout_seconds=STEP_SECONDS + 10),
}
