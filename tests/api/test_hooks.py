"""Hooks over the API: the same services, rights and records as the page, and a secret that is told once."""

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from novaops.api.models import KeptAnswer
from novaops.audit.models import Record
from novaops.fleets.models import Fleet
from novaops.hooks.delivering import deliver
from novaops.hooks.models import Delivery, Hook
from tests.api.conftest import MakeProgram, Program
from tests.hooks import conftest as of_hooks
from tests.hooks.conftest import happened
from tests.hooks.receiver import Receiver

loopback_may_be_reached, receiver = of_hooks._settings, of_hooks.receiver
SECRET = "whsec_"
ACTS = ("change", "enable", "disable", "test", "renew-secret", "delete")


@pytest.fixture
def wanted(receiver: Receiver) -> dict[str, Any]:
    return {"name": "pager", "url": receiver.url, "events": ["operation.done"]}


@pytest.fixture
def admin(fleet: Fleet, program: MakeProgram) -> Program:
    return program("admin")


def subjects(fleet: Fleet) -> list[str]:
    with tenant_context(fleet):
        return [one.outcome for one in Record.objects.filter(verb="setting changed").order_by("sequence")]


def test_from_making_one_to_its_delivery(
    fleet: Fleet, admin: Program, program: MakeProgram, wanted: dict[str, Any]
) -> None:
    made = admin.post("hooks", wanted)
    address, said = made["Location"].partition("/api/")[2], made.json()
    assert made.status_code == 201 and said["secret"].startswith(SECRET) and made["Cache-Control"] == "no-store"
    assert (said["state"], said["url"]) == ("unused", wanted["url"])
    assert admin.post(f"{address}/test").json()["waiting"] == 1
    with tenant_context(fleet):
        deliver(said["id"])
    auditor = program("auditor")
    [listed] = auditor.get(f"{address}/deliveries?status=delivered").json()["deliveries"]
    assert (listed["event"], listed["last_status"], listed["attempts"], listed["next_at"]) == (
        "hook.test",
        200,
        1,
        None,
    )
    one = auditor.get(f"deliveries/{listed['id']}").json()
    assert one["payload"]["data"]["record"]["sequence"] == listed["record"] and one["hook"] == said["id"]
    assert auditor.get("hooks").json()["hooks"][0]["state"] == "ok"
    again = admin.post(f"deliveries/{listed['id']}/again").json()
    assert (again["status"], again["message_id"]) == ("pending", listed["message_id"])


def test_the_secret_is_told_once_and_kept_nowhere(fleet: Fleet, admin: Program, wanted: dict[str, Any]) -> None:
    first, second = admin.post("hooks", wanted, key="one"), admin.post("hooks", wanted, key="one")
    assert first.json()["secret"].startswith(SECRET) and second.json() == {**first.json(), "secret": ""}
    number = first.json()["id"]
    renewed = admin.post(f"hooks/{number}/renew-secret").json()["secret"]
    assert renewed.startswith(SECRET) and renewed != first.json()["secret"]
    assert SECRET not in admin.get(f"hooks/{number}").text + admin.get("hooks").text
    with tenant_context(fleet):
        assert Hook.objects.count() == 1
        assert not KeptAnswer.objects.filter(body__contains=SECRET).exists()
        assert SECRET not in "".join(f"{one.data} {one.outcome}" for one in Record.objects.all())


def test_changed_disabled_enabled_deleted(fleet: Fleet, admin: Program, wanted: dict[str, Any]) -> None:
    number = admin.post("hooks", wanted).json()["id"]
    changed = admin.post(f"hooks/{number}/change", {"name": "duty", "risks": ["high"]}).json()
    assert (changed["name"], changed["risks"], changed["url"]) == ("duty", ["high"], wanted["url"])
    refused = admin.post(f"hooks/{number}/delete")
    assert refused.status_code == 409 and "Disable the hook first" in refused.json()["detail"]
    assert admin.post(f"hooks/{number}/disable").json()["state"] == "disabled"
    assert admin.post(f"hooks/{number}/disable").status_code == admin.post(f"hooks/{number}/test").status_code == 409
    assert admin.post(f"hooks/{number}/enable").json()["enabled"]
    admin.post(f"hooks/{number}/disable")
    assert admin.post(f"hooks/{number}/delete").json()["name"] == "duty"
    assert admin.get(f"hooks/{number}").status_code == 404
    assert subjects(fleet) == [
        "Hook “pager” is made.",
        "Hook “pager”: name, risks changed.",
        "Hook “duty” is disabled.",
        "Hook “duty” is enabled.",
        "Hook “duty” is disabled.",
        "Hook “duty” is deleted.",
    ]


@pytest.mark.parametrize(
    ("wrong", "field", "word"),
    [
        ({"url": "https://10.0.0.1/in"}, "url", "not on the internet"),
        ({"url": ""}, "url", "required"),
        ({"name": " "}, "name", "required"),
        ({"events": []}, "events", "required"),
        ({"events": ["operation.flown"]}, "events", "operation.flown"),
        ({"kinds": ["flying"]}, "kinds", "flying"),
        ({"sort": "pigeon"}, "sort", "webhook"),
        ({"sort": "email", "mail_to": ["nobody"]}, "mail_to", "no e-mail address"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    fleet: Fleet, admin: Program, wanted: dict[str, Any], wrong: dict[str, Any], field: str, word: str
) -> None:
    answer = admin.post("hooks", {**wanted, **wrong})
    assert answer.status_code == 422 and word in answer.json()["fields"][field]
    assert not subjects(fleet)


def test_refusals_are_sentences(admin: Program, wanted: dict[str, Any], settings: Any) -> None:
    settings.EMAIL_CONFIGURED = False
    mail = admin.post("hooks", {"name": "mail", "sort": "email", "mail_to": ["ada@example.org"]})
    assert mail.status_code == 409 and "No mail server" in mail.json()["detail"]
    admin.post("hooks", wanted)
    twice = admin.post("hooks", wanted)
    assert twice.status_code == 409 and "already" in twice.json()["detail"]
    assert "pager" in admin.get("hooks").text and "mail" not in [
        one["name"] for one in admin.get("hooks").json()["hooks"]
    ]


def test_the_usual_events_are_told_without_a_list(admin: Program, wanted: dict[str, Any]) -> None:
    known = admin.get("hooks/events").json()["events"]
    usual = {one["name"] for one in known if one["usual"]}
    told = admin.post("hooks", {**wanted, "events": None}).json()["events"]
    assert set(told) == usual and "changelog.broken" in usual and len(usual) < len(known)


def test_who_sees_and_who_changes(fleet: Fleet, admin: Program, program: MakeProgram, wanted: dict[str, Any]) -> None:
    number = admin.post("hooks", wanted).json()["id"]
    with tenant_context(fleet):
        happened()
        waits = Delivery.objects.get().pk
    before = subjects(fleet)
    viewer, operator, narrow = program("viewer"), program("operator"), program("admin", scopes=["observe", "request"])
    for caller in (viewer, operator, narrow):
        seen = caller.get(f"hooks/{number}").json()
        assert seen["url"] == "" and "s3cret" not in str(seen) and seen["waiting"] == 1
        for rest in ("hooks", *(f"hooks/{number}/{act}" for act in ACTS), f"deliveries/{waits}/again"):
            assert caller.post(rest, wanted).status_code == 403, rest
    for caller in (viewer, narrow):
        assert caller.get(f"hooks/{number}/deliveries").status_code == 403
        assert caller.get(f"deliveries/{waits}").status_code == 403
    assert subjects(fleet) == before


def test_only_posts_change_anything(admin: Program, wanted: dict[str, Any]) -> None:
    number = admin.post("hooks", wanted).json()["id"]
    assert all(admin.get(f"hooks/{number}/{act}").status_code == 405 for act in ACTS)
    assert admin.get("deliveries/1/again").status_code == 405


def test_another_fleet_sees_nothing_of_it(
    admin: Program, other_fleet: Fleet, program: MakeProgram, wanted: dict[str, Any]
) -> None:
    number, stranger = admin.post("hooks", wanted).json()["id"], program("admin", fleet=other_fleet)
    assert stranger.get("hooks").json()["hooks"] == []
    assert all(stranger.post(f"hooks/{number}/{act}", {}).status_code == 404 for act in ACTS)
    assert stranger.get(f"hooks/{number}").status_code == stranger.get(f"hooks/{number}/deliveries").status_code == 404
    assert stranger.get("deliveries/7").status_code == stranger.post("deliveries/7/again").status_code == 404
