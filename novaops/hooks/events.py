"""What a hook can be told: names that stay stable for receivers, each made of verbs of the change log. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OPERATION = "operation"
CONFIRMED = "operation.confirmed"
TEST = "hook.test"


@dataclass(frozen=True, slots=True)
class Event:
    """`name` is what a receiver sees as the payload's type; `label` is its word on pages and in subjects of mails;
    `status` is where the operation stands then, where the event alone says so."""

    name: str
    label: str
    verbs: tuple[str, ...]
    status: str = ""
    usual: bool = False  # ticked when a hook is made

    @property
    def group(self) -> str:
        return GROUPS.get(self.name.split(".")[0], "Console")


GROUPS = {OPERATION: "Operations", "fleet": "Fleet"}
EVENTS: tuple[Event, ...] = (
    Event("operation.requested", "requested", ("operation requested",), "planned"),
    Event("operation.left-planned", "left planned by its schedule", ("operation left planned",), "planned", usual=True),
    Event("operation.waiting", "waiting for approval", (), "waiting", usual=True),
    Event("operation.approved", "approved", ("operation approved",)),
    Event("operation.approval-withdrawn", "approval withdrawn", ("approval withdrawn",)),
    Event("operation.rejected", "rejected", ("operation rejected",), "rejected", usual=True),
    Event("operation.scheduled", "scheduled", (), "scheduled"),
    Event("operation.due", "due", ("operation due",), "queued"),
    Event("operation.break-glass", "break-glass used", (), "queued", usual=True),
    Event("operation.confirmed", "confirmed", ("operation confirmed",), "queued"),
    Event("operation.started", "started", ("operation started",), "running", usual=True),
    Event("operation.paused", "paused", ("operation paused",), "paused"),
    Event("operation.resumed", "resumed", ("operation resumed",), "running"),
    Event("operation.reverting", "being taken back", ("operation being taken back",), "running"),
    Event("operation.done", "done", ("operation done",), "done", usual=True),
    Event("operation.failed", "failed", ("operation failed",), "failed", usual=True),
    Event("operation.errored", "errored", ("operation errored",), "errored", usual=True),
    Event("operation.cancelled", "cancelled", ("operation cancelled",), "cancelled", usual=True),
    Event("operation.stale", "stale", ("operation stale",), "stale", usual=True),
    Event("operation.refused", "refused", ("operation refused",)),
    Event("operation.expired", "expired", ("operation expired",), "expired"),
    Event("operation.acknowledged", "break-glass acknowledged", ("operation acknowledged",)),
    Event("fleet.leader-changed", "leader changed", ("leader changed",), usual=True),
    Event("fleet.failover-paused", "automatic failover paused or resumed", ("failover paused", "failover resumed")),
    Event("fleet.failover-pause-lapsed", "pause of failover is over its time", ("failover pause lapsed",), usual=True),
    Event("changelog.broken", "change log altered", ("change log found altered",), usual=True),
    Event("changelog.whole", "change log whole again", ("change log found whole again",), usual=True),
    Event("setting.changed", "setting changed", ("setting changed",)),
    Event("role.changed", "role given or taken", ("role granted", "role withdrawn")),
    Event("token.changed", "token made or revoked", ("token made", "token revoked")),
    Event("sign-in.locked", "sign-in locked", ("sign-in locked",)),
)
TESTED = Event(TEST, "test", ("hook tested",))

_BY_VERB = {verb: event for event in EVENTS for verb in event.verbs}
_BY_NAME = {event.name: event for event in (*EVENTS, TESTED)}


def event_of(verb: str, data: Mapping[str, Any]) -> Event | None:
    """Of a record; None for the many that are no change of state, such as a step that began."""
    event = _BY_VERB.get(verb)
    return _BY_NAME[_confirmed(data)] if event and event.name == CONFIRMED else event


def _confirmed(data: Mapping[str, Any]) -> str:
    """What a confirmation led to: the record says it."""
    if data.get("break_glass"):
        return "operation.break-glass"
    if data.get("approvals_needed"):
        return "operation.waiting"
    return "operation.scheduled" if data.get("due_at") else CONFIRMED


def event_named(name: str) -> Event:
    """Also for a name that an earlier version knew."""
    return _BY_NAME.get(name) or Event(name, name.partition(".")[2] or name, ())


def grouped() -> list[tuple[str, list[tuple[str, str]]]]:
    """The choices of a form."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for event in EVENTS:
        groups.setdefault(event.group, []).append((event.name, event.label.capitalize()))
    return list(groups.items())
