"""Warming: resumes by itself, as what is cached is not loaded again. Nothing is taken back: it would be loaded anyway.

No fencing token is needed: each entry is kept with the generations from before it was loaded, whoever loads it."""

import time
from collections.abc import Iterator, Mapping

import psycopg
from django.db import connection

from caching.console_tiers import tiers_of
from caching.warm.filling import asks
from caching.warm.plan import WARM
from caching.warm.reading import Beat, Warming
from novaops.operations.contract import Step, StepContext, TransientProblem
from shards.placement.console_router import router_of
from shards.placement.models import Placement
from shards.placement.problems import PlacementProblem

TELL_SECONDS = 0.5


def warm(context: StepContext) -> str:
    fleet = connection.tenant  # type: ignore[attr-defined]
    router = router_of(fleet)
    tiers = tiers_of(fleet, lambda tenant: router.place(tenant).shard)
    beat = Beat(context.arguments["per_second"])
    try:
        seen, left = _warm(context, Warming(router, tiers, beat))
    except psycopg.Error as problem:
        raise TransientProblem(f"The database did not answer: {problem}".strip()) from problem
    finally:
        tiers.close()
        router.close()
    told = f"{beat.loaded:,} reads for {seen:,} entries; the others were cached already."
    primary = f" {beat.on_primary:,} of them of primaries." if beat.on_primary else ""
    return f"{told}{primary}{f' Left out: {left}' if left else ''}"


def _warm(context: StepContext, application: Warming) -> tuple[int, str]:
    """How many entries were asked for, and which tenants could not be."""
    seen, left, told = 0, "", 0.0
    for tenant in list(_tenants(context)):
        try:
            for family in context.arguments["families"]:
                for ask in asks(application, tenant, family):
                    ask()
                    seen += 1
                    if time.monotonic() - told > TELL_SECONDS:
                        told = time.monotonic()
                        context.hold()
                        context.progress(seen, None, f"{seen:,} entries, {application.beat.loaded:,} reads; {tenant}")
        except PlacementProblem as problem:
            left = f"{left} {problem}".strip()
    return seen, left


def _tenants(context: StepContext) -> Iterator[str]:
    if context.arguments["tenant"]:
        yield context.arguments["tenant"]
        return
    yield from Placement.objects.order_by("tenant_id").values_list("tenant_id", flat=True)


STEPS: Mapping[str, Step] = {WARM: Step(run=warm, timeout_seconds=24 * 3600, attempts=5)}
