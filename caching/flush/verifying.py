"""Counting again after a flush. What was written before it began has less time left than anything written since can
have: such an entry was missed, and is removed. Entries of no family, or that live shorter by their nature, are only
counted."""

from datetime import datetime
from threading import Event

from django.utils import timezone

from caching.clients.memcached import Item, Memcached
from caching.exceptions import CacheError
from caching.flush.gather import servers_of
from caching.flush.plan import HIDE
from caching.flush.scope import Scope, items_of
from caching.flush.topology import Primary
from caching.flush.unlinking import in_parallel, led
from caching.flush.walk import Tally, batches, milliseconds_left, unlink
from caching.flush.walking import named
from caching.library.families import FAMILIES
from caching.library.keys import parse
from novaops.operations.contract import StepContext
from novaops.operations.models import OperationStep

ROUNDS = 3
BATCH = 500
CRAWL_SECONDS = 30.0


def verify(context: StepContext) -> str:
    scope, since, removed = Scope.model_validate(context.arguments["scope"]), _began(context), 0
    for _ in range(ROUNDS):
        found, missed = _l1(context, scope, since) if scope.l1 else (0, 0)
        items, old = _l2(context, scope, since) if scope.l2 else (0, 0)
        removed += missed + old
        if not missed + old:
            break
    late = f" {removed:,} entries that had come by were removed now." if removed else ""
    if not found + items:
        return f"Nothing {scope.words} is left.{late}"
    return f"Nothing {scope.words} from before is left; traffic has filled {found + items:,} entries since.{late}"


def _l1(context: StepContext, scope: Scope, since: datetime) -> tuple[int, int]:
    found, missed, wanted = Tally(), Tally(), scope.wanted
    context.hold()

    def count(primary: Primary, stop: Event) -> None:
        with named(primary):
            for pattern in wanted.patterns:
                for keys in batches(primary, pattern, stop):
                    mine = [key for key in keys if wanted.has(key)]
                    left = milliseconds_left(primary, mine)
                    old = [key for key, ms in zip(mine, left, strict=True) if ms is not None and _old(key, ms, since)]
                    unlink(primary, old, missed)
                    found.add(looked=len(mine))

    asked = [one for one in led() if scope.node in ("", one.target.name)]
    in_parallel(asked, count, lambda: context.progress(0, None, f"{found.looked:,} keys {scope.words} found"))
    return found.looked - missed.unlinked, missed.unlinked


def _l2(context: StepContext, scope: Scope, since: datetime) -> tuple[int, int]:
    found, old = 0, 0
    for target in servers_of(scope):
        server = Memcached(target, CRAWL_SECONDS)
        try:
            items = items_of(scope, server.items())
            context.hold()
            gone = server.delete([item.key for item in items if _from_before(item, since)][:BATCH])
        except CacheError:
            continue
        found, old = found + len(items) - gone, old + gone
    return found, old


def _old(key: bytes, ms: int, since: datetime) -> bool:
    life = _least_life(parse(key).family)
    return life is not None and ms < (life - (timezone.now() - since).total_seconds() - 1) * 1000


def _from_before(item: Item, since: datetime) -> bool:
    """Memcached tells expiry in whole seconds of its own clock, so a second either way is allowed for."""
    life = _least_life(parse(item.key).family)
    return life is not None and item.expires is not None and item.expires < since.timestamp() + life - 2


def _least_life(name: str) -> float | None:
    """Seconds; None where an entry may live shorter, such as what is not there."""
    family = FAMILIES.get(name)
    return family.least_life if family and not family.negative_ttl else None


def _began(context: StepContext) -> datetime:
    """When the first step ended: from then on, what is written is new."""
    steps = OperationStep.objects.filter(operation_id=context.operation_id)
    hidden = steps.filter(key=HIDE).values_list("finished_at", flat=True).first()
    return hidden or steps.order_by("index").values_list("started_at", flat=True).first() or timezone.now()
