"""Every checkpoint to every place outside, in order, at least once; a place that refuses is asked again, ever more
rarely, and keeps nobody else."""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from novaops.audit.checkpoints import EVENT, lines
from novaops.audit.models import Checkpoint, Delivery
from novaops.audit.sinks import FileSink, Sink, SinkProblem, sink_at
from novaops.audit.statements import Line
from novaops.live import publish

PAUSES = (10, 30, 60, 120, 300, 600)
# Whoever delivers has the place to itself for so long, and stops well before.
LEASE, AT_MOST = timedelta(seconds=90), 20.0


def sinks() -> list[Sink]:
    return [sink_at(address) for address in settings.CHECKPOINT_SINKS]


def files(fleet: str) -> list[FileSink]:
    """The files among them."""
    return [sink for sink in sinks() if isinstance(sink, FileSink)]


def deliver(now: datetime) -> int:
    """What the places do not have yet, of this fleet; how many were taken. Several processes may do it at once."""
    newest = Checkpoint.objects.order_by("-number").values_list("number", flat=True).first() or 0
    return sum(_to(sink, newest, now) for sink in sinks())


def _to(sink: Sink, newest: int, now: datetime) -> int:
    state, _ = Delivery.objects.get_or_create(sink=sink.name, defaults={"next_at": now})
    # A database that was restored makes numbers anew. That the place then has two of one number is what it is for.
    Delivery.objects.filter(pk=state.pk, delivered__gt=newest).update(delivered=newest)
    mine = Delivery.objects.filter(pk=state.pk, delivered__lt=newest, next_at__lte=now)
    if not mine.update(next_at=now + LEASE):
        return 0
    state.refresh_from_db()
    taken, deadline = 0, time.monotonic() + AT_MOST
    for line in lines(state.delivered):
        problem = _put(sink, line)
        if problem:
            _failed(state, problem)
            return taken
        taken += 1
        _took(state, line.statement.number)
        if time.monotonic() > deadline:
            break
    _free(state)
    return taken


def _put(sink: Sink, line: Line) -> str:
    try:
        sink.put(line)
    except SinkProblem as problem:
        return str(problem)
    return ""


def _took(state: Delivery, number: int) -> None:
    changes = {"delivered": number, "delivered_at": timezone.now(), "problem": "", "since": None, "attempts": 0}
    Delivery.objects.filter(pk=state.pk, delivered__lt=number).update(**changes)


def _failed(state: Delivery, problem: str) -> None:
    now = timezone.now()
    fresh = Delivery.objects.get(pk=state.pk)
    pause = timedelta(seconds=PAUSES[min(fresh.attempts, len(PAUSES) - 1)])
    changes = {"problem": problem, "since": fresh.since or now, "next_at": now + pause}
    Delivery.objects.filter(pk=state.pk).update(attempts=F("attempts") + 1, **changes)
    publish(EVENT)


def _free(state: Delivery) -> None:
    Delivery.objects.filter(pk=state.pk).update(next_at=timezone.now())
    publish(EVENT)
