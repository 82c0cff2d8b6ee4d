"""What is written down by itself: accounts, refusals, settings, imports. Nobody has to remember to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.audit.verifying import verify
from novaops.fleets.models import Fleet, Person
from novaops.inventory.reading import parse
from novaops.inventory.services import import_fleet, reseal_passwords
from tests.conftest import PASSWORD, MakePerson
from tests.inventory.fleet_files import PASSWORDS, TEXT

ClientAs = Callable[..., Client]


def told(fleet: Fleet, subject: str) -> list[tuple[str, str, dict[str, Any]]]:
    with tenant_context(fleet):
        found = Record.objects.filter(subject=subject).order_by("sequence")
        return [(one.verb, one.actor, one.data) for one in found]


def test_a_new_password_is_recorded_and_never_said(fleet: Fleet, person: MakePerson) -> None:
    bea = person("viewer", username="bea")
    bea.set_password("another long and quiet one")
    bea.save()
    assert told(fleet, "person:bea") == [("password changed", "command line", {})]
    with tenant_context(fleet):
        assert verify().whole


def test_signing_in_changes_no_password(fleet: Fleet, person: MakePerson, client: Client, settings: Any) -> None:
    """Not even when Django stores it anew by another algorithm."""
    bea = person("viewer", username="bea")
    before = bea.password
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]
    client.post("/login", {"username": "bea", "password": PASSWORD})
    bea.refresh_from_db()
    assert bea.password != before
    assert [verb for verb, *_ in told(fleet, "person:bea")] == ["signed in"]


def test_locking_out_and_letting_in_again(fleet: Fleet, other_fleet: Fleet, person: MakePerson) -> None:
    person("viewer", username="bea")
    person("viewer", fleet=other_fleet, username="bea")
    call_command("person", "lock", "bea", verbosity=0)
    call_command("person", "lock", "bea", verbosity=0)
    call_command("person", "unlock", "bea", verbosity=0)
    off, on = {"is_active": False}, {"is_active": True}
    expected = [
        ("person locked out", "command line", {"before": on, "after": off}),
        ("person let in again", "command line", {"before": off, "after": on}),
    ]
    assert told(fleet, "person:bea") == told(other_fleet, "person:bea") == expected


def test_other_changes_of_an_account_and_its_end(fleet: Fleet, person: MakePerson) -> None:
    bea = person("viewer", username="bea")
    bea.email = "bea@example.org"
    bea.save(update_fields=["email"])
    bea.save()
    Person.objects.get(pk=bea.pk).delete()
    change = {"before": {"email": ""}, "after": {"email": "bea@example.org"}}
    assert told(fleet, "person:bea") == [
        ("person changed", "command line", change),
        ("person removed", "command line", {}),
    ]


def test_who_may_not_change_something_is_recorded_trying(fleet: Fleet, client_as: ClientAs) -> None:
    viewer = client_as("viewer")
    assert viewer.post("/fleets/alpha/people/grant", {"username": "viewer-alpha", "role": "admin"}).status_code == 403
    assert viewer.get("/fleets/alpha/changes/").status_code == 403, "looking is not recorded"
    [(verb, actor, _)] = told(fleet, "page:people-grant")
    assert (verb, actor) == ("change refused", "viewer-alpha")
    with tenant_context(fleet):
        assert (
            "“Import the fleet, change rights and settings”" in Record.objects.get(subject="page:people-grant").outcome
        )


def test_an_import_says_what_was_and_what_is(fleet: Fleet) -> None:
    import_fleet(parse(TEXT), Path())
    import_fleet(parse(TEXT.replace('redis, address: "127.0.0.1:1"', 'redis, address: "127.0.0.1:2"')), Path())
    first, second = (data for _, _, data in told(fleet, "fleet:alpha"))
    assert (
        first["before"] == {} and "shard alpha-shard" in first["after"] and "postgres alpha-member-a" in first["after"]
    )
    name, login = "redis alpha-redis", {"login": "redis"}
    assert second["before"] == {name: {"address": "127.0.0.1:1", **login}}
    assert second["after"] == {name: {"address": "127.0.0.1:2", **login}}
    assert not [password for password in PASSWORDS if password in str(first) + str(second)]


def test_resealing_is_recorded(in_fleet: Fleet) -> None:
    count = reseal_passwords()
    entry = Record.objects.get(verb="passwords resealed")
    assert entry.outcome == f"{count} passwords under the newest key."


@pytest.mark.parametrize("name", ["nobody", "' OR 1=1"])
def test_an_unknown_name_belongs_to_no_fleet(fleet: Fleet, client: Client, name: str) -> None:
    assert client.post("/login", {"username": name, "password": "x"}).status_code == 200
    with tenant_context(fleet):
        assert not Record.objects.exists()
