"""A tier's page."""

from novaops.fleets.models import Fleet
from tests.caching.views.conftest import SignIn


def test_l1_shows_slots_keys_commands_and_what_is_large(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/tiers/l1/").text
    assert "redis-1: 400 keys in slots 16256 to 16383" in page
    assert "the fullest 128 slots hold 400" in page and "acme" in page
    assert "the largest of 500 measured of 50,000 keys" in page and "vm:{acme}:largest" in page
    assert "the latency monitor noted" in page and "34 ms at most" in page
    assert "vm:{acme}:hot" in page and "one read in eight" in page


def test_l2_shows_what_slabs_waste(cached: Fleet, client_as: SignIn) -> None:
    page = client_as("viewer").get(f"/fleets/{cached.slug}/caches/tiers/l2/").text
    assert "5.86\u00a0KiB" in page and "25\u00a0%" in page  # 6,000 of 24,000 bytes hold nothing
    assert "vm:{acme}:largest" not in page


def test_tiers_without_a_server_say_so(fleet: Fleet, client_as: SignIn) -> None:
    viewer = client_as("viewer")
    assert "No Redis node is registered" in viewer.get(f"/fleets/{fleet.slug}/caches/tiers/l1/").text
    assert "No Memcached is registered" in viewer.get(f"/fleets/{fleet.slug}/caches/tiers/l2/").text
