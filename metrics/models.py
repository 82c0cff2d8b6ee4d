"""Readings (the last answer of every server to every probe) and samples (numbers over time)."""

from django.db import models

from metrics.contract import State
from novaops.inventory.models import Server


class Reading(models.Model):
    """The state of one probe of one server. `facts` and `good_at` are those of the last good answer and stay when the
    server stops answering; `checked_at` is when it was last asked, `state_since` when the state last changed.

    `due_at` is the collectors' work list: claiming a row moves it on, so any number of collectors share the work and a
    row whose collector died comes due again by itself."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="readings")
    probe = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State, default=State.UNKNOWN)
    cause = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    values = models.JSONField(default=dict)
    checked_at = models.DateTimeField(null=True)
    good_at = models.DateTimeField(null=True)
    state_since = models.DateTimeField(null=True)
    took_ms = models.FloatField(null=True)
    every_seconds = models.FloatField(default=5)
    due_at = models.DateTimeField(db_index=True)
    claimed_by = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["server", "probe"], name="one_reading_per_server_and_probe")]


class Sample(models.Model):
    """Numbers of one probe of one server at one time; `width_seconds` is 0 for raw and 60 for a minute's mean."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="samples")
    probe = models.CharField(max_length=40)
    at = models.DateTimeField()
    width_seconds = models.PositiveIntegerField(default=0)
    values = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["server", "probe", "width_seconds", "at"], name="samples_by_server_and_time"),
            models.Index(fields=["width_seconds", "at"], name="samples_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["server", "probe", "width_seconds", "at"],
                condition=models.Q(width_seconds__gt=0),
                name="one_mean_per_minute",
            )
        ]


class StandingFinding(models.Model):
    """A finding that the last look at the fleet still found, and since when; gone when it no longer stands."""

    key = models.CharField(max_length=200, unique=True)
    severity = models.PositiveSmallIntegerField()
    sentence = models.TextField()
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
