"""Switching a hook off: by a person, or because its receiver said that it wants nothing more."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from novaops.audit.services import Actor, record
from novaops.hooks.choices import DeliveryStatus
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.outbox import forget
from novaops.live import publish

UNSENT = "The hook was disabled before it was sent."


def described(hook: Hook) -> dict[str, Any]:
    """What the change log holds of a hook; nothing that is secret."""
    return {
        "name": hook.name,
        "sort": hook.sort,
        "receiver": hook.receiver,
        "events": hook.events,
        "kinds": hook.kinds,
        "risks": hook.risks,
        "enabled": hook.enabled,
        "signing_key_since": hook.secret_since,
    }


def note(hook: Hook, by: Actor, outcome: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """The record, appended before the change is written: whoever holds the change log's lock never waits for a hook."""
    record("setting changed", hook.subject, actor=by, outcome=outcome, data={"before": before, "after": after})
    changed()


def changed() -> None:
    """This process knows at once, pages when the transaction commits."""
    forget()
    transaction.on_commit(forget)
    publish("hooks")


def switch_off(hook: Hook, by: Actor, outcome: str, because: str = "") -> None:
    """Inside a transaction that holds the hook's row: the record, then the change; what waits is given up."""
    before = described(hook)
    note(hook, by, outcome, before, {**before, "enabled": False})
    Hook.objects.filter(pk=hook.pk).update(
        enabled=False, disabled_because=because[:300], rests_until=None, failing_since=None, failures=0
    )
    waiting = Delivery.objects.filter(hook=hook, status=DeliveryStatus.PENDING)
    waiting.update(status=DeliveryStatus.GIVEN_UP, ended_at=Now(), last_error=because[:500] or UNSENT)


def disable_by_itself(hook_id: int, because: str) -> None:
    with transaction.atomic():
        hook = Hook.objects.select_for_update(no_key=True).filter(pk=hook_id, enabled=True).first()
        if hook is not None:
            switch_off(hook, Actor.automatic("hooks"), f"Hook “{hook.name}” is disabled. {because}", because)
