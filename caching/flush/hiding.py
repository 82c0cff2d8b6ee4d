"""Making what is cached invisible by raising a generation: O(1), in both tiers, whatever the number of entries."""

import time
from collections.abc import Callable

from django.db import connection

from caching.console_tiers import tiers_of
from caching.flush.scope import Scope
from caching.library.exceptions import Unavailable
from caching.library.generations import FAMILY_SECONDS
from caching.library.tiers import Tiers
from novaops.operations.contract import StepContext, TransientProblem
from shards.fences import mark


def hide(context: StepContext) -> str:
    """Raises the generation, and waits until no process reads by the old one. A family's is raised once for each
    operation; a tenant's or a VM's a second time by a worker that takes over, which costs some misses."""
    scope = Scope.model_validate(context.arguments["scope"])
    tiers = tiers_of(connection.tenant)  # type: ignore[attr-defined]
    try:
        context.hold()
        began = time.perf_counter()
        _raise(tiers, scope, str(mark(context)))
        passed = (time.perf_counter() - began) * 1000
    except Unavailable as problem:
        raise TransientProblem(f"The generation of what is {scope.words} could not be raised. {problem}") from problem
    finally:
        tiers.close()
    if scope.whose == "family":
        _wait(context)
    return f"The generation of what is {scope.words} is raised ({passed:.1f} ms)."


def _raise(tiers: Tiers, scope: Scope, whose: str) -> None:
    raising: dict[str, Callable[[], None]] = {
        "family": lambda: tiers.invalidate_family(scope.family, whose),
        "tenant": lambda: tiers.invalidate_tenant(scope.tenant),
        "vm": lambda: tiers.invalidate_vm(scope.tenant, scope.vm),
    }
    raising[scope.whose]()


def _wait(context: StepContext) -> None:
    """Tenants' and VMs' numbers are read with each entry; families' are remembered for a moment."""
    until = time.monotonic() + FAMILY_SECONDS * 1.2
    while time.monotonic() < until:
        context.progress(0, None, "Waiting until every process knows it")
        time.sleep(0.2)
