"""The page of leftovers, from what was stored."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tenants.utils import tenant_context

from metrics.models import Reading
from metrics.selectors import snapshot
from novaops.fleets.models import Fleet
from novaops.inventory.models import Server
from shards.leftovers.findings import leftovers as rule
from shards.leftovers.leftover import Leftover
from shards.leftovers.remembering import remember
from shards.leftovers.sorts import Sort
from shards.leftovers.traces import LeftoversFacts, PreparedTrace, SlotTrace
from tests.leftovers.tenants import place
from tests.views.fleet_rows import add_shard

SignIn = Callable[..., Client]
NOW = timezone.now()
SLOT = Leftover(
    sort=Sort.SLOT,
    name="cdc_old",
    shard="shard-1",
    sentence="Nobody reads from it.",
    origin="Unknown.",
    wal_bytes=2**31,
)
ROWS = Leftover(
    sort=Sort.TENANT_ROWS, name="acme/eu", shard="shard-2", sentence="It moved.", origin="Unknown.", rows=812
)
THEIRS = Leftover(
    sort=Sort.PUBLICATION,
    name="report",
    shard="shard-1",
    database="x",
    sentence="Unread.",
    refusal="Only its owner may.",
)


@pytest.fixture
def stored(fleet: Fleet) -> Fleet:
    with tenant_context(fleet):
        add_shard("shard-1", 5100, NOW)
        add_shard("shard-2", 5200, NOW)
        for name in ("shard-1-a", "shard-2-a"):
            told = LeftoversFacts(leads=True, not_looked=("Database x was not looked through: permission denied.",))
            answer(name, told)
        remember("shard-1", "leftovers", [SLOT, THEIRS], NOW - timedelta(days=2))
        remember("shard-2", "tenants", [ROWS], NOW)
    return fleet


def answer(member: str, told: LeftoversFacts) -> None:
    server = Server.objects.get(kind="postgres", name=member)
    known = {"state": "ok", "checked_at": NOW, "good_at": NOW, "due_at": NOW, "state_since": NOW}
    facts = told.model_dump(mode="json")
    Reading.objects.update_or_create(server=server, probe="leftovers", defaults={**known, "facts": facts})


def page(client: Client, fleet: Fleet, query: str = "") -> str:
    answered = client.get(f"/fleets/{fleet.slug}/leftovers/{query}")
    assert answered.status_code == 200
    return answered.content.decode()


def test_the_worst_comes_first_with_its_cost_age_and_what_removing_does(stored: Fleet, client_as: SignIn) -> None:
    told = page(client_as("operator"), stored)
    assert "3 things are left behind" in told
    assert told.index("cdc_old") < told.index("acme/eu") < told.index(">report<")
    assert "2\u00a0GiB" in told and "of WAL held" in told and "2\u00a0d" in told and "at least" in told
    assert "Drops the slot" in told and "Only its owner may." in told
    assert "Database x was not looked through: permission denied." in told


def test_each_leads_to_the_form_of_its_kind(stored: Fleet, client_as: SignIn) -> None:
    told = page(client_as("operator"), stored)
    assert "/operations/new/leftover-remove/?leftover=slot%2Fshard-1%2F%2Fcdc_old" in told
    assert "/operations/new/leftover-delete/?leftover=tenant-rows%2Fshard-2%2F%2Facme%252Feu" in told
    assert "publication%2F" not in told, "what the console may not remove is not offered"
    form = client_as("operator").get(
        f"/fleets/{stored.slug}/operations/new/leftover-delete/?leftover=tenant-rows%2Fshard-2%2F%2Facme%252Feu"
    )
    assert '<option value="tenant-rows/shard-2//acme%2Feu" selected>' in form.content.decode()


def test_who_may_not_act_sees_no_button(stored: Fleet, client_as: SignIn) -> None:
    told = page(client_as("auditor"), stored)
    assert "cdc_old" in told and "operations/new/leftover" not in told


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?sort=slot", ["cdc_old"]),
        ("?shard=shard-2", ["acme/eu"]),
        ("?q=MOVED", ["acme/eu"]),
        ("?shard=-", []),
    ],
)
def test_filters(stored: Fleet, client_as: SignIn, query: str, names: list[str]) -> None:
    told = page(client_as("viewer"), stored, query).split('id="leftovers-list"')[1]
    assert [name for name in ("cdc_old", "acme/eu", "report") if f'"mono">{name}<' in told] == names


def test_a_fleet_without_leftovers_and_one_without_shards_have_pages_too(
    stored: Fleet, other_fleet: Fleet, client_as: SignIn
) -> None:
    with tenant_context(stored):
        remember("shard-1", "leftovers", [], NOW)
        remember("shard-2", "tenants", [], NOW)
    assert "Nothing is left behind" in page(client_as("viewer"), stored)
    assert "No shard is registered" in page(client_as("viewer", fleet=other_fleet), other_fleet)


def test_only_reading_and_only_ones_own_fleet(
    stored: Fleet, other_fleet: Fleet, client_as: SignIn, client: Client
) -> None:
    operator = client_as("operator")
    assert operator.post(f"/fleets/{stored.slug}/leftovers/").status_code == 405
    assert operator.get(f"/fleets/{other_fleet.slug}/leftovers/").status_code == 404
    assert client.get(f"/fleets/{stored.slug}/leftovers/").status_code == 302


def test_more_shards_do_not_mean_more_queries(stored: Fleet, client_as: SignIn) -> None:
    operator = client_as("operator")
    page(operator, stored)
    with CaptureQueriesContext(connection) as before:
        page(operator, stored)
    with tenant_context(stored):
        for number in range(3, 6):
            add_shard(f"shard-{number}", 5000 + 100 * number, NOW)
            remember(f"shard-{number}", "leftovers", [SLOT.model_copy(update={"shard": f"shard-{number}"})], NOW)
    with CaptureQueriesContext(connection) as after:
        page(operator, stored)
    assert len(after) == len(before) <= 25


def test_findings_lead_to_the_page_and_do_not_double_those_of_slots(stored: Fleet) -> None:
    old = PreparedTrace(gid="pay-1", database="d", owner="app", ours=True, at=NOW - timedelta(hours=2), xid_age=4)
    with tenant_context(stored):
        answer("shard-1-a", LeftoversFacts(leads=True, prepared=(old,), slots=(SlotTrace(name="x", kind="logical"),)))
        place("acme", "shard-1")
        (found,) = rule(snapshot(), timezone.now())
    assert found.page == "leftovers" and found.key == "leftovers:prepared-transaction:shard-1"
    assert found.sentence.startswith("Prepared transaction pay-1 is left behind on shard-1 (4 transactions")


def test_the_command_line_tells_the_same(stored: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        call_command("leftovers", fleet=stored.slug)
    told = capsys.readouterr().out
    assert left.value.code == 1
    assert told.startswith("slot/shard-1//cdc_old  critical, for at least 2\u00a0d, 2\u00a0GiB of WAL held")
    with pytest.raises(SystemExit):
        call_command("leftovers", fleet=stored.slug, json=True)
    rows = json.loads(capsys.readouterr().out)
    assert [row["key"] for row in rows][:2] == ["slot/shard-1//cdc_old", "tenant-rows/shard-2//acme%2Feu"]
