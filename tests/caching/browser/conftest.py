"""Real caches with entries of a tenant of the test's own, which are taken away afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from caching.browser.places import Places, places, slot_of
from caching.clients.redis import RedisNode
from caching.console_tiers import tiers_of
from caching.library.keys import escaped
from caching.library.tiers import Tiers
from caching.probes import redis_facts
from metrics.models import Reading
from metrics.selectors import snapshot
from novaops.fleets.models import Fleet
from novaops.inventory.selectors import targets


@dataclass(frozen=True, slots=True)
class Caches:
    fleet: Fleet
    tiers: Tiers
    places: Places
    tenant: str

    def key(self, family: str, rest: str) -> str:
        return f"{family}:{{{self.tenant}}}:{rest}"

    def put(self, key: str, value: bytes | str) -> None:
        """Straight into L1, for what no library writes."""
        owner = self.places.primary_of(key)
        assert owner is not None
        owner.node.link.set(key, value, ex=300)


@pytest.fixture
def caches(live_fleet: Fleet) -> Iterator[Caches]:
    tiers, tenant = tiers_of(live_fleet), f"see-{uuid4()}"
    with tenant_context(live_fleet):
        _asked()
        there = places(snapshot(), targets())
    yield Caches(live_fleet, tiers, there, tenant)
    tiers.close()
    _clean(there, tenant)


def _asked() -> None:
    """As a collector would leave it."""
    now = timezone.now()
    for target in targets("redis"):
        facts = redis_facts(RedisNode(target)).model_dump(mode="json")
        known = {"checked_at": now, "good_at": now, "state_since": now, "due_at": now, "state": "ok"}
        Reading.objects.create(server_id=target.server_id, probe="redis", facts=facts, **known)


def _clean(there: Places, tenant: str) -> None:
    """All of the tenant lies in one slot."""
    slot = slot_of(f"{{{tenant}}}")
    owner = next(one for one in there.primaries if one.owns(slot))
    for key in owner.node.link.scan_iter(match=f"*{escaped(tenant)}*", count=1000):
        owner.node.link.unlink(key)
