"""A POST that is sent again with its idempotency key is answered again, and not done again.

Follows draft-ietf-httpapi-idempotency-key-header. What is asked for and its kept answer are one transaction: a server
that dies in the middle leaves neither, and frees the key, because the lock of the key's row ends with its connection."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from novaops.api.models import KeptAnswer
from novaops.api.problems import problem
from novaops.fleets.models import Person

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=48)
SHAPE = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')
# Answers that say what came of it. Anything else was not begun, so the same key may try again.
KEPT_STATUSES = frozenset({200, 201, 202, 204, 409, 422})
RETRY_AFTER = "1"

MISSING = (
    f"Send the header {HEADER} with every POST: any text of your own, at most 255 characters, the same one only when "
    "you send the same request again. A random UUID will do."
)
MALFORMED = f"{HEADER}: a key is 1 to 255 visible ASCII characters without quotes inside."
REUSED = "The idempotency key {key} was used for another request. Use a new key for a new request."
IN_USE = "A request with the idempotency key {key} is still being worked on. Ask again in a moment."

View = Callable[..., HttpResponse]


def once(view: View) -> View:
    """Around every operation of the API, after the caller is known and before anything is read."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        sent = request.headers.get(HEADER)
        if sent is None:
            must = getattr(request, "bearer", None) is not None
            return problem(request, 400, MISSING, kind="key-missing") if must else view(request, *args, **kwargs)
        key = SHAPE.fullmatch(sent.strip())
        if key is None:
            return problem(request, 400, MALFORMED, kind="not-understood", fields={HEADER: MALFORMED})
        return _once(request, key[1], lambda: view(request, *args, **kwargs))

    return guarded


def _once(request: HttpRequest, key: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    assert isinstance(request.user, Person) or request.user.is_authenticated
    number = _claimed(request.user.pk, key, fingerprint(request))
    with transaction.atomic():
        kept = KeptAnswer.objects.select_for_update(skip_locked=True).filter(pk=number).first()
        if kept is None:
            return _in_use(request, key)
        if kept.fingerprint != fingerprint(request):
            return problem(request, 422, REUSED.format(key=key), kind="key-reused")
        if kept.status is not None:
            return _again(kept)
        answer = work()
        _keep(kept, answer)
    return answer


def fingerprint(request: HttpRequest) -> str:
    """Of what was asked: method, address with its query, body."""
    head = f"{request.method} {request.get_full_path()}\n"
    return sha256(head.encode() + request.body).hexdigest()


def _claimed(person_id: int, key: str, print_: str) -> int:
    """The id of the key's row, made when there is none. What is past its time makes room first."""
    mine = KeptAnswer.objects.filter(person_id=person_id)
    mine.filter(created_at__lt=timezone.now() - KEPT).delete()
    row, _ = mine.get_or_create(key=key, defaults={"person_id": person_id, "fingerprint": print_})
    return row.pk


def _keep(kept: KeptAnswer, answer: HttpResponse) -> None:
    """In the transaction of the work. A key whose request was not even begun is free for another one."""
    if answer.status_code not in KEPT_STATUSES:
        kept.delete()
        return
    kept.status, kept.content_type = answer.status_code, answer.get("Content-Type", "")
    kept.body = answer.content.decode()
    kept.save(update_fields=["status", "content_type", "body"])


def _again(kept: KeptAnswer) -> HttpResponse:
    answer = HttpResponse(kept.body, status=kept.status, content_type=kept.content_type)
    answer["Idempotency-Replayed"] = "true"
    return answer


def _in_use(request: HttpRequest, key: str) -> HttpResponse:
    answer = problem(request, 409, IN_USE.format(key=key), kind="key-in-use")
    answer["Retry-After"] = RETRY_AFTER
    return answer
