"""Telling the fleet's open pages that something is new."""

import re
from typing import Any

from django.db import connection

from novaops.live.messages import CHANNEL, Message

EVENT = re.compile(r"[a-z][a-z0-9-]{0,59}")


def publish(event: str, data: dict[str, Any] | None = None) -> None:
    """Sends `event` to the pages of the fleet whose schema the connection is on, when the transaction commits.
    `data` is small, holds JSON values and never a secret. ValueError for a name that a stream cannot carry."""
    schema = connection.schema_name  # type: ignore[attr-defined]
    if schema == "public":
        raise ValueError(f"The event {event!r} belongs to no fleet: publish it inside a fleet's schema.")
    if not EVENT.fullmatch(event):
        raise ValueError(f"{event!r} cannot be an event's name: lower-case letters, digits and dashes, a letter first.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, Message(schema, event, data or {}).to_text()])
