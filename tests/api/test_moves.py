"""Moves over the API: the same rights, services and records as their pages."""

import pytest
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from tests.api.conftest import MakeProgram
from tests.moves.operations import copying


@pytest.fixture
def move(fleet: Fleet) -> int:
    return copying(fleet)


def test_moves_are_listed_shown_and_turned(fleet: Fleet, program: MakeProgram, move: int) -> None:
    mine = program("operator")
    [listed] = mine.get("moves?phase=open&q=ac&shard=shard-2").json()["moves"]
    assert listed == mine.get(f"moves/{move}").json()
    assert (listed["operation"], listed["seconds_left"], listed["limit_mb"]) == (move, 3.0, None)
    assert mine.get("moves?phase=finished").json() == {"count": 0, "next": None, "moves": []}
    hours = {"hours_from": "22:00", "hours_until": "05:00", "time_zone": "Europe/Berlin"}
    told = mine.post(f"moves/{move}/limit", {"limit_mb": 20, **hours}).json()
    assert (told["limit_mb"], told["hours_from"], told["time_zone"]) == (20.0, "22:00:00", "Europe/Berlin")
    told = mine.post(f"moves/{move}/limit", {"limit_mb": None}).json()
    assert told["limit_mb"] is None and told["hours_until"] == "05:00:00", "what is left out stays"
    with tenant_context(fleet):
        assert Record.objects.filter(verb="operation turned").count() == 2


def test_who_may_not_turn_and_what_makes_no_sense(program: MakeProgram, move: int) -> None:
    mine = program("operator")
    assert program("viewer").post(f"moves/{move}/limit", {"limit_mb": 20}).status_code == 403
    assert mine.post(f"moves/{move}/limit", {"limit_mb": 0}).status_code == 422
    assert mine.post(f"moves/{move}/limit", {"hours_from": "22:00"}).status_code == 422
    assert mine.get("moves/9999").status_code == 404
