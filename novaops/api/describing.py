"""The API described as OpenAPI, with the addresses of one fleet."""

from copy import deepcopy
from typing import Any

from ninja import NinjaAPI

from novaops.api.problems import MEDIA_TYPE
from novaops.fleets.paths import fleet_path

ABOUT = """\
What a fleet's servers answered, what a person should know, and operations on the live fleet: request, confirm, follow.

**Who calls.** `Authorization: Bearer novaops_...` with a token of the page "API tokens", or the browser's session with
its CSRF token. A token can do what its person may do, cut down to its scopes.

**Once.** Every POST takes the header `Idempotency-Key`, and a token's must have it. The same key with the same request
is answered again (`Idempotency-Replayed: true`) and not done again, for two days.

**Waiting.** `GET operations/7?after=VERSION&wait=30` answers as soon as the operation is another one than that version.
The fleet's events come as server-sent events from `/fleets/{fleet}/live`, to tokens too.

**Errors** are `application/problem+json` (RFC 9457): `detail` is a sentence, `fields` has one for each wrong field.
"""
SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of this fleet, `novaops_<fleet>_<id>_<secret>`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The browser's session. A POST also sends the CSRF token as `X-CSRFToken`.",
    },
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Any text of your own; the same one only to send the same request again. Sessions may leave it out.",
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}


def described(api: NinjaAPI, slug: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    schema: dict[str, Any] = deepcopy(api.get_openapi_schema(path_prefix=fleet_path("api:api-root", slug)))
    schema["info"]["description"] = ABOUT
    schema["components"]["securitySchemes"] = SCHEMES
    for path in schema["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return schema


def _complete(method: str, operation: dict[str, Any]) -> None:
    operation["security"] = [{name: []} for name in SCHEMES]
    if method == "post":
        operation.setdefault("parameters", []).insert(0, KEY)
        operation["responses"].setdefault(400, _problem("The idempotency key is missing or malformed"))
        operation["responses"].setdefault(303, {"description": "Done already; the answer was too long to be kept"})
    operation["responses"].setdefault(401, _problem("No sign-in, or a token that is wrong, expired or revoked"))
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            content = answer.get("content", {})
            answer["content"] = {MEDIA_TYPE: content.pop("application/json", None) or content.get(MEDIA_TYPE, {})}

    operation["responses"]["default"] = _problem("Any other problem")


def _problem(description: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/ProblemOut"}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": reference}}}
