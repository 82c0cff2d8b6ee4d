"""`cache-hide`: what both tiers hold of a tenant is not shown any more; another tenant's is."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from uuid import uuid4

from django_tenants.utils import tenant_context

from caching.console_tiers import tiers_of
from novaops.operations.models import Operation
from tests.proof.cases.case import Call, Case, Subject
from tests.proof.cases.flush import HEALTHY_SECONDS, _cluster, _whole
from tests.proof.scene import Scene
from tests.waiting import wait_for

ENTRIES = 50
KEPT = [("vm", "1"), ("agg", "cost")]


@contextmanager
def make(scene: Scene) -> Iterator[Case]:
    tenant = f"hide-{uuid4()}"
    with tenant_context(scene.fleet):
        wait_for(lambda: _whole(_cluster()), "a whole Redis Cluster", HEALTHY_SECONDS)
        tiers = tiers_of(scene.fleet)
    wanted = [("vm", str(number)) for number in range(ENTRIES)] + [("agg", "cost")]
    for name, entries in ((tenant, wanted), (f"{tenant}-2", KEPT)):
        for family, what in entries:
            tiers.get_or_compute(family, name, what, partial(str, "before"))

    def seen(name: str, entries: list[tuple[str, str]]) -> int:
        found = (tiers.get_or_compute(family, name, what, partial(str, "after")) for family, what in entries)
        return sum(one == "before" for one in found)

    def violations(operation: Operation) -> list[str]:
        shown, kept = seen(tenant, wanted), seen(f"{tenant}-2", KEPT)
        found = [f"{shown} old entries are still shown."] if shown else []
        return found + ([] if kept == len(KEPT) else ["Another tenant's entries are hidden too."])

    try:
        yield Case(kind="cache-hide", parameters=lambda way: {"tenant": tenant}, violations=violations)
    finally:
        tiers.close()


SUBJECT = Subject(kind="cache-hide", make=make, steps=1, calls=(Call(0, "caching.flush.hiding:_raise"),))
