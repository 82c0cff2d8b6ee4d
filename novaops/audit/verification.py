"""Verifying in the background: from time to time by itself, or when somebody asks; what it found stays."""

import logging
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from novaops.audit import alarms, delivering, stored
from novaops.audit.checkpoints import EVENT
from novaops.audit.models import Delivery, Verification
from novaops.audit.verifying import Verdict, verify
from novaops.live import publish
from novaops.ui.formats import human_number

BY_ITSELF = "by itself"
# A process that gives no sign for so long is dead, and what it read was for nothing.
SILENT = timedelta(seconds=60)
SIGN_EVERY = 1.0
KEEP = 100
logger = logging.getLogger(__name__)


def running(now: datetime) -> Verification | None:
    """The one that somebody is at, if any."""
    return Verification.objects.filter(ended_at=None, seen_at__gte=now - SILENT).first()


def waiting(now: datetime) -> Verification | None:
    """One that was asked for and that nobody is at: not yet, or no longer because its process died."""
    return Verification.objects.filter(_free(now)).order_by("started_at").first()


def last() -> Verification | None:
    """The newest verdict."""
    return Verification.objects.exclude(ended_at=None).order_by("-ended_at").first()


def ask(asked_by: str) -> Verification:
    """A verification that a worker will carry out soon; the one that runs or waits, if there is one."""
    now = timezone.now()
    found = running(now) or waiting(now)
    return found or Verification.objects.create(asked_by=asked_by[:150], started_at=now)


def look_again() -> None:
    """What beat asks for: a verification that somebody asked for, or whose time has come."""
    now = timezone.now()
    if running(now) is None and (waiting(now) or _is_due(now)):
        run(ask(BY_ITSELF).pk)


def run(pk: int) -> None:
    """Carries it out, unless somebody else did or does."""
    now = timezone.now()
    mine = Verification.objects.filter(_free(now), pk=pk)
    if not mine.update(seen_at=now, total=stored.end()[0]):
        return
    verdict, note = _verdict(pk)
    sentence = " ".join(filter(None, (sentence_of(verdict), note)))
    changes = {"whole": verdict.whole, "records": verdict.records, "first_bad": verdict.sequence}
    now = timezone.now()
    Verification.objects.filter(pk=pk).update(ended_at=now, seen_at=now, sentence=sentence, **changes)
    _tell(verdict)
    _forget_old()
    publish(EVENT)


def sentence_of(verdict: Verdict) -> str:
    """The verdict in words, with what is proven and what is not."""
    if not verdict.whole:
        return f"{verdict.problem} {human_number(verdict.records)} records before it are good."
    found = f"The chain of {human_number(verdict.records)} records is whole"
    if verdict.pruned:
        found += f"; it begins behind record {human_number(verdict.pruned)}, up to which it was pruned with leave"
    if not verdict.checkpoints:
        return f"{found}; no checkpoint is signed over it."
    count = verdict.checkpoints
    several = "1 signed checkpoint fits" if count == 1 else f"{human_number(count)} signed checkpoints fit"
    found += f"; {several} it, up to record {human_number(verdict.covered)}"
    if verdict.copies:
        return f"{found}. Copies outside prove it up to record {human_number(verdict.proven)}."
    return f"{found}."


def _verdict(pk: int) -> tuple[Verdict, str]:
    """With the files outside that this host can read; the note says which one it cannot."""
    fleet: str = connection.tenant.slug  # type: ignore[attr-defined]
    paths, note = [], ""
    for sink in delivering.files(fleet):
        path = sink.path(fleet)
        if _readable(path):
            paths.append(path)
        elif Delivery.objects.filter(sink=sink.name, delivered__gt=0).exists():
            note = f"{path} cannot be read on this host, and was not compared."
    progress = _Progress(pk)
    return verify(paths, progress.seen), note


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _free(now: datetime) -> Q:
    return Q(ended_at=None) & (Q(seen_at=None) | Q(seen_at__lt=now - SILENT))


def _is_due(now: datetime) -> bool:
    before = last()
    return before is None or now - before.started_at >= timedelta(minutes=settings.VERIFY_MINUTES)


class _Progress:
    """Says how far it is, once a second."""

    def __init__(self, pk: int) -> None:
        self.pk, self.next = pk, 0.0

    def seen(self, records: int) -> None:
        if time.monotonic() >= self.next:
            self.next = time.monotonic() + SIGN_EVERY
            Verification.objects.filter(pk=self.pk).update(records=records, seen_at=timezone.now())
            publish(EVENT)


def _tell(verdict: Verdict) -> None:
    if verdict.whole:
        alarms.whole("verification", sentence_of(verdict))
        return
    logger.critical("The change log of this fleet is NOT whole. %s", verdict.problem)
    alarms.altered("verification", sentence_of(verdict))


def _forget_old() -> None:
    kept = Verification.objects.order_by("-started_at").values_list("pk", flat=True)[:KEEP]
    Verification.objects.exclude(pk__in=list(kept)).delete()
