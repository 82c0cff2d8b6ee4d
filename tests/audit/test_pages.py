"""The auditor's pages, the export, and what is written down by itself."""

import json
from collections.abc import Callable

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.audit.canonical import Body, digest
from novaops.audit.models import Record
from novaops.audit.services import Actor, record
from novaops.fleets.models import Fleet
from novaops.fleets.people import Grant, grant, revoke
from novaops.fleets.rights import Role
from tests.conftest import PASSWORD, MakePerson

ClientAs = Callable[..., Client]


def write(fleet: Fleet, count: int = 3) -> None:
    with tenant_context(fleet):
        for number in range(count):
            record(
                f"counted {number}", f"operation:{number}", actor=Actor.schedule("nightly"), outcome=f"It is {number}."
            )


def test_the_list_is_narrowed_by_each_filter(fleet: Fleet, client_as: ClientAs) -> None:
    client = client_as("auditor")
    write(fleet)
    address = f"/fleets/{fleet.slug}/changes/"
    assert client.get(address).text.count(">It is ") == 3
    for query in ("verb=counted+1", "subject=operation:1", "q=it+is+1", "actor=nightly&q=It+is+1."):
        text = client.get(f"{address}?{query}").text
        assert text.count(">It is ") == 1 and "It is 1." in text
    assert ">It is " not in client.get(f"{address}?until=2020-01-01").text
    assert client.get(f"{address}?since=2020-01-01&since=nonsense&page=99").status_code == 200


def test_a_record_says_whether_it_is_what_was_written(fleet: Fleet, client_as: ClientAs) -> None:
    client = client_as("auditor")
    write(fleet)
    with tenant_context(fleet):
        last = Record.objects.latest("sequence").sequence
    text = client.get(f"/fleets/{fleet.slug}/changes/{last}/").text
    assert "Unaltered" in text and "It is 2." in text and "/operations/2/" in text
    assert client.get(f"/fleets/{fleet.slug}/changes/9999/").status_code == 404


def test_an_export_can_be_checked_by_itself(fleet: Fleet, client_as: ClientAs) -> None:
    client = client_as("auditor")
    write(fleet)
    answer = client.get(f"/fleets/{fleet.slug}/changes/export.jsonl")
    *lines, trailer = [json.loads(line) for line in answer.getvalue().splitlines()]
    assert "proof" in trailer
    previous = "0" * 64
    for number, line in enumerate(lines, 1):
        stated = line.pop("hash")
        assert (line["sequence"], line["previous_hash"], digest(Body(**line))) == (number, previous, stated)
        previous = stated
    exported = [line for line in lines if line["verb"] == "change log exported"]
    assert [line["actor"] for line in exported] == [f"auditor-{fleet.slug}"], "that somebody exported is in it"


@pytest.mark.parametrize("page", ["", "1/", "export.jsonl"])
def test_who_may_not_read_it_is_refused(fleet: Fleet, other_fleet: Fleet, client_as: ClientAs, page: str) -> None:
    write(fleet, 1)
    assert client_as("viewer").get(f"/fleets/{fleet.slug}/changes/{page}").status_code == 403
    stranger = client_as("auditor", fleet=other_fleet)
    assert stranger.get(f"/fleets/{fleet.slug}/changes/{page}").status_code == 404
    assert "It is 0." not in stranger.get(f"/fleets/{other_fleet.slug}/changes/").text


def test_signing_in_and_out_is_recorded_in_each_fleet_of_the_person(
    fleet: Fleet, other_fleet: Fleet, person: MakePerson, client: Client
) -> None:
    somebody = person("viewer", username="anna")
    client.post("/login", {"username": "anna", "password": "wrong"})
    client.post("/login", {"username": "anna", "password": PASSWORD})
    client.post("/logout")
    with tenant_context(fleet):
        verbs = [entry.verb for entry in Record.objects.filter(subject="person:anna").order_by("sequence")]
        assert verbs == ["sign-in failed", "signed in", "signed out"]
        assert not Record.objects.filter(data__icontains="wrong").exists()
    with tenant_context(other_fleet):
        assert not Record.objects.filter(actor=somebody.username).exists()


def test_a_change_of_rights_is_attributed_to_who_made_it(fleet: Fleet, person: MakePerson) -> None:
    admin, second, somebody = person("admin"), person("admin", username="second"), person("viewer")
    operator = Grant(fleet, Role.OPERATOR)
    grant(somebody, operator, by=admin)
    revoke(somebody, operator, by=second)
    grant(somebody, operator)
    with tenant_context(fleet):
        last = list(Record.objects.filter(subject=f"person:{somebody.username}").order_by("sequence"))
    assert [(entry.verb, entry.actor, entry.data) for entry in last] == [
        ("role granted", admin.username, {"role": "operator"}),
        ("role withdrawn", "second", {"role": "operator"}),
        ("role granted", "command line", {"role": "operator"}),
    ]
