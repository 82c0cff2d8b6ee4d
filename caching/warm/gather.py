"""How much there is to warm: one tenant is asked itself, all of them by what was counted last."""

import psycopg
from django.db import connection
from django.db.models import Count, Q, Sum
from psycopg.rows import dict_row

from caching.facts import RedisFacts
from caching.library.families import AGGREGATIONS
from caching.warm import statements
from caching.warm.facts import WarmFacts
from caching.warm.filling import WARMABLE
from caching.warm.plan import WarmParameters
from caching.warm.reading import if_fresh, position_of
from metrics.selectors import snapshot
from shards.placement.console_router import router_of
from shards.placement.models import Placement
from shards.placement.problems import PlacementProblem
from shards.placement.router import Router

# About what an entry takes in memory, its key included.
ENTRY_BYTES = 1_000
# Where only VMs were counted.
PAGES = 4


def gather(asked: WarmParameters) -> WarmFacts:
    families = (asked.family,) if asked.family else WARMABLE
    facts = WarmFacts(families=families, free_bytes=_free())
    if asked.scope == "family":
        return _of_all(facts)
    router = router_of(connection.tenant)  # type: ignore[attr-defined]
    try:
        return _of_one(router, asked.tenant, facts)
    except (PlacementProblem, psycopg.Error) as problem:
        away = "" if isinstance(problem, PlacementProblem) else "The tenant's shard does not answer: "
        return facts.model_copy(update={"problem": f"{away}{problem}".strip()})
    finally:
        router.close()


def _of_one(router: Router, tenant: str, facts: WarmFacts) -> WarmFacts:
    shard = router.place(tenant).shard
    row = router.run(tenant, _counted, readonly=True, within=3) or {}
    numbers = {"vm": row["vms"], "perm": row["users"], "qr": row["states"], "agg": len(AGGREGATIONS), "api": 1}
    keys = sum(numbers[name] for name in facts.families)
    position = router.run(tenant, position_of, readonly=True, primary=True, within=3)
    fresh = router.run(tenant, lambda asked: if_fresh(asked, position, lambda _: None), readonly=True, within=3)
    rows = sum(numbers[name] for name in ("vm", "perm") if name in facts.families) or row["vms"]
    found = {"tenants": 1, "shards": (shard,), "rows": rows, "keys": keys, "bytes": keys * ENTRY_BYTES}
    return facts.model_copy(update={**found, "behind": () if fresh is not None else (shard,)})


def _of_all(facts: WarmFacts) -> WarmFacts:
    found = Placement.objects.aggregate(
        tenants=Count("pk"), counted=Sum("vms"), uncounted=Count("pk", filter=Q(vms__isnull=True))
    )
    each = {"perm": 1, "qr": PAGES, "agg": len(AGGREGATIONS), "api": 1}
    vms = found["counted"] or 0
    keys = sum(vms if name == "vm" else each[name] * found["tenants"] for name in facts.families)
    shards = Placement.objects.order_by("shard__name").values_list("shard__name", flat=True).distinct()
    return facts.model_copy(
        update={
            "tenants": found["tenants"],
            "shards": tuple(shards),
            "rows": vms,
            "keys": keys,
            "bytes": keys * ENTRY_BYTES,
            "uncounted": found["uncounted"],
        }
    )


def _counted(session: psycopg.Connection) -> dict[str, int] | None:
    return session.cursor(row_factory=dict_row).execute(statements.COUNTS).fetchone()


def _free() -> int:
    """By what is stored of the primaries."""
    infos = [facts.info for _, facts in snapshot().facts(RedisFacts) if facts.leads and facts.slots]
    return sum(max(0, one.memory_limit_bytes - one.memory_bytes) for one in infos if one.memory_limit_bytes)
