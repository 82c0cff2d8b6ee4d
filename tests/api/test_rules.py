"""Policy, freezes and schedules over the API: the same services, rights and records as the pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.operations.contract import Risk
from novaops.operations.models import Freeze, Operation, Recurrence
from novaops.operations.policies import Rule, rule_of
from tests.api.conftest import MakeProgram

Planned = Callable[..., Operation]
PHRASE = "shard-1 blue"


def a_freeze(**changes: Any) -> dict[str, Any]:
    now = timezone.now()
    span = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=2)).isoformat()}
    return {"name": "Sale", "reason": "Peak week.", "risks": ["medium", "high"], **span, **changes}


def settings_changed(fleet: Fleet) -> list[Record]:
    with tenant_context(fleet):
        return list(Record.objects.filter(verb="setting changed").order_by("sequence"))


def test_the_policy_is_read_and_one_risk_of_it_changed(fleet: Fleet, program: MakeProgram) -> None:
    mine = program("admin")
    before = mine.get("policy").json()["rules"]
    assert [one["risk"] for one in before] == Risk.values and not any(one["own"] for one in before)
    told = mine.post("policy/high", {"approvals": 2}).json()
    assert (told["approvals"], told["ticket_required"], told["own"]) == (2, False, True)
    assert mine.post("policy/high", {"ticket_required": True}).json()["approvals"] == 2, "what is left out stays"
    with tenant_context(fleet):
        assert rule_of(Risk.HIGH) == Rule(2, True)
    first, second = settings_changed(fleet)
    assert first.subject == "setting:policy-high" and first.data["after"]["approvals"] == 2
    assert second.data["before"] == first.data["after"] and second.data["through"].startswith("token:")


@pytest.mark.parametrize(
    ("rest", "said", "status", "word"),
    [
        ("policy/high", {"approvals": 3}, 422, "0, 1 or 2"),
        ("policy/grave", {"approvals": 1}, 404, "the risks are low, medium"),
        ("freezes", a_freeze(risks=[]), 422, "at least one risk"),
        ("freezes", a_freeze(risks=["grave"]), 422, "risks"),
        ("freezes", a_freeze(starts_at="2026-11-27T00:00:00"), 422, "timezone"),
        ("freezes", a_freeze(ends_at="2020-01-01T00:00:00Z"), 422, "end after it begins"),
        ("freezes", a_freeze(time_zone="Mars/Base"), 422, "no time zone"),
        ("freezes/7/lift", {}, 404, "no freeze 7"),
        ("schedules", {"operation": 7, "crontab": "0 3 * * *"}, 404, "no operation 7"),
        ("schedules/7/end", {}, 404, "no schedule 7"),
    ],
)
def test_what_is_wrong_is_said(
    fleet: Fleet, program: MakeProgram, rest: str, said: dict[str, Any], status: int, word: str
) -> None:
    answer = program("admin").post(rest, said)
    assert answer.status_code == status and word in answer.text
    assert not settings_changed(fleet)


def test_a_freeze_is_made_listed_and_lifted(fleet: Fleet, program: MakeProgram) -> None:
    mine, viewer = program("admin"), program("viewer")
    made = mine.post("freezes", a_freeze())
    address = made["Location"].partition("/api/")[2]
    assert (made.status_code, made.json()["state"], made.json()["risks"]) == (201, "on", ["medium", "high"])
    assert viewer.get(address).json() == made.json() == viewer.get("freezes?standing=true").json()["freezes"][0]
    lifted = mine.post(f"{address}/lift").json()
    assert (lifted["state"], lifted["lifted_by"], lifted["next_ends_at"]) == ("lifted", "admin-alpha", None)
    again = mine.post(f"{address}/lift")
    assert again.status_code == 409 and "lifted it already" in again.json()["detail"]
    assert viewer.get("freezes?standing=true").json()["count"] == 0
    assert viewer.get("freezes?standing=false").json()["count"] == viewer.get("freezes").json()["count"] == 1
    assert [one.outcome for one in settings_changed(fleet)] == ["Freeze made: Sale.", "Freeze lifted: Sale."]


def test_the_same_freeze_sent_again_is_one(fleet: Fleet, program: MakeProgram) -> None:
    mine, body = program("admin"), a_freeze()
    first, second = mine.post("freezes", body, key="one"), mine.post("freezes", body, key="one")
    assert first.json() == second.json() and second["Idempotency-Replayed"] == "true"
    with tenant_context(fleet):
        assert Freeze.objects.count() == 1


def test_freezes_say_when_they_come_next(fleet: Fleet, program: MakeProgram) -> None:
    mine, now = program("admin"), timezone.now()
    late = {"starts_at": (now + timedelta(days=1)).isoformat(), "ends_at": (now + timedelta(days=2)).isoformat()}
    assert mine.post("freezes", a_freeze(**late)).json()["state"] == "to come"
    past = {"starts_at": (now - timedelta(days=8)).isoformat(), "ends_at": (now - timedelta(days=7.5)).isoformat()}
    weekly = mine.post("freezes", a_freeze(**past, weekly=True, time_zone="Europe/Berlin")).json()
    assert weekly["state"] == "to come" and weekly["next_starts_at"] > now.isoformat()


def test_an_operation_comes_back_by_the_clock_until_it_is_ended(
    fleet: Fleet, program: MakeProgram, planned: Planned
) -> None:
    mine, wanted = program("operator"), {"crontab": "0 3 * * 1", "time_zone": "Europe/Berlin", "typed": PHRASE}
    number = planned().pk
    made = mine.post("schedules", {"operation": number, **wanted})
    address = made["Location"].partition("/api/")[2]
    assert made.status_code == 201 and made.json()["next_at"] and made.json()["requested_by"] == "operator-alpha"
    assert program("viewer").get(address).json() == made.json()
    assert program("viewer").get("schedules?enabled=true").json()["count"] == 1
    paused = mine.post(f"{address}/pause").json()
    assert (paused["paused_by"], paused["next_at"], paused["enabled"]) == ("operator-alpha", None, True)
    assert program("viewer").post(f"{address}/resume").status_code == 403
    resumed = mine.post(f"{address}/resume").json()
    assert (resumed["paused_at"], resumed["next_at"]) == (None, made.json()["next_at"])
    ended = mine.post(f"{address}/end").json()
    assert (ended["enabled"], ended["ended_by"], ended["next_at"]) == (False, "operator-alpha", None)
    assert mine.post(f"{address}/end").status_code == 409
    assert program("viewer").get("schedules?enabled=true").json()["schedules"] == []
    with tenant_context(fleet):
        verbs = Record.objects.filter(subject=f"schedule:{ended['id']}").order_by("sequence")
        assert [one.verb for one in verbs] == [
            *("schedule made", "schedule paused", "operation refused", "schedule resumed"),
            *("schedule ended", "operation refused"),
        ]


def test_a_schedule_without_sense_is_refused(fleet: Fleet, program: MakeProgram, planned: Planned) -> None:
    mine, number = program("operator"), planned().pk
    wrong = mine.post("schedules", {"operation": number, "crontab": "0 3 * * *", "typed": "no"})
    assert wrong.status_code == 409 and "Type exactly" in wrong.json()["detail"]
    never = mine.post("schedules", {"operation": number, "crontab": "0 3 31 2 *", "typed": PHRASE})
    assert never.status_code == 422 and "crontab" in never.json()["fields"]
    with tenant_context(fleet):
        assert not Recurrence.objects.exists()


def test_only_who_holds_the_right_changes_the_rules(fleet: Fleet, program: MakeProgram, planned: Planned) -> None:
    number = planned().pk
    made = program("admin").post("freezes", a_freeze()).json()["id"]
    posts = {"policy/low": {"approvals": 1}, "freezes": a_freeze(), f"freezes/{made}/lift": {}}
    callers = [program(role) for role in ("viewer", "operator", "approver", "auditor")]
    for caller in (*callers, program("admin", scopes=["observe", "request"])):
        for rest, said in posts.items():
            assert caller.post(rest, said).status_code == 403, rest
    schedule = {"operation": number, "crontab": "0 3 * * *", "typed": PHRASE}
    going = program("admin").post("schedules", schedule).json()["id"]
    for caller in (program("viewer"), program("operator", scopes=["observe"])):
        for rest in ("schedules", *(f"schedules/{going}/{act}" for act in ("pause", "resume", "end"))):
            assert caller.post(rest, schedule).status_code == 403
    assert len(settings_changed(fleet)) == 1


@pytest.mark.parametrize("rest", ["policy/low", "freezes/1/lift", "schedules/1/end", "schedules/1/pause"])
def test_only_posts_change_anything(fleet: Fleet, program: MakeProgram, rest: str) -> None:
    assert program("admin").get(rest).status_code == 405


def test_another_fleet_sees_nothing_of_them(fleet: Fleet, other_fleet: Fleet, program: MakeProgram) -> None:
    made = program("admin").post("freezes", a_freeze()).json()["id"]
    stranger = program("admin", fleet=other_fleet)
    assert stranger.get(f"freezes/{made}").status_code == stranger.post(f"freezes/{made}/lift").status_code == 404
    assert stranger.get("freezes").json()["count"] == 0
