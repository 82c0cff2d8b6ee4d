"""The pages about tenants that read through the caches."""

from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.models import Reading
from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from shards.placement.models import Placement
from tests.caching.views.conftest import SignIn


def test_tenants_with_what_caches_served(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/tenants/").text
    assert f"/fleets/{cached.slug}/caches/tenants/acme/" in page and "all others" in page
    assert "92.5\u00a0%" in page  # 300 loads of 4,000 reads


def test_one_tenant_by_family(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/tenants/acme/").text
    assert "90\u00a0%" in page and "100\u00a0%" in page and "vm:{acme}:hot" in page
    assert "data-plotly" in page


def test_a_tenant_that_read_nothing(cached: Fleet, client_as: SignIn) -> None:
    with tenant_context(cached):
        shard = Shard.objects.create(name="shard-1", cluster="shard-1", database="d", weight=1)
        Placement.objects.create(tenant_id="quiet", name="Quiet", shard=shard, since=timezone.now())
    assert "It has not read lately" in client_as("viewer").get(f"/fleets/{cached.slug}/caches/tenants/quiet/").text


def test_what_was_noted_long_ago_is_not_now(cached: Fleet, client_as: SignIn) -> None:
    with tenant_context(cached):
        for one in Reading.objects.filter(probe="cache-readers"):
            one.facts["windows"][0]["began"] -= 3600
            one.save()
    assert "Nobody has read lately" in client_as("viewer").get(f"/fleets/{cached.slug}/caches/tenants/").text
