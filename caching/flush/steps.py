"""The steps of `cache-flush`. Each may be cut off anywhere and done again: a second time only finds what is left.

Neither tier is told the fencing token. What a worker that was replaced may still send, raising a generation or removing
an entry, costs a miss and never shows a wrong value; it asks `hold` before all the same, so that it ends soon. Nothing
is taken back either: what was cached is still in the database, and a lowered generation would show old values again."""

import time
from datetime import datetime
from threading import Event

from django.db import connection
from django.utils import timezone

from caching.clients.memcached import Item, Memcached
from caching.console_tiers import tiers_of
from caching.exceptions import CacheError
from caching.flush.pace import Pace
from caching.flush.plan import HIDE
from caching.flush.scope import in_l1, in_l2, items_of
from caching.flush.topology import Primary
from caching.flush.unlinking import Errand, in_parallel, led, unlink_everywhere
from caching.flush.walk import Tally, Wanted, batches, escaped, milliseconds_left, unlink
from caching.library.exceptions import Unavailable
from caching.library.families import FAMILIES, JITTER, Family
from caching.library.generations import FAMILY_SECONDS
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.operations.contract import StepContext, TransientProblem
from novaops.operations.models import OperationStep
from shards.fences import mark

BATCH = 500
CRAWL_SECONDS = 30.0


def hide(context: StepContext) -> str:
    """Raises the family's generation, once for each operation, and waits until no process reads by the old one."""
    family = _family(context)
    tiers = tiers_of(connection.tenant)  # type: ignore[attr-defined]
    try:
        context.hold()
        tiers.generations.bump_family(family.name, str(mark(context)))
    except Unavailable as problem:
        raise TransientProblem(f"The generation of {family.prefix} could not be raised. {problem}") from problem
    finally:
        tiers.close()
    until = time.monotonic() + FAMILY_SECONDS * 1.2
    while time.monotonic() < until:
        context.progress(0, None, "Waiting until every process knows it")
        time.sleep(0.2)
    return f"The generation of {family.prefix} is raised."


def unlink_keys(context: StepContext) -> str:
    family = _family(context)
    tally = unlink_everywhere(context, Errand(Wanted((family.prefix,)), f"of {family.prefix}", Pace()))
    told = f"{tally.unlinked:,} keys of {family.prefix} unlinked on {len(led())} primaries."
    return f"{told} {tally.no_scripts}".strip()


def delete_items(context: StepContext) -> str:
    """A server that does not answer is told of and left out: its items are invisible already."""
    family, deleted, silent = _family(context), 0, []
    servers = targets(ServerKind.MEMCACHED)
    for number, target in enumerate(servers):
        context.progress(number, len(servers), f"{deleted:,} items deleted, now {target.name}")
        server = Memcached(target, CRAWL_SECONDS)
        try:
            deleted += _delete(context, server, [item.key for item in items_of(family, server.items())])
        except CacheError as problem:
            silent.append(f"{target.name} was left out: {problem}")
    return " ".join([f"{deleted:,} items of {family.prefix} deleted on {len(servers)} Memcached servers.", *silent])


def _delete(context: StepContext, server: Memcached, keys: list[bytes]) -> int:
    deleted = 0
    for start in range(0, len(keys), BATCH):
        context.hold()
        deleted += server.delete(keys[start : start + BATCH])
        context.progress(start, len(keys), f"{server.target.name}: {deleted:,} items deleted")
    return deleted


def verify(context: StepContext) -> str:
    """Counts what is there now. What was written before the flush began would have less time left than anything
    written since can have: such an entry was missed, is deleted, and the count is made again."""
    family, since = _family(context), _began(context)
    found, missed = _l1(context, family, since) if in_l1(family) else (0, 0)
    items, old = _l2(context, family, since) if in_l2(family) else (0, 0)
    if missed or old:
        raise TransientProblem(f"{missed + old:,} entries from before were still there; they are deleted now.")
    refilled = found + items
    return (
        f"Nothing of {family.prefix} from before is left; live traffic has filled {refilled:,} entries since."
        if refilled
        else f"Nothing of {family.prefix} is left."
    )


def _l1(context: StepContext, family: Family, since: datetime) -> tuple[int, int]:
    found, missed = Tally(), Tally()
    context.hold()

    def count(primary: Primary, stop: Event) -> None:
        for keys in batches(primary, f"{escaped(family.prefix)}*", stop):
            bound = _least_left(family, since) * 1000
            left = milliseconds_left(primary, keys)
            old = [key for key, ms in zip(keys, left, strict=True) if ms is not None and ms < bound]
            unlink(primary, old, missed)
            found.add(looked=len(keys))

    in_parallel(led(), count, lambda: context.progress(0, None, f"{found.looked:,} keys of {family.prefix} found"))
    return found.looked, missed.unlinked


def _l2(context: StepContext, family: Family, since: datetime) -> tuple[int, int]:
    found, old = 0, 0
    for target in targets(ServerKind.MEMCACHED):
        server = Memcached(target, CRAWL_SECONDS)
        try:
            items = items_of(family, server.items())
            found += len(items)
            context.hold()
            old += server.delete([item.key for item in items if _from_before(item, family, since)][:BATCH])
        except CacheError:
            continue
    return found, old


def _from_before(item: Item, family: Family, since: datetime) -> bool:
    """Memcached tells expiry in whole seconds of its own clock, so a second either way is allowed for."""
    ttl = FAMILIES[family.backing].ttl if family.backing else family.ttl
    return item.expires is not None and item.expires < since.timestamp() + ttl * (1 - JITTER) - 2


def _least_left(family: Family, since: datetime) -> float:
    """Seconds that anything written since then has at least left of its life."""
    return family.ttl * (1 - JITTER) - (timezone.now() - since).total_seconds() - 1


def _began(context: StepContext) -> datetime:
    """When the first step ended: from then on, what is written is new."""
    steps = OperationStep.objects.filter(operation_id=context.operation_id, key=HIDE)
    return steps.values_list("finished_at", flat=True).first() or timezone.now()


def _family(context: StepContext) -> Family:
    return FAMILIES[context.arguments["family"]]
