"""What the change stream keeps in the control database: who works on what, how far it is, and what it counted."""

from django.db import models

GIGABYTE = 1024**3


class PartState(models.TextChoices):
    IDLE = "idle", "Nobody works on it"
    STARTING = "starting", "Starts"
    WORKING = "working", "Works"
    STUCK = "stuck", "Does not get on"


class StreamPart(models.Model):
    """One piece of work that exactly one process does at a time: a shard's reader ("reader:shard-1"), a lane's
    invalidator ("invalidator:2"), the rollups ("rollups"). The lease runs out by itself; `numbers` are the last that
    its holder told, `state_since` is when the state last changed."""

    name = models.CharField(max_length=120, unique=True)
    holder = models.CharField(max_length=150, blank=True)
    lease_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=PartState, default=PartState.IDLE)
    cause = models.TextField(blank=True)
    state_since = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    numbers = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class StreamSlot(models.Model):
    """How far a shard was read. `confirmed_lsn` is written before PostgreSQL is told of it: a slot that stands beyond
    it has jumped over changes. `road` names the stream and the consumers in JetStream that all before went to.
    `owed`: a replica was away for so long that the whole shard is told of once more when it is back. `reader` is who
    reads now: one that was held up and goes on later writes nothing here."""

    shard = models.CharField(max_length=60, unique=True)
    system_identifier = models.CharField(max_length=40)
    timeline = models.IntegerField()
    confirmed_lsn = models.BigIntegerField()
    road = models.TextField()
    owed = models.BooleanField(default=False)
    reader = models.CharField(max_length=40, blank=True)
    begun_at = models.DateTimeField()
    begun_why = models.TextField(blank=True)
    begun_times = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.shard


class StreamPosition(models.Model):
    """Up to where a consumer has counted: written in the transaction that counts, so that nothing counts twice."""

    consumer = models.CharField(max_length=40, unique=True)
    stream_born = models.CharField(max_length=60)
    sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.consumer


class StreamMinute(models.Model):
    """What changed of a tenant within a minute, by the time of commit."""

    tenant_id = models.CharField(max_length=100)
    shard = models.CharField(max_length=60)
    minute = models.DateTimeField()
    transactions = models.PositiveBigIntegerField(default=0)
    created = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    removed = models.PositiveBigIntegerField(default=0)
    other = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "shard", "minute"], name="one_row_per_tenant_and_minute")
        ]
        indexes = [models.Index(fields=["minute"], name="stream_minutes_by_time")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.minute}"


class StreamSettings(models.Model):
    """One row per fleet; without it the defaults stand."""

    most_wal_bytes = models.PositiveBigIntegerField(default=GIGABYTE)

    def __str__(self) -> str:
        return f"at most {self.most_wal_bytes} bytes of WAL"
