"""Operations of a fleet, durable: what is to be done, who holds it, how far it came. Celery only wakes workers."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models.functions import Cast
from django.utils import timezone

from novaops.operations.choices import EXPIRING, FRUITLESS, Status, StepStatus
from novaops.operations.contract import Lock, Plan, Risk


class Operation(models.Model):
    """One change to the live fleet. Its status changes only by conditional UPDATE (services, leases)."""

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    risk = models.CharField(max_length=12, choices=Risk)
    parameters = models.JSONField(default=dict)
    reason = models.TextField()
    ticket = models.CharField(max_length=100, blank=True)
    # People live in another schema, so the database does not watch these links; the copied name is the evidence.
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    requested_by_name = models.CharField(max_length=150)
    request_key = models.CharField(
        max_length=200,
        null=True,
        unique=True,
        help_text="A second request with the same key makes no second operation.",
    )
    recurrence = models.ForeignKey(
        "operations.Recurrence", null=True, on_delete=models.PROTECT, related_name="occurrences"
    )
    takes_back = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="taken_back_by",
        help_text="Of which it is the inverse.",
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="children",
        help_text="The operation that requested it, as a part of its own work.",
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    confirmed_by_name = models.CharField(max_length=150, blank=True)
    cancelled_by_name = models.CharField(max_length=150, blank=True)
    paused_by_name = models.CharField(max_length=150, blank=True)

    approvals_needed = models.PositiveSmallIntegerField(default=0, help_text="By the policy when it was confirmed.")
    break_glass = models.BooleanField(default=False, help_text="Confirmed without the approvals, and despite freezes.")
    acknowledged_by_name = models.CharField(max_length=150, blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledgement = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True, help_text="When it is to start; at once if empty.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="In which people read its due time.")

    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    outcome = models.TextField(blank=True, help_text="One sentence: how it ended.")
    changed = models.JSONField(default=list, help_text="Of a stale one: what, before and now of each difference.")
    plan_json = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True)
    locks = models.JSONField(
        default=list, help_text='[scope, name] of each lock that it takes, and "shared" where others may have it too.'
    )

    planned_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(
        null=True, help_text="Until when it may go on from planned, waiting or scheduled."
    )
    confirmed_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    woken_at = models.DateTimeField(null=True, help_text="When a worker was last told to look at it.")

    lease_owner = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    turns = models.PositiveIntegerField(default=0, help_text="How many workers took it so far.")
    fencing_token = models.BigIntegerField(default=0, help_text="Grows with each turn at any operation of the fleet.")
    cancel_requested = models.BooleanField(default=False)
    pause_requested = models.BooleanField(default=False)
    reverting = models.CharField(max_length=10, blank=True, help_text="The status that it ends in once taken back.")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["status", "-id"], name="operation_by_status")]
        constraints = [
            models.UniqueConstraint(
                fields=["takes_back"], condition=~models.Q(status__in=FRUITLESS), name="taken_back_once"
            )
        ]

    def __str__(self) -> str:
        return f"operation {self.pk}: {self.title}"

    @property
    def subject(self) -> str:
        """How the change log names it."""
        return f"operation:{self.pk}"

    @property
    def plan(self) -> Plan:
        return Plan.model_validate(self.plan_json)

    @property
    def wanted_locks(self) -> tuple[Lock, ...]:
        return tuple(map(Lock.restored, self.locks))

    @property
    def targets(self) -> list[str]:
        """The subjects that it touches, such as "shard:shard-1": timelines find its records by them."""
        named = {target for target in self.plan.blast.targets if ":" in target}
        return sorted({str(lock) for lock in self.wanted_locks} | named)

    @property
    def state(self) -> Status:
        return Status(self.status)

    @property
    def expired(self) -> bool:
        return self.status in EXPIRING and self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def glass_sentence(self) -> str:
        """What has to be said of a break-glass operation wherever it is shown."""
        said = f"{self.confirmed_by_name} ran operation {self.pk} as a break-glass, without anybody's approval"
        if self.acknowledged_at:
            return f"{said}. {self.acknowledged_by_name} acknowledged it: {self.acknowledgement}"
        later = "nobody else has acknowledged it" if self.state.terminal else "somebody else has to acknowledge it"
        return f"{said}; {later}{' yet' if self.state.terminal else ' afterwards'}."

    @property
    def unacknowledged(self) -> bool:
        """A break-glass that is over, and that nobody else has looked at yet."""
        return self.break_glass and self.state.terminal and self.acknowledged_at is None


class OperationStep(models.Model):
    """One step, with what came of it so far."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="steps")
    index = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    consequence = models.TextField(blank=True)
    arguments = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=StepStatus, default=StepStatus.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.BigIntegerField(null=True, help_text="How much of `total` is done, where it can be counted.")
    total = models.BigIntegerField(null=True)
    rate = models.FloatField(null=True, help_text="How much of `total` a second, over this attempt.")
    note = models.TextField(blank=True, help_text="What it is doing right now.")
    outcome = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["operation", "index"], name="one_step_per_index")]

    def __str__(self) -> str:
        return f"step {self.index + 1} ({self.title})"

    @property
    def seconds_left(self) -> float | None:
        """While it runs, and where it can be counted."""
        if self.status != StepStatus.RUNNING or not self.rate or self.total is None or self.done is None:
            return None
        return max(0.0, (self.total - self.done) / self.rate)

    @property
    def facts(self) -> dict[str, Any]:
        """How the change log shows it."""
        return {"step": self.key, "title": self.title, "arguments": self.arguments, "attempts": self.attempts}


class OperationLog(models.Model):
    """One line that a step or the runner wrote for people who watch."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="lines")
    at = models.DateTimeField(default=timezone.now)
    step = models.CharField(max_length=60, blank=True)
    text = models.TextField()

    class Meta:
        ordering = ["id"]


class OperationLock(models.Model):
    """What a running operation holds. The database's own constraints decide: locks of one scope and name exclude each
    other, and shared ones only those that are not."""

    scope = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    shared = models.BooleanField(default=False)
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="held_locks")
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "name"], condition=models.Q(shared=False), name="one_holder_per_lock"
            ),
            models.UniqueConstraint(fields=["scope", "name", "operation"], name="once_per_operation"),
            ExclusionConstraint(
                name="shared_or_exclusive",
                expressions=[
                    ("scope", RangeOperators.EQUAL),
                    ("name", RangeOperators.EQUAL),
                    (Cast("shared", models.IntegerField()), RangeOperators.NOT_EQUAL),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"
