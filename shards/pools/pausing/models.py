"""Pauses of pools: each is written down before a pool is paused, and who answers for its end."""

from django.db import models
from django.db.models import Q


class Ending(models.TextChoices):
    RESUMED = "resumed", "Resumed by an operation"
    EXPIRED = "expired", "Resumed by a guard at its end"
    GAVE_UP = "gave-up", "Resumed: running transactions did not end"
    SUPERSEDED = "superseded", "Taken over by a later pause"
    GONE = "gone", "The pool is no longer registered"


class PoolPause(models.Model):
    """One PAUSE of one database of one pool. `ends_at` is fixed when it is asked for: whatever becomes of the
    operation, a guard resumes the pool then. `paused_at` is set once PgBouncer said that the database is at rest."""

    pool = models.CharField(max_length=60, help_text="The name: it outlives the pool's registration.")
    database = models.CharField(max_length=63)
    operation = models.IntegerField(help_text="The number of the operation that asked for it.")
    fencing_token = models.BigIntegerField()
    asked_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    guarded_by = models.CharField(max_length=120, blank=True)
    guarded_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=12, choices=Ending, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pool", "database"], condition=Q(ended_at__isnull=True), name="one_pause_of_a_database"
            )
        ]

    def __str__(self) -> str:
        return f"{self.database} of {self.pool}"


class PoolGuard(models.Model):
    """A process that ends pauses. `seen_at` is the control database's time of its last turn."""

    name = models.CharField(max_length=120, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
