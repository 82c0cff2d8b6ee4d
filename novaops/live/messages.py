"""An event on its way through the control database: the fleet's schema, the event's name, a little data."""

import json
from dataclasses import dataclass, field
from typing import Any

CHANNEL = "novaops_live"
# PostgreSQL refuses a notification of 8000 bytes or more.
LONGEST = 7900


@dataclass(frozen=True, slots=True)
class Message:
    schema: str
    event: str
    data: dict[str, Any] = field(default_factory=dict)

    def to_text(self) -> str:
        """Data that is too long is left out: an event says "look again", what there is to see is stored."""
        text = json.dumps([self.schema, self.event, self.data], separators=(",", ":"))
        if len(text.encode()) <= LONGEST:
            return text
        return json.dumps([self.schema, self.event, {}], separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "Message | None":
        """None for what no NovaOps process can have written."""
        try:
            schema, event, data = json.loads(text)
        except ValueError:
            return None
        if not isinstance(schema, str) or not isinstance(event, str) or not isinstance(data, dict):
            return None
        return cls(schema, event, data)

    def to_stream(self) -> bytes:
        """As server-sent event; JSON keeps line breaks out of the data line."""
        return f"event: {self.event}\ndata: {json.dumps(self.data)}\n\n".encode()
