"""What a move of a tenant needs of the change stream: its entries forgotten now, and its changes followed to its new
shard. Called by whoever moves it: directly, or through the signal `shards.placement.signals.tenant_changed`.

Order across the change of shard: a tenant's lane depends on its name alone, so one invalidator takes the notices of
both shards, in the order in which JetStream has them. The old shard's come first when the mover, between its fence
(after which the old shard takes no writes of the tenant) and the switch of the placement, waits with `delivered` for
the old shard's position at the fence. What the new shard replicates of the tenant meanwhile makes entries old once
more, which is never wrong; and with the placement's new epoch all is forgotten once more, by `forget_now`."""

import time
from typing import Any

from django.db import connection

from caching.console_tiers import tiers_of
from caching.exceptions import CacheError
from caching.library.exceptions import Unavailable
from caching.library.tiers import Tiers
from caching.stream.models import StreamSlot
from caching.stream.problems import StreamProblem
from caching.stream.road import Road
from novaops.fleets.models import Fleet

AGAIN_SECONDS, MOST_SECONDS = 0.05, 1.0
POLL_SECONDS = 0.02


def forget_now(tiers: Tiers, tenant_id: str, within: float = 5.0) -> None:
    """Both tiers of a tenant, now: what was read before is served by none from here on. It is tried again for so many
    seconds; StreamProblem when it was not sure to last until then."""
    deadline, pause = time.monotonic() + within, AGAIN_SECONDS
    while True:
        try:
            tiers.invalidate_tenant(tenant_id)
            return
        except Unavailable as problem:
            if time.monotonic() + pause > deadline:
                raise StreamProblem(f"The entries of {tenant_id} could not be made old: {problem}") from problem
        time.sleep(pause)
        pause = min(pause * 2, MOST_SECONDS)


def follow(sender: object, tenant_id: str, shard: str, epoch: int, **more: Any) -> None:
    """Receives `tenant_changed`, on the fleet's schema: what was read from the old shard is served no more."""
    fleet = Fleet.objects.get(schema_name=connection.schema_name)  # type: ignore[attr-defined]
    tiers = tiers_of(fleet)
    try:
        forget_now(tiers, tenant_id)
    finally:
        tiers.close()


def delivered(road: Road, shard: str, lsn: int, within: float = 10.0) -> None:
    """Returns when all that a shard had committed before the position has reached both tiers; inside the fleet.
    StreamProblem when it has not until then: whoever waits may go on, and forget everything instead."""
    deadline = time.monotonic() + within
    try:
        while _confirmed(shard) < lsn:
            _wait(deadline, shard)
        last = road.last()
        while not road.delivered(last):
            _wait(deadline, shard)
    except CacheError as problem:
        raise StreamProblem(f"JetStream: {problem}") from problem


def _confirmed(shard: str) -> int:
    return StreamSlot.objects.filter(shard=shard).values_list("confirmed_lsn", flat=True).first() or 0


def _wait(deadline: float, shard: str) -> None:
    if time.monotonic() > deadline:
        raise StreamProblem(f"The change stream of {shard} has not delivered up to there in time.")
    time.sleep(POLL_SECONDS)
