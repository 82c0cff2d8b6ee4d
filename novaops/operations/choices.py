"""Where an operation and its steps stand, and which way each may go. How a state looks is the UI's `states`."""

from django.db.models import TextChoices


class Status(TextChoices):
    """waiting: for approvals; rejected: by one who could have approved; failed: an expected refusal while it ran;
    errored: a defect; cancelled: a person's will; stale: facts changed."""

    PLANNED = "planned", "Planned"
    WAITING = "waiting", "Waiting for approval"
    SCHEDULED = "scheduled", "Scheduled"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    ERRORED = "errored", "Errored"
    CANCELLED = "cancelled", "Cancelled"
    STALE = "stale", "Stale"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"
    REJECTED = "rejected", "Rejected"

    @property
    def terminal(self) -> bool:
        return not NEXT[self]


NEXT: dict[Status, frozenset[Status]] = {
    **{status: frozenset[Status]() for status in Status},
    Status.PLANNED: frozenset({Status.WAITING, Status.SCHEDULED, Status.QUEUED, Status.CANCELLED, Status.EXPIRED}),
    Status.WAITING: frozenset({Status.SCHEDULED, Status.QUEUED, Status.CANCELLED, Status.REJECTED, Status.EXPIRED}),
    Status.SCHEDULED: frozenset({Status.QUEUED, Status.WAITING, Status.CANCELLED, Status.EXPIRED}),
    Status.QUEUED: frozenset({Status.RUNNING, Status.WAITING, Status.CANCELLED}),
    Status.RUNNING: frozenset(
        {Status.PAUSED, Status.DONE, Status.FAILED, Status.ERRORED, Status.CANCELLED, Status.STALE, Status.REFUSED}
    ),
    Status.PAUSED: frozenset({Status.QUEUED}),
}
"""Every way that a status may go. The database refuses all others (sql/transitions_with_approvals.sql)."""

OPEN = tuple(status for status in Status if NEXT[status])
ENDED = tuple(status for status in Status if not NEXT[status])
# Ended, and nothing came of it: an attempt to take something back that ended so stands in nobody's way.
FRUITLESS = tuple(status for status in ENDED if status is not Status.DONE)
ACTIVE = (Status.QUEUED, Status.RUNNING, Status.PAUSED)
EXPIRING = (Status.PLANNED, Status.WAITING, Status.SCHEDULED)
UNSTARTED = (*EXPIRING, Status.QUEUED)


class Decision(TextChoices):
    """What one person said about an operation that waits."""

    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


class StepStatus(TextChoices):
    """undone: it was done, or begun, and was taken back."""

    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    ERRORED = "errored", "Errored"
    CANCELLED = "cancelled", "Cancelled"
    SKIPPED = "skipped", "Skipped"
    UNDOING = "undoing", "Taking back"
    UNDONE = "undone", "Taken back"
