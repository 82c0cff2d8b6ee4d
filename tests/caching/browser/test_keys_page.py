"""The key browser's page, on real caches."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from metrics.models import Reading
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server
from tests.caching.browser.conftest import Caches

SignIn = Callable[..., Client]


def address(fleet: Fleet, **asked: str) -> str:
    return f"/fleets/{fleet.slug}/caches/keys/?{'&'.join(f'{name}={quote(text)}' for name, text in asked.items())}"


def test_before_anything_is_asked(fleet: Fleet, client_as: SignIn) -> None:
    assert "Name a key or a pattern" in client_as("viewer").get(address(fleet)).text


def test_a_pattern_in_both_tiers(caches: Caches, client_as: SignIn) -> None:
    caches.tiers.get_or_compute("vm", caches.tenant, "a", lambda: 1)
    page = client_as("viewer").get(address(caches.fleet, tenant=caches.tenant)).text
    assert caches.key("vm", "a") in page and f"qr:{{{caches.tenant}}}:" in page
    assert "keys of L1" in page and "items of L2" in page and "no-store" not in page


def test_sessions_stand_there_without_their_names(caches: Caches, client_as: SignIn) -> None:
    caches.tiers.set("session", caches.tenant, "0123456789", {"user": "ada"})
    page = client_as("viewer").get(address(caches.fleet, family="session", tenant=caches.tenant)).text
    assert "0123••••" in page and "0123456789" not in page and "sealed=" in page


def test_a_name_that_is_not_there(caches: Caches, client_as: SignIn) -> None:
    assert "Nothing found" in client_as("viewer").get(address(caches.fleet, q=caches.key("vm", "none"))).text


def test_a_dead_server_is_a_sentence(caches: Caches, client_as: SignIn) -> None:
    with tenant_context(caches.fleet):
        Server.objects.filter(kind="memcached", name="memcached-1").update(port=1)
        Server.objects.filter(kind="redis", name="redis-1").update(port=1)
        Reading.objects.filter(server__name="redis-4").update(state="unreachable")
    answer = client_as("viewer").get(address(caches.fleet, q="vm:*"))
    assert answer.status_code == 200 and answer.text.count("connection refused") >= 1
    assert "memcached-1: Nothing listens there" in answer.text


@pytest.mark.parametrize("text", ["*", "vm:{", "[", "\\", "a\x00b", "x" * 2000, "{}", "é*"])
def test_whatever_is_typed(caches: Caches, client_as: SignIn, text: str) -> None:
    assert client_as("viewer").get(address(caches.fleet, q=text, after="x:y")).status_code == 200


def test_a_fleet_without_caches(fleet: Fleet, client_as: SignIn) -> None:
    assert "Nothing found" in client_as("viewer").get(address(fleet, q="vm:*")).text


@pytest.mark.parametrize(
    ("asked", "filled"),
    [
        ({"q": "vm:{acme}:*"}, "scope=prefix&amp;text=vm%3A%7Bacme%7D%3A&amp;tier="),
        ({"q": "vm:*:7", "tier": "L1"}, "scope=pattern&amp;text=vm%3A%2A%3A7&amp;tier=L1"),
        ({"q": "vm:{acme}:7"}, "scope=pattern&amp;text=vm%3A%7Bacme%7D%3A7&amp;tier="),
    ],
)
def test_what_matches_can_be_flushed_by_who_may(
    caches: Caches, client_as: SignIn, asked: dict[str, str], filled: str
) -> None:
    page = client_as("operator").get(address(caches.fleet, **asked)).text
    assert f"/operations/new/cache-flush/?{filled}" in page
    assert "cache-flush" not in client_as("viewer").get(address(caches.fleet, **asked)).text


def test_every_key_is_not_offered_to_be_flushed(caches: Caches, client_as: SignIn) -> None:
    assert "Flush what matches" not in client_as("operator").get(address(caches.fleet, q="*")).text


def test_only_reading(fleet: Fleet, client_as: SignIn) -> None:
    assert client_as("admin").post(address(fleet)).status_code == 405


def test_another_fleets_keys_are_not_there(fleet: Fleet, other_fleet: Fleet, client_as: SignIn) -> None:
    assert client_as("admin", fleet=other_fleet).get(address(fleet, q="*")).status_code == 404


def test_who_is_not_signed_in_is_asked_to(fleet: Fleet, client: Client) -> None:
    assert client.get(address(fleet, q="*")).status_code == 302
