"""Which tenant lives on which shard, since when, at which epoch, and where it lived before."""

from django.db import models

from novaops.inventory.models import Shard


class Isolation(models.TextChoices):
    ROWS = "rows", "Shared tables"
    SCHEMA = "schema", "Own schema"


class Placement(models.Model):
    """One tenant's place now. `epoch` grows with each move; `vms` and `bytes` are what its shard last answered, at
    `counted_at` (null until the first answer). Rows are made by `services.assign` alone."""

    tenant_id = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    isolation = models.CharField(max_length=10, choices=Isolation, default=Isolation.ROWS)
    schema_name = models.CharField(max_length=63, blank=True, help_text="On the shard, for isolation by schema.")
    shard = models.ForeignKey(Shard, on_delete=models.PROTECT, related_name="placements")
    epoch = models.PositiveBigIntegerField(default=1)
    since = models.DateTimeField(help_text="When the tenant came to this shard.")
    vms = models.PositiveBigIntegerField(null=True)
    bytes = models.PositiveBigIntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    gate = models.CharField(
        max_length=10,
        blank=True,
        db_default="",
        help_text="What its shard says instead of open: away or arriving; else empty.",
    )
    gate_since = models.DateTimeField(null=True, help_text="Since when that is known.")

    class Meta:
        indexes = [
            models.Index(fields=["shard", "tenant_id"], name="placement_by_shard"),
            models.Index(fields=["name", "tenant_id"], name="placement_by_name"),
            models.Index(models.F("vms").desc(nulls_last=True), "tenant_id", name="placement_largest_vms"),
            models.Index(models.F("bytes").desc(nulls_last=True), "tenant_id", name="placement_largest_bytes"),
            models.Index(fields=["-since", "tenant_id"], name="placement_newest"),
            models.Index(fields=["gate_since"], condition=~models.Q(gate=""), name="placement_shut"),
        ]

    def __str__(self) -> str:
        return self.tenant_id


class PlacementChange(models.Model):
    """One entry of a tenant's history: from `at` on, at `epoch`, it was on `shard`."""

    tenant_id = models.CharField(max_length=100)
    epoch = models.PositiveBigIntegerField()
    shard = models.ForeignKey(Shard, on_delete=models.PROTECT, related_name="placement_changes")
    at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "epoch"], name="one_change_per_epoch")]
