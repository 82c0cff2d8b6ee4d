"""A POST that is sent again with its idempotency key is answered again, and not done again.

Follows draft-ietf-httpapi-idempotency-key-header. The key's row is committed before anything is done. What is asked
for and the kept answer are then one transaction (`once`): a server that dies in the middle leaves neither, and frees
the key, because the lock of the row ends with its connection. A request that plans asks the live fleet, which may take
seconds and belongs in no transaction (`once_planned`): it is told a name of the key, by which the operations know that
they were requested already."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from hashlib import sha256

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from novaops.api.models import KeptAnswer
from novaops.api.problems import problem

HEADER = "Idempotency-Key"
KEPT = timedelta(hours=48)
LONGEST = 1_000_000
SHAPE = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')
# Answers that say what came of it. Anything else was not done, so the same request may try again.
KEPT_STATUSES = frozenset({200, 201, 202, 204, 409, 422})

MISSING = (
    f"Send the header {HEADER} with every POST: any text of your own, at most 255 characters, the same one only when "
    "you send the same request again. A random UUID will do."
)
MALFORMED = f"{HEADER}: a key is 1 to 255 visible ASCII characters without quotes inside."
REUSED = "The idempotency key {key} was used for another request. Use a new key for a new request."
IN_USE = "A request with the idempotency key {key} is still being worked on. Ask again in a moment."
TOO_LONG = "This request was carried out; its answer was too long to be kept."

View = Callable[..., HttpResponse]
Work = Callable[[], HttpResponse]
Way = Callable[[HttpRequest, KeptAnswer, Work], HttpResponse]


def once(view: View) -> View:
    """For what is done in a moment: done and answered in one transaction."""
    return _guarded(view, _in_one_transaction)


def once_with_secret(view: View) -> View:
    """As `once`, for an answer whose `secret` is told once: what is kept, and answered again, has an empty one."""
    return _guarded(view, partial(_in_one_transaction, kept_as=_without_secret))


def once_planned(view: View) -> View:
    """For what asks the live fleet: the view hands `key_of(request)` to the service, which does it once per key."""
    return _guarded(view, _by_its_name)


def key_of(request: HttpRequest) -> str | None:
    """How operations know the request again: unique among all people and for all time. None: it came without a key."""
    kept: KeptAnswer | None = getattr(request, "kept", None)
    return f"api:{kept.pk}" if kept else None


def forget_old() -> int:
    """How many answers of this fleet were past their time."""
    return KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _guarded(view: View, way: Way) -> View:
    """Around an operation of the API; the middleware has found out whose request it is."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        sent = request.headers.get(HEADER)
        if sent is None:
            must = getattr(request, "bearer", None) is not None
            return problem(request, 400, MISSING, kind="key-missing") if must else view(request, *args, **kwargs)
        key = SHAPE.fullmatch(sent.strip())
        if key is None:
            return problem(request, 400, MALFORMED, kind="not-understood", fields={HEADER: MALFORMED})
        kept, print_ = _claimed(request, key[1])
        if kept.fingerprint != print_:
            return problem(request, 422, REUSED.format(key=key[1]), kind="key-reused")
        return _again(request, kept) if kept.status else way(request, kept, lambda: view(request, *args, **kwargs))

    return guarded


def _in_one_transaction(
    request: HttpRequest, kept: KeptAnswer, work: Work, kept_as: Callable[[str], str] = str
) -> HttpResponse:
    with transaction.atomic():
        mine = KeptAnswer.objects.select_for_update(skip_locked=True).filter(pk=kept.pk).first()
        if mine is None:
            return _in_use(request, kept)
        if mine.status:
            return _again(request, mine)
        answer = work()
        _keep(mine, answer, kept_as)
    return answer


def _by_its_name(request: HttpRequest, kept: KeptAnswer, work: Work) -> HttpResponse:
    """Two at once both plan, get the same operation, and give the answer of whichever was first."""
    request.kept = kept  # type: ignore[attr-defined]
    answer = work()
    if answer.status_code in KEPT_STATUSES and not _keep(kept, answer):
        return _again(request, KeptAnswer.objects.get(pk=kept.pk))
    return answer


def fingerprint(request: HttpRequest) -> str:
    """Of what was asked: method, address with its query, body."""
    head = f"{request.method} {request.get_full_path()}\n"
    return sha256(head.encode() + request.body).hexdigest()


def _claimed(request: HttpRequest, key: str) -> tuple[KeptAnswer, str]:
    """The key's row, made when there is none, and the request's fingerprint. A row past its time makes room first."""
    print_ = fingerprint(request)
    row = {"person_id": request.user.pk, "key": key}
    KeptAnswer.objects.filter(**row, created_at__lt=timezone.now() - KEPT).delete()
    return KeptAnswer.objects.get_or_create(**row, defaults={"fingerprint": print_})[0], print_


def _without_secret(said: str) -> str:
    body = json.loads(said)
    return json.dumps({**body, "secret": ""}) if "secret" in body else said


def _keep(kept: KeptAnswer, answer: HttpResponse, kept_as: Callable[[str], str] = str) -> int:
    """0 when somebody else's answer is kept already, or when it is none that is kept."""
    if answer.status_code not in KEPT_STATUSES:
        return 0
    said = kept_as(answer.content.decode())
    return KeptAnswer.objects.filter(pk=kept.pk, status=None).update(
        status=answer.status_code,
        content_type=answer.get("Content-Type", ""),
        location=answer.get("Content-Location", ""),
        body=said if len(said) <= LONGEST else "",
    )


def _again(request: HttpRequest, kept: KeptAnswer) -> HttpResponse:
    """The same answer; for one that was too long to be kept, the way to what it told of."""
    if kept.body or kept.status == 204:
        answer = HttpResponse(kept.body, status=kept.status, content_type=kept.content_type)
    elif kept.location:
        answer = HttpResponse(status=303, headers={"Location": kept.location})
    else:
        answer = problem(request, 409, TOO_LONG)
    if kept.location:
        answer["Content-Location"] = kept.location
    answer["Idempotency-Replayed"] = "true"
    return answer


def _in_use(request: HttpRequest, kept: KeptAnswer) -> HttpResponse:
    answer = problem(request, 409, IN_USE.format(key=kept.key), kind="key-in-use")
    answer["Retry-After"] = "1"
    return answer
