"""A server's page: it answers at once, whatever the server does."""

from collections.abc import Callable

from django.test import Client
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from tests.views.fleet_rows import silence

ClientAs = Callable[..., Client]


def test_a_server_that_stopped_answering_keeps_its_last_values_marked_old(
    seen_fleet: Fleet, client_as: ClientAs
) -> None:
    with tenant_context(seen_fleet):
        silence("shard-1-b")
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/servers/postgres/shard-1-b/").text
    assert "Unreachable" in page and "connection refused" in page
    assert "120\u00a0MiB" in page
    assert 'class="age is-old"' in page


def test_what_was_stored_is_plotted(seen_fleet: Fleet, client_as: ClientAs) -> None:
    page = client_as("viewer").get(f"/fleets/{seen_fleet.slug}/servers/postgres/shard-1-a/").text
    assert 'id="plot-postgres-bytes"' in page and "data-plotly=" in page


def test_a_server_that_is_not_there_is_not_found(seen_fleet: Fleet, client_as: ClientAs) -> None:
    client = client_as("viewer")
    for path in ("postgres/shard-9-a", "redis/shard-1-a", "teapot/x"):
        assert client.get(f"/fleets/{seen_fleet.slug}/servers/{path}/").status_code == 404
