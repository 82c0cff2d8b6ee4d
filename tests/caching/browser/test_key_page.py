"""An entry's page, and looking at what is masked."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from django_tenants.utils import tenant_context

from caching.browser.recording import SEEN, fingerprint
from novaops.audit.access.registry import rights_used
from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.fleets.rights import RIGHTS, Right, Role
from tests.caching.browser.conftest import Caches

SignIn = Callable[..., Client]


def page(fleet: Fleet) -> str:
    return f"/fleets/{fleet.slug}/caches/keys/entry/"


def unmasked(fleet: Fleet) -> str:
    return f"{page(fleet)}unmasked"


def session(caches: Caches) -> dict[str, str]:
    caches.tiers.set("session", caches.tenant, "0123456789", {"user": "ada"})
    return {"tier": "L1", "key": caches.key("session", "0123456789")}


def records(fleet: Fleet) -> list[Record]:
    with tenant_context(fleet):
        return list(Record.objects.filter(verb=SEEN))


def test_an_entry_with_its_value(caches: Caches, client_as: SignIn) -> None:
    caches.tiers.set("vm", caches.tenant, "a", {"name": "db-1", "root_password": "hunter2"})
    answer = client_as("viewer").get(page(caches.fleet), {"tier": "L1", "key": caches.key("vm", "a")})
    assert "db-1" in answer.text and "hunter2" not in answer.text and "What is masked" in answer.text
    assert "no-store" in answer["Cache-Control"]


def test_a_session_is_masked_for_everybody_who_reads(caches: Caches, client_as: SignIn) -> None:
    for role in ("viewer", "admin"):
        text = client_as(role).get(page(caches.fleet), session(caches)).text
        assert "ada" not in text and "0123••••" in text


def test_the_right_shows_it_and_leaves_a_record(caches: Caches, client_as: SignIn) -> None:
    given = {**session(caches), "reason": "Ticket 7: who is signed in"}
    answer = client_as("on-call").post(unmasked(caches.fleet), given)
    assert "ada" in answer.text and "no-store" in answer["Cache-Control"]
    (entry,) = records(caches.fleet)
    assert entry.outcome == "Ticket 7: who is signed in" and entry.actor.startswith("on-call")
    assert entry.subject.endswith("0123••••") and "0123456789" not in str(entry.data)
    assert entry.data["fingerprint"] == fingerprint(given["key"]) and entry.data["tenant"] == caches.tenant


def test_without_a_reason_nothing_is_shown_or_recorded(caches: Caches, client_as: SignIn) -> None:
    answer = client_as("admin").post(unmasked(caches.fleet), {**session(caches), "reason": "  "})
    assert "ada" not in answer.text and "Say why you look" in answer.text and not records(caches.fleet)


def test_without_the_right_it_is_refused(caches: Caches, client_as: SignIn) -> None:
    given = {**session(caches), "reason": "curious"}
    for role in ("viewer", "operator", "auditor", "approver"):
        assert client_as(role).post(unmasked(caches.fleet), given).status_code == 403
    assert "needs the right" in client_as("operator").get(page(caches.fleet), session(caches)).text
    assert not records(caches.fleet)


def test_by_get_nothing_is_unmasked(caches: Caches, client_as: SignIn) -> None:
    assert client_as("admin").get(unmasked(caches.fleet), session(caches)).status_code == 405
    assert client_as("admin").post(page(caches.fleet), session(caches)).status_code == 405


def test_another_fleet_does_not_exist(caches: Caches, other_fleet: Fleet, client_as: SignIn) -> None:
    stranger: Any = client_as("admin", fleet=other_fleet)
    assert stranger.get(page(caches.fleet), session(caches)).status_code == 404
    assert stranger.post(unmasked(caches.fleet), session(caches)).status_code == 404


def test_what_is_not_there(caches: Caches, client_as: SignIn) -> None:
    viewer = client_as("viewer")
    gone = viewer.get(page(caches.fleet), {"tier": "L1", "key": caches.key("vm", "none")}).text
    assert "no longer" in gone
    assert "names no key" in viewer.get(page(caches.fleet)).text
    assert "names no key" in viewer.get(page(caches.fleet), {"sealed": "nonsense"}).text


def test_who_holds_the_right() -> None:
    assert {role for role in Role if Right.SEE_CACHED_VALUES in RIGHTS[role]} == {Role.ON_CALL, Role.ADMIN}
    assert list(rights_used(SEEN, "")) == [Right.SEE_CACHED_VALUES]
