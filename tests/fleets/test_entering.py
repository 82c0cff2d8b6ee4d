"""Who gets into a fleet, and what strangers are told."""

from collections.abc import Callable

import pytest
from django.test import Client

from novaops.fleets.models import Fleet

Browser = Callable[..., Client]


def test_a_stranger_is_told_the_same_as_for_a_fleet_that_does_not_exist(other_fleet: Fleet, client_as: Browser) -> None:
    browser = client_as("admin")
    for path in ("", "people/", "operations/", "api/servers", "live", "no-such-page/"):
        theirs = browser.get(f"/fleets/{other_fleet.slug}/{path}")
        nobodys = browser.get(f"/fleets/no-such-fleet/{path}")
        assert theirs.status_code == nobodys.status_code == 404, path
        assert theirs.content.replace(b"beta", b"") == nobodys.content.replace(b"no-such-fleet", b""), path


@pytest.mark.django_db
def test_the_anonymous_are_sent_to_sign_in_and_programs_are_told_so(client: Client) -> None:
    assert client.get("/fleets/alpha/operations/").headers["Location"] == "/login?next=/fleets/alpha/operations/"
    assert client.get("/fleets/alpha/api/servers").status_code == 401
    assert client.get("/").headers["Location"] == "/login?next=/"
