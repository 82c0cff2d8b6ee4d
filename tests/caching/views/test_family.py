"""A family's page."""

from novaops.fleets.models import Fleet
from tests.caching.views.conftest import SignIn


def test_its_hit_ratio(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/families/vm/").text
    assert '75<span class="stat-unit">%' in page  # 270 hits of 360 reads


def test_how_it_is_read_by_whom_and_what_it_costs(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/families/vm/").text
    assert "243\u00a0B each" in page and "2/s" in page  # 90 loads in 45 seconds
    assert "acme" in page and "all others" in page and "90\u00a0%" in page
    assert "vm:{acme}:hot" in page and "vm:{acme}:largest" in page


def test_what_processes_served_themselves(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/families/vm/").text
    assert "3/s, no server asked" in page and "what is served in process" in page  # 135 in 45 seconds
    assert '<td class="num" data-label="In process">50\u00a0%</td>' in page  # acme's
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/families/qr/").text
    assert "this family is not kept there" in page


def test_another_family_has_none_of_it(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/families/perm/").text
    assert "vm:{acme}:largest" not in page and "Nobody has read" in page


def test_flushing_is_offered_to_who_may(cached: Fleet, client_as: SignIn) -> None:
    address = f"/fleets/{cached.slug}/caches/families/vm/"
    assert "cache-flush/?family=vm" in client_as("operator").get(address).text
    assert "cache-flush" not in client_as("viewer").get(address).text
