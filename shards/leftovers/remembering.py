"""Keeps what shards answer about leftovers, judged at once by what the console knows then."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from metrics import selectors
from metrics.contract import Facts
from novaops.inventory.targets import Target
from shards.leftovers.judging import judge
from shards.leftovers.judging_rows import judge_rows, judge_tenants
from shards.leftovers.knowing import known_of_rows, known_of_things, strays
from shards.leftovers.leftover import Leftover
from shards.leftovers.models import SeenLeftover
from shards.leftovers.place import Place
from shards.leftovers.traces import LeftoversFacts, RowsFacts
from shards.placement.facts import TenantsFacts


def keep_leftovers(target: Target, facts: Facts, at: datetime, probe: str, **_: object) -> None:
    """Receives metrics.signals.answered."""
    shard, server = target.shard, target.name
    if isinstance(facts, LeftoversFacts) and facts.leads:
        known = known_of_things(facts, shard, selectors.snapshot())
        remember(shard, probe, judge(facts, shard, server, known, at), at)
    elif isinstance(facts, RowsFacts) and facts.leads:
        remember(shard, probe, judge_rows(facts, shard, server, known_of_rows(facts)), at)
    elif isinstance(facts, TenantsFacts) and facts.installed:
        remember(shard, probe, _strays(facts, shard, server), at)


def _strays(facts: TenantsFacts, shard: str, server: str) -> tuple[Leftover, ...]:
    few, known = strays(facts, shard)
    return judge_tenants(few, shard, server, known)


def remember(shard: str, source: str, found: Iterable[Leftover], at: datetime) -> None:
    """These and no others are left behind there, as far as this source tells. The first sight of each stays."""
    rows = {
        one.key: SeenLeftover(
            key=one.key,
            shard=shard,
            source=source,
            facts=one.model_dump(mode="json"),
            first_seen_at=at,
            seen_at=at,
        )
        for one in found
    }
    with transaction.atomic():
        SeenLeftover.objects.filter(shard=shard, source=source).exclude(key__in=rows).delete()
        SeenLeftover.objects.bulk_create(
            rows.values(), update_conflicts=True, unique_fields=["key"], update_fields=["facts", "seen_at", "source"]
        )


def forget(place: Place) -> None:
    """It was removed: no page has to wait for the next answer."""
    SeenLeftover.objects.filter(key=place.key).delete()
