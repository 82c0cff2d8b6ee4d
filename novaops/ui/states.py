"""Every state that a badge can show: a tone (colour), a shape (icon) and a word. Colour never says it alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    tone: str
    icon: str
    word: str
    spins: bool = False


LOOKS: dict[str, Look] = {
    # how a server or a value is
    "ok": Look("ok", "circle-check", "Healthy"),
    "warning": Look("warning", "triangle-alert", "Warning"),
    "degraded": Look("warning", "triangle-alert", "Degraded"),
    "critical": Look("critical", "octagon-alert", "Critical"),
    "unreachable": Look("critical", "unplug", "Unreachable"),
    "unknown": Look("neutral", "circle-question-mark", "Unknown"),
    "old": Look("old", "clock-alert", "Old"),
    "info": Look("info", "info", "Note"),
    "neutral": Look("neutral", "circle", "None"),
    # what a shard takes
    "active": Look("ok", "circle-check", "Active"),
    "readonly": Look("warning", "lock", "Read-only"),
    "draining": Look("info", "arrow-right", "Draining"),
    "offline": Look("neutral", "circle-pause", "Offline"),
    # where an operation or a step stands
    "requested": Look("neutral", "circle-dashed", "Requested"),
    "planned": Look("neutral", "circle-dashed", "Planned"),
    "waiting": Look("info", "hand", "Waiting for approval"),
    "approved": Look("ok", "shield-check", "Approved"),
    "scheduled": Look("info", "clock", "Scheduled"),
    "queued": Look("info", "circle-dashed", "Queued"),
    "pending": Look("neutral", "circle-dashed", "Pending"),
    "running": Look("info", "loader-circle", "Running", spins=True),
    "paused": Look("warning", "circle-pause", "Paused"),
    "done": Look("ok", "circle-check", "Done"),
    "succeeded": Look("ok", "circle-check", "Succeeded"),
    "skipped": Look("neutral", "skip-forward", "Skipped"),
    "undoing": Look("warning", "undo-2", "Taking back", spins=True),
    "undone": Look("warning", "undo-2", "Taken back"),
    "pausing": Look("warning", "circle-pause", "Pausing"),
    "reverting": Look("warning", "undo-2", "Taking back", spins=True),
    "reverted": Look("warning", "undo-2", "Reverted"),
    "failed": Look("critical", "circle-x", "Failed"),
    "errored": Look("critical", "octagon-x", "Errored"),
    "refused": Look("critical", "shield-x", "Refused"),
    "rejected": Look("critical", "shield-x", "Rejected"),
    "withdrawn": Look("neutral", "undo-2", "Withdrawn"),
    "stale": Look("warning", "clock-alert", "Stale"),
    "expired": Look("neutral", "clock-alert", "Expired"),
    "cancelled": Look("neutral", "ban", "Cancelled"),
    "cancelling": Look("warning", "ban", "Cancelling"),
    # how a check ended
    "passed": Look("ok", "circle-check", "Passed"),
    "warned": Look("warning", "triangle-alert", "Warned"),
    # what becomes of what a hook is told, and how the hook itself does
    "delivered": Look("ok", "circle-check", "Delivered"),
    "given-up": Look("critical", "circle-x", "Given up"),
    "failing": Look("critical", "unplug", "Failing"),
    "disabled": Look("neutral", "circle-pause", "Disabled"),
    "unused": Look("neutral", "circle-dashed", "Nothing sent yet"),
    # how much harm an operation can do
    "low": Look("neutral", "chevron-down", "Low"),
    "medium": Look("info", "minus", "Medium"),
    "high": Look("warning", "chevron-up", "High"),
    "break-glass": Look("critical", "zap", "Break glass"),
}

_SEVERITIES = {30: "critical", 20: "warning", 10: "info", 0: "ok"}


def key_of(state: object) -> str:
    """The key of a state given as a word, a TextChoices member, a StrEnum, or a severity number (30, 20, 10)."""
    if state is None or state == "":
        return "unknown"
    if isinstance(state, int):
        return _SEVERITIES.get(int(state), "unknown")
    return str(getattr(state, "value", state)).strip().lower().replace("_", "-").replace(" ", "-")


def look_of(state: object) -> Look:
    """How a state looks. A word that nobody described keeps its own name, in neutral."""
    key = key_of(state)
    return LOOKS.get(key) or Look("neutral", "circle-question-mark", key.replace("-", " ").capitalize())
