"""That the log is not what was written, or is so again, is itself a record: once, whoever finds it. Hooks hear it."""

from novaops.audit.actors import Actor
from novaops.audit.models import Record
from novaops.audit.services import record

ALTERED, WHOLE = "change log found altered", "change log found whole again"


def altered(found_by: str, sentence: str) -> None:
    if not _known():
        record(ALTERED, "change-log", actor=Actor.automatic(found_by), outcome=sentence)


def whole(found_by: str, sentence: str) -> None:
    if _known():
        record(WHOLE, "change-log", actor=Actor.automatic(found_by), outcome=sentence)


def _known() -> bool:
    """Whether the last that was said of it is that it was altered."""
    said = Record.objects.filter(verb__in=(ALTERED, WHOLE)).order_by("-sequence")
    return said.values_list("verb", flat=True).first() == ALTERED
