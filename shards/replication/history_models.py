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


class LeaderSwitch(models.Model):
    """One change of a shard's leader, with who asked for it and what was measured of it. `lsn` is where the new
    timeline begins. `operation` is None where nobody asked here; `before_watch`: it lay before the first look, and
    nobody knows.

    Kept for good, as its row in `Happening` and its record in the change log are: samples are not."""

    shard = models.CharField(max_length=60)
    timeline = models.PositiveIntegerField()
    lsn = models.CharField(max_length=20)
    old_leader = models.CharField(max_length=100, blank=True)
    new_leader = models.CharField(max_length=100, blank=True)
    reason = models.TextField(blank=True, help_text="As Patroni says it.")
    at = models.DateTimeField(db_index=True, help_text="As Patroni says it; else when it was seen.")
    operation = models.BigIntegerField(null=True)
    asked_by = models.CharField(max_length=150, blank=True)
    cause = models.TextField(blank=True)
    before_watch = models.BooleanField(default=False)
    synchronous = models.CharField(max_length=10, default="off")
    measured_at = models.DateTimeField(null=True)
    gap_least = models.FloatField(null=True, help_text="Seconds.")
    gap_most = models.FloatField(null=True)
    gap_how = models.TextField(blank=True)
    lost_bytes = models.BigIntegerField(null=True)
    lost_how = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shard", "timeline", "lsn"], name="one_row_per_switch")]

    def __str__(self) -> str:
        return f"{self.shard}: timeline {self.timeline} under {self.new_leader or 'nobody'}"
