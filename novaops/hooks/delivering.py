"""Empties the outbox of one hook, in order, for as long as a turn lasts. Inside the fleet's schema."""

import logging
import time
from collections.abc import Callable

from django.utils import timezone

from novaops.hooks import mails, webhooks
from novaops.hooks.answers import Answer
from novaops.hooks.choices import Sort
from novaops.hooks.keys import secrets_of
from novaops.hooks.lanes import Lane, claim, due, leave, take
from novaops.hooks.models import Delivery, Hook
from novaops.hooks.payloads import body_of, payload_of
from novaops.hooks.problems import LaneLost
from novaops.hooks.settling import settle
from novaops.hooks.signing import headers
from novaops.inventory.secrets import SecretProblem

# Then other hooks have their turn.
TURN_SECONDS = 15.0
logger = logging.getLogger(__name__)


def deliver(hook_id: int) -> bool:
    """Sends what is due. True when more is, and somebody should be told to go on."""
    lane = take(hook_id)
    if lane is None:
        return False
    began, clean = time.monotonic(), True
    try:
        while clean and time.monotonic() - began < TURN_SECONDS:
            delivery = claim(lane)
            if delivery is None:
                break
            clean = _attempt(lane, delivery)
    except LaneLost as problem:
        logger.warning("Nothing more is sent: %s.", problem)
        return False
    finally:
        leave(lane)
    # Also what came after the last look, while this deliverer still had the hook.
    return clean and due().filter(hook=hook_id).exists()


def _attempt(lane: Lane, delivery: Delivery) -> bool:
    """Whether it arrived: the first that does not ends the turn, and the receiver rests."""
    hook, began = Hook.objects.get(pk=lane.hook_id), time.monotonic()
    try:
        answer = _sent(hook, delivery, lane.hold)
    except LaneLost:
        raise
    except SecretProblem as problem:
        answer = Answer(False, str(problem))
    except Exception as problem:
        logger.exception("Delivery %s of hook %s broke", delivery.pk, hook.name)
        answer = Answer(False, f"NovaOps itself failed: {type(problem).__name__}. Its log says more.")
    settle(lane, delivery, answer, 1000 * (time.monotonic() - began))
    return answer.delivered


def _sent(hook: Hook, delivery: Delivery, hold: Callable[[], None]) -> Answer:
    payload = payload_of(delivery)
    if hook.sort == Sort.EMAIL:
        return mails.send(delivery.message_id, payload, hook.mail_to, hold)
    body = body_of(payload)
    signed = headers(secrets_of(hook), delivery.message_id, int(timezone.now().timestamp()), body)
    return webhooks.post(hook.url, body, {"Content-Type": "application/json", **signed}, hold)
