"""Leaving a Memcached server out, and taking it back. The inventory says what is meant; L1 passes it on.

What a replaced worker tells late is what the inventory says then, as its successor tells it."""

import time
from collections.abc import Mapping

from django.db import connection

from caching.clients.memcached import Memcached
from caching.console_tiers import l1_of
from caching.exceptions import CacheError
from caching.library.exceptions import Unavailable
from caching.library.generations import FAMILY_SECONDS
from caching.library.left_out import LeftOut
from caching.members.plan import EMPTY, TELL
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import target, targets
from novaops.inventory.services import take_out
from novaops.operations.contract import Step, StepContext, TransientProblem


def empty(context: StepContext) -> str:
    name = context.arguments["server"]
    context.hold()
    try:
        Memcached(target(ServerKind.MEMCACHED, name)).flush_all()
    except CacheError as problem:
        raise TransientProblem(f"{name}: {problem}") from problem
    return f"{name} is empty."


def tell(context: StepContext) -> str:
    return _say(context, context.arguments["out"])


def tell_back(context: StepContext) -> str:
    return _say(context, not context.arguments["out"])


def _say(context: StepContext, out: bool) -> str:
    name = context.arguments["server"]
    context.hold()
    take_out(ServerKind.MEMCACHED, name, out)
    l1 = l1_of(connection.tenant)  # type: ignore[attr-defined]
    try:
        context.hold()
        LeftOut(l1).tell(one.address for one in targets(ServerKind.MEMCACHED) if one.out)
    except Unavailable as problem:
        raise TransientProblem(f"Applications could not be told. {problem}") from problem
    finally:
        l1.close()
    until = time.monotonic() + FAMILY_SECONDS * 1.2
    while time.monotonic() < until:
        context.progress(0, None, "Waiting until every process knows it")
        time.sleep(0.2)
    return f"{name} is {'left out' if out else 'used again'}."


STEPS: Mapping[str, Step] = {
    EMPTY: Step(run=empty, timeout_seconds=20, attempts=3),
    TELL: Step(run=tell, undo=tell_back, timeout_seconds=20, attempts=8),
}
