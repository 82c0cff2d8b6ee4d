"""What the API takes and answers about hooks. Nothing here but `secret`, which is told once, is secret."""

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from novaops.hooks.choices import Sort


class EventOut(Schema):
    """`usual` ones are told when a hook is made without a list of its own."""

    name: str
    label: str
    group: str
    usual: bool


class EventsOut(Schema):
    events: list[EventOut]


class HookIn(Schema):
    """A webhook has `url`, e-mail has `mail_to`."""

    name: str = Field(description="How lists and the change log call it.", examples=["pager"])
    sort: Literal["webhook", "email"] = Field("webhook", description="How it is told.")
    url: str = Field("", description="Where every event is sent to.", examples=["https://receiver.example/novaops"])
    mail_to: list[str] = Field([], description="Addresses, at most 20.")
    events: list[str] | None = Field(None, description="Names of events; without a list, the usual ones.")
    kinds: list[str] = Field([], description="Only operations of these kinds; empty: of any.")
    risks: list[str] = Field([], description="Only operations of these risks; empty: of any.")

    @property
    def as_sort(self) -> Sort:
        return Sort(self.sort)


class HookChangeIn(Schema):
    """What is left out stays as it is."""

    name: str | None = Field(None, description="How lists and the change log call it.")
    url: str | None = Field(None, description="Of a webhook.", examples=["https://receiver.example/other"])
    mail_to: list[str] | None = Field(None, description="Of e-mail.")
    events: list[str] | None = Field(None, description="All that it wants to hear of.")
    kinds: list[str] | None = Field(None, description="Only operations of these kinds; empty: of any.")
    risks: list[str] | None = Field(None, description="Only operations of these risks; empty: of any.")


class HookOut(Schema):
    """`receiver` is where it leads to without the values of a query; `url` is whole for who manages the fleet, and
    empty for others. `state` is `ok`, `failing`, `unused` or `disabled`; `waiting` counts what is not delivered yet."""

    id: int
    name: str
    sort: str
    receiver: str
    url: str
    events: list[str]
    kinds: list[str]
    risks: list[str]
    enabled: bool
    state: str
    disabled_because: str
    failing_since: datetime | None
    last_error: str
    delivered_at: datetime | None
    waiting: int
    secret_since: datetime | None
    made_at: datetime
    made_by: str
    changed_at: datetime
    changed_by: str


class HookSecretOut(HookOut):
    """`secret` is told in this answer alone; the same request sent again is answered with an empty one. E-mail has
    none."""

    secret: str


class HooksOut(Schema):
    hooks: list[HookOut]


class DeletedOut(Schema):
    id: int
    name: str
    sentence: str


class DeliveryLine(Schema):
    """`message_id` is what the receiver knows it by; `record` the number of the record that it tells of."""

    id: int
    message_id: str
    event: str
    subject: str
    record: int
    status: str
    attempts: int
    made_at: datetime
    next_at: datetime | None
    tried_at: datetime | None
    ended_at: datetime | None
    last_status: int | None
    last_error: str
    took_ms: float | None


class DeliveryOut(DeliveryLine):
    """`payload` is what was sent, from the first attempt on."""

    hook: int
    payload: dict[str, Any] | None


class DeliveriesOut(Schema):
    count: int
    next: str | None
    deliveries: list[DeliveryLine]
