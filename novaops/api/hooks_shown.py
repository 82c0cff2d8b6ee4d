"""Hooks and their deliveries as the API shows them, and what is said of a hook as the browser's form reads it."""

from collections.abc import Collection, Mapping
from typing import Any

from novaops.api.hook_schemas import DeliveryLine, DeliveryOut, HookOut
from novaops.fleets.rights import Right
from novaops.hooks.choices import DeliveryStatus, Sort
from novaops.hooks.events import EVENTS
from novaops.hooks.forms import HookForm
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.services import Draft
from novaops.operations.problems import Invalid

APART = {"waiting", "url", "made_by", "changed_by"}


def hook_shown(hook: Hook, rights: Collection[Right], waiting: int) -> HookOut:
    return HookOut(
        **{name: getattr(hook, name) for name in HookOut.model_fields if name not in APART},
        url=hook.url if Right.MANAGE_FLEET in rights else "",
        waiting=waiting,
        made_by=hook.made_by_name,
        changed_by=hook.changed_by_name,
    )


def line_of(delivery: Delivery) -> DeliveryLine:
    return DeliveryLine(**_line(delivery))


def delivery_shown(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(**_line(delivery), hook=delivery.hook_id, payload=delivery.payload)


def usual_events() -> list[str]:
    return [event.name for event in EVENTS if event.usual]


def draft_of(said: Mapping[str, Any], sort: Sort, hook: Hook | None = None) -> Draft:
    """Judged as the browser's form judges it. Raises Invalid with a sentence for each field."""
    form = HookForm({**said, "mail_to": "\n".join(said["mail_to"])}, sort=sort, hook=hook)
    if not form.is_valid():
        fields = {name: " ".join(map(str, problems)) for name, problems in form.errors.items()}
        raise Invalid(" ".join(f"{name}: {sentence}" for name, sentence in fields.items()), fields)
    return form.draft


def _line(delivery: Delivery) -> dict[str, Any]:
    same = {name: getattr(delivery, name) for name in DeliveryLine.model_fields if name not in ("record", "next_at")}
    waits = delivery.status == DeliveryStatus.PENDING
    return {**same, "record": delivery.sequence, "next_at": delivery.next_at if waits else None}
