"""Signing in, being locked out, signing out, and the headers of every page."""

import re
from collections.abc import Callable

import pytest
from django.test import Client, override_settings

from novaops.fleets.models import Fleet
from tests.conftest import PASSWORD, MakePerson

Browser = Callable[..., Client]


def _try(client: Client, password: str, name: str = "viewer-alpha") -> int:
    return client.post("/login", {"username": name, "password": password}).status_code


def test_a_person_signs_in_and_lands_in_their_only_fleet(fleet: Fleet, client: Client, person: MakePerson) -> None:
    person("viewer")
    answer = client.post("/login", {"username": "viewer-alpha", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain == [("/", 302), ("/fleets/alpha/", 302)]
    assert answer.status_code == 200


def test_somebody_with_two_fleets_chooses(
    fleet: Fleet, other_fleet: Fleet, client_as: Browser, person: MakePerson
) -> None:
    browser = client_as("viewer", username="ana")
    person("auditor", fleet=other_fleet, username="ana")
    page = browser.get("/").content.decode()
    assert "Alpha fleet" in page and "Beta fleet" in page


def test_five_wrong_passwords_lock_the_name_and_say_for_how_long(
    fleet: Fleet, client: Client, person: MakePerson
) -> None:
    person("viewer")
    person("operator")
    assert [_try(client, "wrong") for _ in range(4)] == [200] * 4
    answer = client.post("/login", {"username": "viewer-alpha", "password": "wrong"})
    assert answer.status_code == 429
    assert "15 minutes" in answer.content.decode()
    assert answer.headers["Retry-After"] == "900"
    assert _try(client, PASSWORD) == 429, "the right password does not help while it lasts"
    assert _try(client, PASSWORD, "operator-alpha") == 302, "nobody else is locked"


def test_signing_out_is_a_post(fleet: Fleet, client_as: Browser) -> None:
    browser = client_as("viewer")
    assert browser.get("/logout").status_code == 405
    assert browser.get("/fleets/alpha/people/").status_code == 200
    assert browser.post("/logout").status_code == 302
    assert browser.get("/fleets/alpha/people/").status_code == 302


def test_no_page_allows_inline_scripts(fleet: Fleet, client: Client, client_as: Browser) -> None:
    browser = client_as("admin")
    answers = [client.get("/login"), browser.get("/fleets/alpha/"), browser.get("/fleets/alpha/people/")]
    answers.append(browser.get("/fleets/alpha/no-such-page"))
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        scripts = re.search(r"script-src ([^;]*)", policy)
        assert scripts and scripts[1].strip() == "'self'"
        assert "default-src 'none'" in policy
        for tag in re.findall(r"<script[^>]*>", answer.content.decode()):
            assert "src=" in tag or 'type="application/json"' in tag, tag


@pytest.mark.django_db
def test_cookies_are_for_https_alone_unless_asked_otherwise(client: Client, person: MakePerson) -> None:
    person("viewer")
    with override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True):
        client.get("/login")
        assert _try(client, PASSWORD) == 302
    session, token = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["secure"] and session["httponly"] and session["samesite"] == "Lax"
    assert token["secure"]


@pytest.mark.django_db
def test_health_needs_no_sign_in(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "well")
