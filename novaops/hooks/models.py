"""Hooks of a fleet and what they are told: an outbox that is written with the record and emptied afterwards."""

import uuid
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from novaops.hooks.choices import DeliveryStatus, Sort
from novaops.hooks.events import Event, event_named


class Hook(models.Model):
    """Who is told of what. Its secret is sealed: novaops.hooks.keys alone turns it back into text.

    At most one deliverer at a time has a hook: its lane. All that is changed about a hook is changed after the record
    that says so, under the change log's lock, so that no record ever waits for it."""

    name = models.CharField(max_length=60, unique=True)
    sort = models.CharField(max_length=10, choices=Sort)
    url = models.CharField(max_length=500, blank=True)
    mail_to = models.JSONField(default=list, help_text="Addresses, for e-mail.")
    events = models.JSONField(default=list)
    kinds = models.JSONField(default=list, help_text="Only operations of these kinds; empty: of any.")
    risks = models.JSONField(default=list, help_text="Only operations of these risks; empty: of any.")
    enabled = models.BooleanField(default=True)
    disabled_because = models.CharField(max_length=300, blank=True)

    secret_encrypted = models.BinaryField(default=b"")
    secret_since = models.DateTimeField(null=True)
    old_secret_encrypted = models.BinaryField(default=b"", help_text="Also signed with, until then.")
    old_secret_until = models.DateTimeField(null=True)

    made_at = models.DateTimeField(default=timezone.now)
    made_by_name = models.CharField(max_length=150)
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by_name = models.CharField(max_length=150)

    lane_holder = models.UUIDField(null=True)
    lane_until = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True, help_text="Nothing is sent before: the receiver failed.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    delivered_at = models.DateTimeField(null=True, help_text="When something last reached the receiver.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """How the change log names it."""
        return f"setting:hooks/{self.name}"

    @property
    def receiver(self) -> str:
        """Where it leads to, without what may be a secret: a query's values."""
        if self.sort == Sort.EMAIL:
            return ", ".join(self.mail_to)
        parts = urlsplit(self.url)
        return parts._replace(query="…" if parts.query else "", fragment="").geturl()

    @property
    def wanted(self) -> list[Event]:
        return [event_named(name) for name in self.events]

    @property
    def state(self) -> str:
        if not self.enabled:
            return "disabled"
        if self.failing_since:
            return "failing"
        return "ok" if self.delivered_at else "unused"


class Delivery(models.Model):
    """One event for one hook. The payload is put together at the first attempt, and stays what it was then."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, help_text="The same with every attempt.")
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    sequence = models.BigIntegerField(help_text="The record in the change log that it tells of.")
    event = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    payload = models.JSONField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(db_default=Now())
    next_at = models.DateTimeField(db_default=Now(), help_text="Not sent before.")
    tried_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, help_text="What the receiver answered: 200, 503.")
    took_ms = models.FloatField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["hook", "id"], name="delivery_waiting", condition=Q(status="pending")),
            models.Index(fields=["hook", "-id"], name="delivery_by_hook"),
            models.Index(fields=["status", "ended_at"], name="delivery_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.event} for {self.hook_id}"

    @property
    def message_id(self) -> str:
        """What receivers know it by."""
        return f"msg_{self.uid.hex}"

    @property
    def label(self) -> str:
        return event_named(self.event).label
