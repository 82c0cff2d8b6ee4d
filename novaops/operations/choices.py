"""Where an operation and its steps stand, and which way each may go. How a state looks is the UI's `states`."""

from django.db.models import TextChoices


class Status(TextChoices):
    """failed: an expected refusal while it ran; errored: a defect; cancelled: a person's will; stale: facts changed."""

    PLANNED = "planned", "Planned"
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

    @property
    def terminal(self) -> bool:
        return not NEXT[self]


NEXT: dict[Status, frozenset[Status]] = {
    **{status: frozenset[Status]() for status in Status},
    Status.PLANNED: frozenset({Status.QUEUED, Status.CANCELLED, Status.EXPIRED}),
    Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED}),
    Status.RUNNING: frozenset(
        {Status.PAUSED, Status.DONE, Status.FAILED, Status.ERRORED, Status.CANCELLED, Status.STALE, Status.REFUSED}
    ),
    Status.PAUSED: frozenset({Status.QUEUED}),
}
"""Every way that a status may go. The database refuses all others (sql/transitions.sql)."""

OPEN = tuple(status for status in Status if NEXT[status])
ACTIVE = (Status.QUEUED, Status.RUNNING, Status.PAUSED)
UNSTARTED = (Status.PLANNED, Status.QUEUED)


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
