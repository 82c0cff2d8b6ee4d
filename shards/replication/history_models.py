"""What the fleet was seen to do by itself: so that each thing is recorded once, whoever sees it and however often."""

from django.db import models


class Happening(models.Model):
    """One thing that is watched on a shard, by its key, and how it was last seen. Whoever adds the row, or moves its
    state on, writes the record, in the same transaction; the others find it done.

    Kept for good: Patroni tells of a change of leader for years."""

    shard = models.CharField(max_length=60, help_text="The name: it outlives the shard's registration.")
    key = models.CharField(max_length=120, help_text='Such as "timeline 3 at 0/5000148" or "restarts of shard-1-a".')
    state = models.CharField(max_length=100, blank=True)
    seen_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shard", "key"], name="one_row_per_happening")]

    def __str__(self) -> str:
        return f"{self.shard}: {self.key}"
