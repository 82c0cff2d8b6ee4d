"""What only shows on the ASGI server: many requests at once over few connections, and the lockout's road."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from django.db import connection
from django.test import Client

from novaops.fleets.models import Fleet
from novaops.inventory.services import import_fleet
from tests.inventory.fleet_files import TEXT, fleet_file
from tests.live.console import console

Browser = Callable[..., Client]


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_over_shared_connections_see_their_own_fleet(
    fleet: Fleet, other_fleet: Fleet, client_as: Browser
) -> None:
    import_fleet(fleet_file(), Path())
    import_fleet(fleet_file(TEXT.replace("alpha", "beta").replace("Alpha", "Beta")), Path())
    browsers = {"alpha": client_as("viewer"), "beta": client_as("viewer", fleet=other_fleet)}
    connection.close()
    with console() as server, ThreadPoolExecutor(8) as at_once:

        def names(slug: str) -> tuple[str, set[str]]:
            servers = server.get(f"/fleets/{slug}/api/servers", browsers[slug]).json()["servers"]
            return slug, {one["name"].partition("-")[0] for one in servers}

        for slug, owners in at_once.map(names, ["alpha", "beta"] * 20):
            assert owners == {slug}


@pytest.mark.django_db(transaction=True)
def test_the_lockout_page_comes_from_the_server_too(fleet: Fleet) -> None:
    connection.close()
    with console() as server, requests.Session() as browser:
        page = browser.get(f"{server.address}/login", timeout=30).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        wrong = {"csrfmiddlewaretoken": token[1], "username": "nobody", "password": "wrong"}
        answers = [browser.post(f"{server.address}/login", wrong, timeout=30) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert "15 minutes" in answers[-1].text
