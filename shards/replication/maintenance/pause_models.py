"""Pauses of automatic failover that were asked for here: whose they are, why, and until when."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from novaops.operations.models import Operation


class FailoverPause(models.Model):
    """Written before Patroni is asked. It ends when Patroni manages the cluster again, whoever resumed it; nothing
    resumes it by itself. `nagged_at` is when its owner was last told that its time is over."""

    operation = models.OneToOneField(Operation, on_delete=models.PROTECT, related_name="failover_pause")
    shard = models.CharField(max_length=60, help_text="The name: it outlives the shard's registration.")
    owner = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, help_text="When all members that answer said so.")
    nagged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shard"], condition=Q(ended_at=None), name="one_open_pause_per_shard"),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("asked_at") + timedelta(hours=24, minutes=1)),
                name="pause_of_a_day_at_most",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shard}, by {self.owner}"


def open_pause(shard: str) -> FailoverPause | None:
    return FailoverPause.objects.filter(shard=shard, ended_at=None).first()
