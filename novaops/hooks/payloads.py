"""What a receiver is told: the event, the fleet, the operation, and the record that the change log holds of it.

The record's hash lets a receiver hold what it was told against an export of the change log. A record never holds
secrets, and nothing else is added to it but names and numbers."""

import re
from typing import Any

from django.conf import settings
from django.db import connection

from novaops.audit.canonical import canonical, instant
from novaops.audit.models import Record
from novaops.fleets.paths import fleet_path
from novaops.hooks.events import event_named
from novaops.hooks.models import Delivery
from novaops.operations.models import Operation


def payload_of(delivery: Delivery) -> dict[str, Any]:
    """Put together when it is first sent, and kept: every attempt says the same."""
    if delivery.payload is None:
        delivery.payload = _payload(delivery)
        Delivery.objects.filter(pk=delivery.pk).update(payload=delivery.payload)
    found: dict[str, Any] = delivery.payload
    return found


def _payload(delivery: Delivery) -> dict[str, Any]:
    """From what was written down with the event."""
    record = Record.objects.get(sequence=delivery.sequence)
    fleet = connection.tenant  # type: ignore[attr-defined]
    data: dict[str, Any] = {"fleet": {"slug": fleet.slug, "name": fleet.name}}
    about = re.match(r"operation:(\d+)", record.subject)
    operation = Operation.objects.filter(pk=int(about[1])).first() if about else None
    if operation:
        data["operation"] = _operation(operation, record, delivery.event)
    return {"type": delivery.event, "timestamp": instant(record.at), "data": {**data, "record": _record(record)}}


def body_of(payload: dict[str, Any]) -> bytes:
    """The bytes that are signed and sent: the same ones with every attempt."""
    return canonical(payload)


def link(page: str, **values: Any) -> str:
    """The page's whole address; empty where the installation does not say under which name people reach it."""
    return settings.PUBLIC_URL + fleet_path(page, **values) if settings.PUBLIC_URL else ""


def _operation(operation: Operation, record: Record, event: str) -> dict[str, Any]:
    return {
        "number": operation.pk,
        "kind": operation.kind,
        "title": operation.title,
        "status": event_named(event).status or operation.status,
        "risk": operation.risk,
        "reason": operation.reason,
        "ticket": operation.ticket,
        "requested_by": operation.requested_by_name,
        "outcome": record.outcome,
        "targets": operation.targets,
        "break_glass": operation.break_glass,
        "link": link("operation", pk=operation.pk),
    }


def _record(record: Record) -> dict[str, Any]:
    return {
        "sequence": record.sequence,
        "hash": record.hash,
        "at": instant(record.at),
        "actor": record.actor,
        "actor_kind": str(record.actor_kind),
        "verb": record.verb,
        "subject": record.subject,
        "outcome": record.outcome,
        "link": link("change", sequence=record.sequence),
    }
