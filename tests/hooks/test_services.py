"""What a person does with hooks: recorded with before and after, and never with a secret."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.utils import timezone
from django_tenants.utils import tenant_context

from novaops.audit.models import Record
from novaops.fleets.models import Fleet, Person
from novaops.hooks import housekeeping, services
from novaops.hooks.choices import Sort
from novaops.hooks.delivering import deliver
from novaops.hooks.keys import secrets_of
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.problems import HookProblem
from novaops.hooks.services import Draft
from novaops.inventory.secrets import SecretProblem
from novaops.inventory.services import reseal_passwords
from tests.hooks.conftest import EVENTS, MakeHook, happened
from tests.hooks.receiver import Receiver


def last() -> Record:
    return Record.objects.filter(verb="setting changed").latest("sequence")


def test_making_and_changing_is_recorded_without_secrets(hook: Hook, receiver: Receiver, admin: Person) -> None:
    made = last()
    assert (made.subject, made.actor, made.data["before"]) == ("setting:hooks/pager", admin.username, None)
    assert made.data["after"]["receiver"] == f"http://127.0.0.1:{receiver.port}/in?…"
    services.change(hook.pk, Draft(name="pager-2", events=("operation.done",), url=receiver.url), admin)
    changed = last()
    assert changed.subject == "setting:hooks/pager" and changed.outcome == "Hook “pager”: name, events changed."
    assert changed.data["before"]["events"] == list(EVENTS) and changed.data["after"]["events"] == ["operation.done"]
    services.renew_secret(hook.pk, admin)
    told = [json.dumps(one.data) + one.outcome for one in Record.objects.all()]
    assert not [one for one in told if "whsec_" in one or "s3cret" in one]
    assert b"whsec_" not in bytes(Hook.objects.get().secret_encrypted)


def test_a_name_is_given_once(make_hook: MakeHook, admin: Person, receiver: Receiver) -> None:
    make_hook()
    before = Record.objects.count()
    with pytest.raises(HookProblem, match="already"):
        make_hook()
    other = make_hook(name="other")
    with pytest.raises(HookProblem, match="already"):
        services.change(other.pk, Draft(name="pager", events=EVENTS, url=receiver.url), admin)
    assert Record.objects.count() == before + 1


def test_there_is_a_limit(make_hook: MakeHook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MOST_HOOKS", 1)
    make_hook()
    with pytest.raises(HookProblem, match="at most 1"):
        make_hook(name="other")


def test_only_a_disabled_hook_is_deleted_with_its_history(hook: Hook, admin: Person) -> None:
    happened()
    with pytest.raises(HookProblem, match="Disable the hook first"):
        services.delete(hook.pk, admin)
    services.disable(hook.pk, admin)
    services.delete(hook.pk, admin)
    assert not Hook.objects.exists() and not Delivery.objects.exists()
    assert last().data["after"] is None and last().data["before"]["name"] == "pager"
    with pytest.raises(HookProblem, match="gone"):
        services.enable(hook.pk, admin)


def test_twice_is_refused(hook: Hook, admin: Person) -> None:
    with pytest.raises(HookProblem, match="is enabled"):
        services.enable(hook.pk, admin)
    services.disable(hook.pk, admin)
    with pytest.raises(HookProblem, match="is disabled"):
        services.disable(hook.pk, admin)
    with pytest.raises(HookProblem, match="is disabled"):
        services.test(hook.pk, admin)


def test_a_test_is_a_delivery_of_its_own_record(hook: Hook, receiver: Receiver, admin: Person) -> None:
    services.test(hook.pk, admin)
    deliver(hook.pk)
    told = json.loads(receiver.requests[0].body)
    assert told["type"] == "hook.test" and told["data"]["record"]["outcome"] == "admin-alpha tests hook “pager”."
    assert told["data"]["record"]["hash"] == Record.objects.get(verb="hook tested").hash


def test_what_waits_goes_to_the_new_address(hook: Hook, receiver: Receiver, admin: Person) -> None:
    receiver.answers.append(500)
    happened()
    deliver(hook.pk)
    services.change(hook.pk, Draft(name="pager", events=EVENTS, url=receiver.url.replace("/in", "/new")), admin)
    deliver(hook.pk)
    assert [request.path for request in receiver.requests] == ["/in?token=s3cret", "/new?token=s3cret"]


def test_secrets_come_under_a_new_key(hook: Hook, admin: Person, settings: Any) -> None:
    new = services.renew_secret(hook.pk, admin)[1]
    old_key, new_key = settings.NOVAOPS_SECRET_KEYS[0], Fernet.generate_key().decode()
    settings.NOVAOPS_SECRET_KEYS = [new_key, old_key]
    assert reseal_passwords() == 2
    settings.NOVAOPS_SECRET_KEYS = [new_key]
    assert secrets_of(Hook.objects.get()) == [new, hook.told]  # type: ignore[attr-defined]
    settings.NOVAOPS_SECRET_KEYS = [old_key]
    with pytest.raises(SecretProblem):
        secrets_of(Hook.objects.get())


def test_old_deliveries_are_deleted(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 2)
    now = timezone.now()
    for days, status in ((29, "delivered"), (31, "delivered"), (89, "given up"), (91, "given up"), (99, "pending")):
        for _ in range(3):
            Delivery.objects.create(
                hook=hook, sequence=1, event="x", subject="x", status=status, ended_at=now - timedelta(days=days)
            )
    assert housekeeping.forget_old(now) == 6 and housekeeping.forget_old(now) == 0
    assert Delivery.objects.count() == 9


def test_each_fleet_has_its_own(hook: Hook, other_fleet: Fleet, admin: Person, receiver: Receiver) -> None:
    with tenant_context(other_fleet):
        assert not Hook.objects.exists()
        made, _ = services.make(Sort.WEBHOOK, Draft(name="pager", events=EVENTS, url=receiver.url), admin)
        happened()
        deliver(made.pk)
    told = json.loads(receiver.requests[0].body)
    assert told["data"]["fleet"]["slug"] == "beta" and len(receiver.requests) == 1
