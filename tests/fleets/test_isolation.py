"""Two fleets side by side: no page, API, export or event of one shows anything of the other, and no page a password.

Every address that there is gets asked, also those that rooms add later."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.models import Reading
from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet
from novaops.fleets.selectors import access, fleets_of
from novaops.hooks.models import Hook
from novaops.inventory import selectors
from novaops.inventory.models import Server, Shard
from novaops.inventory.services import import_fleet
from novaops.operations.models import Operation
from shards.placement.models import Placement
from tests.conftest import MakePerson
from tests.inventory.fleet_files import PASSWORDS, fleet_file

Browser = Callable[..., Client]

# What only fleet alpha has: names of the fleet file, a cause, a tenant, an operation, a record.
MARKS = (
    "alpha-member",
    "alpha-shard",
    "alpha-redis",
    "alpha-cause",
    "alpha-tenant",
    "alpha-operation",
    "alpha-record",
    "alpha-hook",
)
# Addresses with a name in them, as they are in fleet alpha; the longest that fits is taken.
SAMPLES = {
    "servers/<slug:kind>/<str:name>": "servers/postgres/alpha-member-a",
    "operations/new/<slug:kind>": "operations/new/switchover",
    "shards/<str:name>": "shards/alpha-shard",
    "tenants/<path:tenant_id>": "tenants/alpha-tenant",
    "members/<str:name>": "members/alpha-member-a",
    "members/<name>": "members/alpha-member-a",
    "pools/<str:name>": "pools/alpha-pool",
    "pools/<name>": "pools/alpha-pool",
    "tiers/<str:tier>": "tiers/l1",
    "families/<str:name>": "families/vm",
    "nodes/<str:kind>/<str:name>": "nodes/redis/alpha-redis",
    "kinds/<slug:name>": "kinds/switchover",
    "policy/<slug:name>": "policy/high",
    "<path:rest>": "nothing",
    "timeline/<slug:scope>/<path:name>": "timeline/person/alpha-somebody",
    "<int:pk>": "1",
    "<int:sequence>": "1",
}
STREAM = "live"


def _addresses(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for one in patterns:
        path = prefix + str(one.pattern)
        yield from _addresses(one.url_patterns, path) if isinstance(one, URLResolver) else [path]


def in_a_fleet(slug: str) -> list[str]:
    """Every address below /fleets/<slug>/, with values filled in that exist in fleet alpha."""
    head = "fleets/<slug:fleet>/"
    found = []
    for address in _addresses(get_resolver().url_patterns):
        rest = address.removeprefix(head)
        for shape, value in SAMPLES.items():
            rest = rest.replace(shape, value)
        assert "<" not in rest, f"{address}: say in SAMPLES what to put in"
        if address.startswith(head) and rest != STREAM:
            found.append(f"/fleets/{slug}/{rest}")
    return found


@pytest.fixture
def furnished(fleet: Fleet, person: MakePerson) -> Fleet:
    """Fleet alpha with servers, a reading with a cause, an operation and a record."""
    import_fleet(fleet_file(), Path())
    someone, now = person("operator", username="alpha-somebody"), timezone.now()
    with tenant_context(fleet):
        for server in Server.objects.all():
            Reading.objects.create(
                server=server, probe=server.kind, state="unreachable", cause="alpha-cause", checked_at=now, due_at=now
            )
        Operation.objects.create(
            kind="switchover",
            title="alpha-operation",
            risk="low",
            reason="alpha",
            requested_by=someone,
            plan_json={"summary": "x", "blast": {"summary": "y"}},
        )
        shard = Shard.objects.get()
        Placement.objects.create(tenant_id="alpha-tenant", name="alpha-tenant", shard=shard, since=now)
        Hook.objects.create(name="alpha-hook", sort="webhook", url="https://receiver.example/in", events=["x"])
        record("alpha-record", "alpha-subject", actor=Actor.person(someone))
    return fleet


def _everything(browser: Client, slug: str) -> dict[str, str]:
    """Every answer to a GET, by address. No answer may be a server's error."""
    shown = {}
    for address in in_a_fleet(slug):
        answer = browser.get(address)
        assert answer.status_code < 500, f"{address} answered {answer.status_code}"
        body = b"".join(answer) if answer.streaming else answer.content
        shown[address] = body.decode(errors="replace") + repr(dict(answer.headers))
    return shown


def test_nothing_of_a_fleet_is_shown_in_another(furnished: Fleet, other_fleet: Fleet, client_as: Browser) -> None:
    here = "".join(_everything(client_as("admin"), "alpha").values())
    assert not [mark for mark in MARKS if mark not in here], "a mark that is shown nowhere proves nothing"
    there = _everything(client_as("admin", fleet=other_fleet), "beta")
    assert len(there) > 10
    leaks = [(address, mark) for address, text in there.items() for mark in MARKS if mark in text.replace(address, "")]
    assert not leaks


def test_no_page_shows_a_password(furnished: Fleet, client_as: Browser) -> None:
    for address, text in _everything(client_as("admin"), "alpha").items():
        assert not [password for password in PASSWORDS if password in text], address


def test_no_address_of_a_fleet_opens_for_strangers(furnished: Fleet, other_fleet: Fleet, client_as: Browser) -> None:
    stranger = client_as("admin", fleet=other_fleet)
    for address in in_a_fleet("alpha"):
        assert stranger.get(address).status_code == 404, address
        assert stranger.post(address).status_code == 404, address
        assert Client().get(address).status_code in {302, 401}, address


def test_a_request_does_not_inherit_the_fleet_of_the_one_before(
    furnished: Fleet, other_fleet: Fleet, client_as: Browser
) -> None:
    """Whatever schema a task or a broken request left on the connection."""
    browser = client_as("admin", fleet=other_fleet)
    connection.set_tenant(furnished)  # type: ignore[attr-defined]
    assert browser.get("/fleets/beta/api/servers").json()["servers"] == []
    assert connection.schema_name == "public"  # type: ignore[attr-defined]
    connection.set_tenant(furnished)  # type: ignore[attr-defined]
    browser.get("/healthz")
    assert connection.schema_name == "public"  # type: ignore[attr-defined]


def test_what_a_task_reads_in_one_fleet_is_of_that_fleet(furnished: Fleet, other_fleet: Fleet) -> None:
    for fleet, servers in ((furnished, 9), (other_fleet, 0), (furnished, 9)):
        with tenant_context(fleet):
            assert len(selectors.targets()) == servers
            assert Placement.objects.count() == Operation.objects.count() == min(servers, 1)


def test_nobody_in_particular_is_in_no_fleet(fleet: Fleet) -> None:
    nobody: Any = AnonymousUser()
    assert access(nobody, "alpha") is None and fleets_of(nobody) == ()
