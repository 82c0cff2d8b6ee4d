"""What is done in the background, again and again: checkpoints when they are due, and carrying them outside."""

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from novaops.audit import alarms
from novaops.audit.checkpoints import EVENT, Overtaken, Unsound, is_due, make
from novaops.audit.delivering import deliver
from novaops.audit.models import Signing
from novaops.audit.signing import KeyProblem, configured
from novaops.live import publish

# The first checkpoint of a long log takes minutes; after so long another process may try.
LEASE = timedelta(minutes=15)
logger = logging.getLogger(__name__)


def keep(now: datetime) -> None:
    """One round for the fleet whose schema the connection is on."""
    state, _ = Signing.objects.get_or_create(pk=1)
    free = Signing.objects.filter(Q(busy_until=None) | Q(busy_until__lt=now), pk=state.pk)
    if free.update(busy_until=now + LEASE):
        try:
            problem = _made_if_due(now)
        finally:
            Signing.objects.filter(pk=state.pk).update(busy_until=None)
        _remember(state, problem, now)
    deliver(now)


def _made_if_due(now: datetime) -> Exception | None:
    """What kept a checkpoint from being made. The key is asked for each time: that it is missing is said at once."""
    try:
        configured()
        if is_due(now):
            make()
    except (KeyProblem, Unsound) as problem:
        return problem
    return None


def _remember(state: Signing, problem: Exception | None, now: datetime) -> None:
    sentence = str(problem or "")
    is_altered = isinstance(problem, Unsound) and not isinstance(problem, Overtaken)
    since = None if not sentence else state.since if sentence == state.problem else now
    changes = {"problem": sentence, "since": since, "altered": is_altered}
    Signing.objects.filter(pk=state.pk).update(tried_at=now, **changes)
    if is_altered and not state.altered:
        alarms.altered("checkpoints", f"No checkpoint is made. {sentence}")
    if sentence != state.problem:
        publish(EVENT)
        if sentence:
            logger.error("No checkpoint is made: %s", sentence)
