"""Puts into the outbox what hooks want to hear, in the transaction of the record; nothing is sent here."""

import re
import time
from functools import partial
from pathlib import Path

from django.db import connection, transaction

from novaops.audit.models import Record
from novaops.hooks.events import OPERATION, Event, event_of
from novaops.hooks.models import Hook
from novaops.hooks.waking import wake

INSERT = (Path(__file__).parent / "sql" / "outbox.sql").read_text()
ABOUT_OPERATION = re.compile(r"operation:(\d{1,18})(?:/|$)")
# So long a process may not know of a hook that another one made; it never sends to one that is gone.
KNOWN_FOR_SECONDS = 2.0
_wanted: dict[str, tuple[float, frozenset[str]]] = {}


def wants(sender: object, record: Record, **rest: object) -> bool:
    """Receiver of `novaops.audit.signals.awaited`: whether `put` would write something."""
    event = event_of(record.verb, record.data)
    return event is not None and event.name in wanted()


def put(sender: object, record: Record, **rest: object) -> None:
    """Receiver of `novaops.audit.signals.recorded`: one statement, and none when no hook wants such a record."""
    event = event_of(record.verb, record.data)
    if event is None or event.name not in wanted():
        return
    with connection.cursor() as cursor:
        cursor.execute(INSERT, _values(record, event))
        hooks = [hook for (hook,) in cursor.fetchall()]
    if hooks:
        transaction.on_commit(partial(wake, connection.tenant.slug, hooks))  # type: ignore[attr-defined]


def wanted() -> frozenset[str]:
    """The events that enabled hooks of this fleet want."""
    schema = str(connection.schema_name)  # type: ignore[attr-defined]
    until, known = _wanted.get(schema, (0.0, frozenset()))
    if time.monotonic() >= until:
        lists = Hook.objects.filter(enabled=True).values_list("events", flat=True)
        known = frozenset(name for names in lists for name in names)
        _wanted[schema] = (time.monotonic() + KNOWN_FOR_SECONDS, known)
    return known


def forget() -> None:
    """A hook changed: this process asks again."""
    _wanted.pop(str(connection.schema_name), None)  # type: ignore[attr-defined]


def _values(record: Record, event: Event) -> dict[str, int | str | bool | None]:
    about = ABOUT_OPERATION.match(record.subject)
    return {
        "sequence": record.sequence,
        "event": event.name,
        "subject": f"operation:{about[1]}" if about else record.subject,
        "operation": int(about[1]) if about else None,
        "about_operation": event.name.startswith(f"{OPERATION}."),
        "kind": _said(record, "kind"),
        "risk": _said(record, "risk"),
    }


def _said(record: Record, name: str) -> str | None:
    """What the record says of its operation; a refused request names the kind as its subject."""
    if name == "kind" and record.subject.startswith("kind:"):
        return record.subject.removeprefix("kind:")
    said = record.data.get(name)
    return said if isinstance(said, str) else None
