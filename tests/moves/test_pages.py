"""The pages of moves, and what is turned there, without a shard."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.inventory.models import Shard
from novaops.operations.models import Operation
from shards.moves.models import Move, Phase
from shards.placement.models import Placement, PlacementChange
from tests.conftest import MakePerson
from tests.moves.operations import done_move

SignIn = Callable[..., Client]


@pytest.fixture
def move(in_fleet: Fleet) -> Move:
    """Copying, a third of it done."""
    for name in ("shard-1", "shard-2"):
        Shard.objects.create(name=name, cluster=name, database="novacron")
    operation = done_move("acme", "shard-1", "shard-2")
    Move.objects.update(
        phase=Phase.COPYING, rows_total=3000, rows_copied=1000, bytes_total=3_000_000, bytes_copied=1_000_000,
        bytes_per_second=100_000, behind_bytes=4096, held_bytes=8192, measured_at=timezone.now(),
    )  # fmt: skip
    return Move.objects.get(operation=operation)


def address(move: Move, rest: str = "") -> str:
    return f"/fleets/alpha/moves/{move.operation_id}/{rest}"


def refresh(move: Move, fleet: Fleet) -> Move:
    with tenant_context(fleet):
        return Move.objects.get(pk=move.pk)


def test_the_page_of_a_move_that_copies(move: Move, client_as: SignIn) -> None:
    text = client_as("operator").get(address(move)).content.decode()
    assert "acme is on its way to shard-2: copying" in text and "1,000 of 3,000 rows" in text
    assert "Set the pace" in text and "Take it back" not in text
    assert "Set the pace" not in client_as("viewer").get(address(move)).content.decode()


def test_a_move_that_can_be_taken_back(move: Move, fleet: Fleet, client_as: SignIn) -> None:
    with tenant_context(fleet):
        Move.objects.update(
            phase=Phase.MOVED, pause_ms=31.5, pause_parts=[["writers inside end", 1.5], ["last changes arrive", 30.0]],
            compared_at=timezone.now(), rows_compared=3000, cutovers=1,
            moved_at=timezone.now(), way_back_until=timezone.now() + timedelta(hours=3),
        )  # fmt: skip
    text = client_as("operator").get(address(move)).content.decode()
    assert "can be taken back" in text and "Writers inside end" in text and "3,000, all the same" in text
    assert f"tenant-move-back/?operation={move.operation_id}" in text
    assert f"tenant-move-finish/?operation={move.operation_id}" in text


def test_rows_that_differ_are_named(move: Move, fleet: Fleet, client_as: SignIn) -> None:
    with tenant_context(fleet):
        Move.objects.update(differences=[{"table": "public.vms", "key": {"id": 7}, "columns": ["name"]}])
    text = client_as("viewer").get(address(move)).content.decode()
    assert "1 row differs" in text and "public.vms" in text and "id=7" in text


def test_the_list_is_filtered(move: Move, client_as: SignIn) -> None:
    reader = client_as("viewer")
    assert "acme" in reader.get("/fleets/alpha/moves/?phase=open&shard=shard-2").content.decode()
    assert "No move matches" in reader.get("/fleets/alpha/moves/?phase=finished").content.decode()
    assert reader.get("/fleets/alpha/moves/999/").status_code == 404


def test_the_pace_is_turned_and_recorded(move: Move, fleet: Fleet, client_as: SignIn) -> None:
    asked = {"limit_mb": "20", "hours_from": "22:00", "hours_until": "05:30", "time_zone": "Europe/Berlin"}
    answer = client_as("operator").post(address(move, "turn"), asked)
    assert answer.status_code == 302
    turned = refresh(move, fleet)
    assert (turned.limit_mb, str(turned.hours_from), turned.time_zone) == (20.0, "22:00:00", "Europe/Berlin")
    with tenant_context(fleet):
        record = Record.objects.get(verb="operation turned")
    assert record.subject == f"operation:{move.operation_id}" and record.data["before"]["limit_mb"] is None
    assert record.data["after"]["hours_until"] == "05:30:00" and "at most 20 MB a second" in record.outcome


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"limit_mb": "0"}, "greater than or equal to 0.1"),
        ({"hours_from": "22:00"}, "both from when and until when"),
        ({"hours_from": "22:00", "hours_until": "22:00"}, "begin and end at the same time"),
        ({"time_zone": "Mars/Olympus"}, "is no time zone"),
    ],
)
def test_a_pace_that_makes_no_sense(move: Move, client_as: SignIn, asked: dict[str, str], sentence: str) -> None:
    answer = client_as("operator").post(address(move, "turn"), asked)
    assert answer.status_code == 422 and sentence in answer.content.decode()


def test_who_may_not_and_when_it_is_over(move: Move, fleet: Fleet, client_as: SignIn) -> None:
    assert client_as("viewer").post(address(move, "turn"), {"limit_mb": "5"}).status_code == 403
    assert client_as("operator").get(address(move, "turn")).status_code == 405
    with tenant_context(fleet):
        Move.objects.update(phase=Phase.FINISHED)
    answer = client_as("operator").post(address(move, "turn"), {"limit_mb": "5"}, follow=True)
    assert "The move is finished: nothing is copied any more." in answer.content.decode()
    assert refresh(move, fleet).limit_mb is None


def test_the_tenants_page_leads_to_its_moves(move: Move, fleet: Fleet, client_as: SignIn, person: MakePerson) -> None:
    now = timezone.now()
    with tenant_context(fleet):
        Move.objects.update(phase=Phase.FINISHED, moved_at=now)
        there = Shard.objects.get(name="shard-2")
        Placement.objects.create(tenant_id="acme", name="Acme", shard=there, epoch=2, since=now)
        PlacementChange.objects.create(tenant_id="acme", epoch=2, shard=there, at=now, reason="a move")
    text = client_as("operator").get("/fleets/alpha/tenants/acme/").content.decode()
    assert f"/fleets/alpha/moves/{move.operation_id}/" in text and "tenant-move/?tenant=acme" in text


def test_the_page_of_an_operation_leads_to_its_move(move: Move, fleet: Fleet, client_as: SignIn) -> None:
    """Also of one that takes it back; not of one that has begun none."""
    link = f'href="{address(move)}">acme, shard-1 to shard-2</a>'
    with tenant_context(fleet):
        back = done_move("blue", "shard-1", "shard-2")
        Move.objects.filter(operation=back).delete()
        other = done_move("red", "shard-1", "shard-2")
        Move.objects.filter(operation=other).delete()
        Operation.objects.filter(pk=back.pk).update(
            kind="tenant-move-back", parameters={"operation": move.operation_id}
        )
    client = client_as("viewer")
    for number, leads in ((move.operation_id, True), (back.pk, True), (other.pk, False)):
        assert (link in client.get(f"/fleets/alpha/operations/{number}/").content.decode()) is leads
