"""The page "API tokens": what is shown to whom, a secret that is shown once, and what is refused."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from novaops.api.models import ApiToken
from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from tests.api.conftest import Program, with_token
from tests.conftest import MakePerson

ClientAs = Callable[..., Client]
PAGE = "/fleets/alpha/tokens/"
TEXT = re.compile(r"novaops_alpha_\d+_[0-9a-f]{64}")


def said(person: Person, **more: object) -> dict[str, object]:
    return {"name": "my laptop", "owner": str(person.pk), "scopes": ["observe"], "days": "30", **more}


def tokens(fleet: Fleet) -> list[ApiToken]:
    with tenant_context(fleet):
        return list(ApiToken.objects.select_related("person"))


def test_a_token_is_shown_once_and_works(fleet: Fleet, client_as: ClientAs, person: MakePerson) -> None:
    browser = client_as("viewer")
    made = browser.post(f"{PAGE}make", said(person("viewer")))
    assert made.status_code == 200 and "no-store" in made["Cache-Control"]
    [text] = set(TEXT.findall(made.text))
    assert Program(text).get("me").json()["person"] == "viewer-alpha"
    assert text not in browser.get(PAGE).text and "my laptop" in browser.get(PAGE).text


def test_what_is_wrong_stands_at_its_field(fleet: Fleet, client_as: ClientAs, person: MakePerson) -> None:
    browser, me = client_as("viewer"), person("viewer")
    wrongs: list[dict[str, object]] = [{"name": ""}, {"scopes": []}, {"days": "9999"}, {"scopes": ["everything"]}]
    for wrong in wrongs:
        answer = browser.post(f"{PAGE}make", said(me, **wrong))
        assert answer.status_code == 422 and "field-error" in answer.text, wrong
    assert tokens(fleet) == []


def test_nobody_makes_or_revokes_or_sees_anothers(fleet: Fleet, client_as: ClientAs, person: MakePerson) -> None:
    theirs = with_token(person("operator"), fleet)
    assert theirs.token
    browser = client_as("viewer")
    assert browser.post(f"{PAGE}make", said(person("operator"))).status_code == 422
    assert "operator-alpha" not in browser.get(PAGE).text
    assert browser.post(f"{PAGE}revoke", {"token": theirs.token.pk}).status_code == 404
    assert browser.post(f"{PAGE}revoke", {"token": "x"}).status_code == 404
    assert browser.post(f"{PAGE}machines", {"username": "deploy", "role": "admin"}).status_code == 403
    assert "Make a machine" not in browser.get(PAGE).text
    assert theirs.get("me").status_code == 200


def test_revoked_is_over_at_once(fleet: Fleet, client_as: ClientAs, person: MakePerson) -> None:
    mine = with_token(person("viewer"), fleet)
    assert mine.token
    page = client_as("viewer").post(f"{PAGE}revoke", {"token": mine.token.pk}, follow=True)
    assert "is revoked" in page.text and mine.get("me").status_code == 401


def test_who_manages_the_fleet_sees_all_and_makes_machines(
    fleet: Fleet, client_as: ClientAs, person: MakePerson
) -> None:
    theirs = with_token(person("operator"), fleet)
    admin = client_as("admin")
    assert theirs.token and "operator-alpha" in admin.get(PAGE).text
    assert admin.post(f"{PAGE}machines", {"username": "deploy", "role": "operator"}).status_code == 302
    again = admin.post(f"{PAGE}machines", {"username": "deploy", "role": "operator"})
    assert again.status_code == 422 and "already" in again.text
    machine = Person.objects.get(username="deploy")
    made = admin.post(f"{PAGE}make", said(machine, scopes=["observe", "request"]))
    [text] = set(TEXT.findall(made.text))
    assert Program(text).get("me").json()["is_machine"]
    refused = admin.post(f"{PAGE}make", said(machine, scopes=["approve"]))
    assert refused.status_code == 422 and "judges nothing" in refused.text
    admin.post(f"{PAGE}revoke", {"token": theirs.token.pk})
    assert theirs.get("me").status_code == 401
    with tenant_context(fleet):
        [made_machine] = Record.objects.filter(verb="machine made")
        assert (made_machine.actor, made_machine.subject) == ("admin-alpha", "person:deploy")
        assert Record.objects.filter(verb="role granted", subject="person:deploy").exists()


@pytest.mark.parametrize("act", ["make", "revoke", "machines"])
def test_only_posts_change_anything(fleet: Fleet, other_fleet: Fleet, client_as: ClientAs, act: str) -> None:
    assert client_as("admin").get(f"{PAGE}{act}").status_code == 405
    assert client_as("admin", fleet=other_fleet).post(f"{PAGE}{act}").status_code == 404


def test_a_machine_of_another_fleet_is_none_of_ours(
    fleet: Fleet, other_fleet: Fleet, client_as: ClientAs, person: MakePerson
) -> None:
    client_as("admin", fleet=other_fleet).post("/fleets/beta/tokens/machines", {"username": "far", "role": "viewer"})
    far = Person.objects.get(username="far")
    assert client_as("admin").post(f"{PAGE}make", said(far)).status_code == 422
