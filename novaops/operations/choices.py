"""Where an operation and its steps stand. Each state says whether it is the end; how it looks is the UI's `states`."""

from django.db.models import TextChoices


class Status(TextChoices):
    """failed: an expected refusal while it ran; errored: a defect; cancelled: a person's will; stale: facts changed."""

    PLANNED = "planned", "Planned"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    ERRORED = "errored", "Errored"
    CANCELLED = "cancelled", "Cancelled"
    STALE = "stale", "Stale"

    @property
    def terminal(self) -> bool:
        return self not in OPEN

    @property
    def tone(self) -> str:
        return TONES[self]


OPEN = (Status.PLANNED, Status.QUEUED, Status.RUNNING)
ACTIVE = (Status.QUEUED, Status.RUNNING)
TONES = {
    Status.PLANNED: "neutral",
    Status.REFUSED: "critical",
    Status.EXPIRED: "neutral",
    Status.QUEUED: "info",
    Status.RUNNING: "info",
    Status.DONE: "ok",
    Status.FAILED: "critical",
    Status.ERRORED: "critical",
    Status.CANCELLED: "neutral",
    Status.STALE: "warning",
}


class StepStatus(TextChoices):
    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    ERRORED = "errored", "Errored"
    CANCELLED = "cancelled", "Cancelled"
    SKIPPED = "skipped", "Skipped"
