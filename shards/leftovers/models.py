"""What was found left behind, kept with when this console first saw it."""

from django.db import models


class SeenLeftover(models.Model):
    """One leftover of a shard as the last answer told it; gone when the shard no longer has it. `source` is the probe
    that told of it: an answer replaces only what the same question found before."""

    key = models.TextField(unique=True)
    shard = models.CharField(max_length=60)
    source = models.CharField(max_length=40)
    facts = models.JSONField()
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["shard", "source"], name="leftover_by_shard")]

    def __str__(self) -> str:
        return self.key
