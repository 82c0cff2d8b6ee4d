"""Errors as RFC 9457 says: application/problem+json with a type, a title, a sentence, and one sentence per field."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

MEDIA_TYPE = "application/problem+json"

# name -> (status, title). The name is the fragment of `type`, which leads to its explanation on the API's page.
KINDS: dict[str, tuple[int, str]] = {
    "not-understood": (400, "The request cannot be understood"),
    "key-missing": (400, "An idempotency key is missing"),
    "sign-in": (401, "A sign-in or a token is needed"),
    "not-allowed": (403, "A right or a scope is missing"),
    "not-found": (404, "There is no such thing"),
    "method": (405, "This address does not take this method"),
    "refused": (409, "Understood, and refused"),
    "key-in-use": (409, "A request with this idempotency key is still being worked on"),
    "invalid": (422, "Something in the request is wrong"),
    "key-reused": (422, "This idempotency key was used for another request"),
    "too-many": (429, "Too many wrong tokens"),
    "defect": (500, "NovaOps failed"),
    "unavailable": (503, "NovaOps cannot answer now"),
}
_BY_STATUS = {status: name for name, (status, _) in reversed(KINDS.items())}
_NO_SENTENCE = {
    404: "There is nothing at this address.",
    405: "This address does not take the method {method}.",
    500: "NovaOps failed; its log says why. The same again, with the same idempotency key, is not done twice.",
}


def problem(
    request: HttpRequest, status: int, detail: str, *, kind: str = "", fields: dict[str, str] | None = None
) -> HttpResponse:
    """`fields` maps the name of each wrong field to its sentence."""
    name = kind or _BY_STATUS.get(status, "not-understood")
    body: dict[str, Any] = {
        "type": f"{_home(request)}docs#problem-{name}",
        "title": KINDS[name][1],
        "status": status,
        "detail": detail,
        "instance": request.path,
    }
    if fields:
        body["fields"] = fields
    return HttpResponse(json.dumps(body), status=status, content_type=MEDIA_TYPE)


def as_problem(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """The answer; an error that is told in another form (Django's pages, the framework's own) is told as a problem."""
    if answer.status_code < 400 or answer.get("Content-Type", "").startswith(MEDIA_TYPE):
        return answer
    told = problem(request, answer.status_code, _sentence(request, answer))
    for header in ("Allow", "Retry-After", "WWW-Authenticate"):
        if header in answer:
            told[header] = answer[header]
    return told


def _sentence(request: HttpRequest, answer: HttpResponseBase) -> str:
    try:
        said = json.loads(getattr(answer, "content", b""))["detail"]
    except (ValueError, KeyError, TypeError):
        said = ""
    general = _NO_SENTENCE.get(answer.status_code, answer.reason_phrase)
    return said if said and isinstance(said, str) else general.format(method=request.method)


def _home(request: HttpRequest) -> str:
    """The API's own address, up to and with /api/."""
    return request.path.partition("/api/")[0] + "/api/"
