"""What the console keeps of each move: how far it came, what may be turned while it runs, what came out."""

from django.db import models

from novaops.inventory.models import Shard
from novaops.operations.models import Operation


class Phase(models.TextChoices):
    """Where a move is. Only `moved` and `returning` have a way back."""

    PREPARING = "preparing", "Preparing"
    COPYING = "copying", "Copying"
    CATCHING_UP = "catching-up", "Catching up"
    COMPARING = "comparing", "Comparing"
    CUTTING_OVER = "cutting-over", "Cutting over"
    MOVED = "moved", "Moved, way back open"
    RETURNING = "returning", "Being taken back"
    FINISHING = "finishing", "Finishing"
    FINISHED = "finished", "Finished"
    REVERTED = "reverted", "Taken back"


OVER = (Phase.FINISHED, Phase.REVERTED)
# Between the operations of a move: its way back is open, or is being used or taken away by another operation.
STANDING = (Phase.MOVED, Phase.RETURNING, Phase.FINISHING)


class Move(models.Model):
    """One tenant's move. `operation` moved it out; its number is in the names of all that was made for it. Sizes are
    in bytes, rates in bytes a second; what is null is not known yet."""

    operation = models.OneToOneField(Operation, on_delete=models.PROTECT, related_name="move")
    tenant_id = models.CharField(max_length=100)
    schema_name = models.CharField(max_length=63, blank=True)
    source = models.ForeignKey(Shard, on_delete=models.PROTECT, related_name="moves_out")
    target = models.ForeignKey(Shard, on_delete=models.PROTECT, related_name="moves_in")
    epoch = models.PositiveBigIntegerField(help_text="Of the placement before the cutover.")
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.PREPARING)
    began_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    # Turned by people while it runs.
    limit_mb = models.FloatField(
        null=True, help_text="MB a second that are copied at most; as fast as it goes if empty."
    )
    hours_from = models.TimeField(
        null=True, help_text="From when in the day it may copy and cut over; always if empty."
    )
    hours_until = models.TimeField(null=True)
    time_zone = models.CharField(max_length=64, default="UTC")

    rows_total = models.BigIntegerField(null=True)
    bytes_total = models.BigIntegerField(null=True)
    rows_copied = models.BigIntegerField(default=0)
    bytes_copied = models.BigIntegerField(default=0)
    bytes_per_second = models.FloatField(null=True)
    waits_for = models.CharField(max_length=200, blank=True, help_text="What holds it back right now: a sentence.")
    behind_bytes = models.BigIntegerField(null=True, help_text="WAL that the stream has not applied.")
    held_bytes = models.BigIntegerField(null=True, help_text="WAL that the sender keeps for its slot.")
    touched = models.BigIntegerField(null=True, help_text="Keys to be compared again.")
    measured_at = models.DateTimeField(null=True)

    rows_compared = models.BigIntegerField(null=True)
    compared_at = models.DateTimeField(null=True)
    differences = models.JSONField(default=list, help_text="Table, key and columns of each row that differs.")

    pause_ms = models.FloatField(null=True, help_text="How long the tenant's writes waited in the cutover.")
    pause_parts = models.JSONField(default=list, help_text="Its parts in their order: name and milliseconds of each.")
    cutovers = models.PositiveIntegerField(default=0, help_text="How often a cutover was tried.")
    moved_at = models.DateTimeField(null=True)
    way_back_until = models.DateTimeField(null=True)
    followed_by = models.CharField(max_length=200, blank=True, help_text="Who keeps the way back.")
    followed_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id"], condition=~models.Q(phase__in=OVER), name="one_move_per_tenant"
            )
        ]

    @property
    def stands(self) -> bool:
        """What was made for it belongs to it. Otherwise it is over, or its operation ended on the way and nobody took
        it up: that is left behind."""
        return self.phase in STANDING or (self.phase not in OVER and not self.operation.state.terminal)

    def __str__(self) -> str:
        return f"move of {self.tenant_id} from {self.source} to {self.target}"
