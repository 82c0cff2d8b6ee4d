"""The rules of a fleet: how many people each risk needs, when nothing may change, and what comes back by the clock."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from novaops.operations.contract import Risk


class Policy(models.Model):
    """What one risk needs before it runs. A risk without a row has the defaults of `policies`."""

    risk = models.CharField(max_length=12, choices=Risk, unique=True)
    approvals = models.PositiveSmallIntegerField(help_text="How many other people have to approve.")
    ticket_required = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(approvals__lte=2), name="at_most_two_approvals")]


class Freeze(models.Model):
    """A time in which operations of some risks are refused, once or every seven days. Lifted ones stay, as evidence."""

    name = models.CharField(max_length=100)
    reason = models.TextField()
    risks = models.JSONField(default=list, help_text="The risks that it refuses.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Whose clock a weekly one follows.")
    weekly = models.BooleanField(default=False)
    made_by_name = models.CharField(max_length=150)
    made_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True)
    lifted_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="freeze_has_a_length")
        ]

    def __str__(self) -> str:
        return self.name


class Recurrence(models.Model):
    """An operation that is planned and confirmed again and again, at the times of a crontab. Ended ones stay."""

    kind = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict)
    title = models.CharField(max_length=200)
    reason = models.TextField()
    ticket = models.CharField(max_length=100, blank=True)
    crontab = models.CharField(max_length=200, help_text="Minute, hour, day of the month, month, day of the week.")
    time_zone = models.CharField(max_length=64, default="UTC")
    confirm_phrase = models.CharField(
        max_length=200, blank=True, help_text="What was typed; no other plan is confirmed."
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    requested_by_name = models.CharField(max_length=150)
    enabled = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True)
    paused_by_name = models.CharField(max_length=150, blank=True)
    resumed_at = models.DateTimeField(null=True, help_text="Turns before it are not made up for.")
    ended_at = models.DateTimeField(null=True)
    ended_by_name = models.CharField(max_length=150, blank=True)
    last_outcome = models.TextField(blank=True, help_text="One sentence: what came of its last turn.")
    last_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"schedule {self.pk}: {self.title}"

    @property
    def subject(self) -> str:
        """How the change log names it."""
        return f"schedule:{self.pk}"

    @property
    def facts(self) -> dict[str, Any]:
        """How the change log shows it."""
        names = ("kind", "parameters", "reason", "ticket", "crontab", "time_zone", "enabled")
        paused = {"paused": True} if self.paused_at else {}
        return {**{name: getattr(self, name) for name in names}, **paused, "requested_by": self.requested_by_name}

    @property
    def begins(self) -> datetime:
        """Turns before it are none of this schedule's."""
        return max(self.made_at, self.resumed_at or self.made_at)
