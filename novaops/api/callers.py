"""Who may call: a token, or whoever is signed in. Both need the right; a session that changes things also CSRF."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import APIKeyCookie, HttpBearer

from novaops.fleets.rights import Right

NO_CSRF = "Who is signed in by the browser sends its CSRF token as the header X-CSRFToken; programs send a token."


class TokenWith(HttpBearer):
    """`Authorization: Bearer novaops_...`; ApiMiddleware has looked at the token already."""

    def __init__(self, right: Right) -> None:
        super().__init__()
        self.right = right

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        if getattr(request, "bearer", None) is None:
            return None
        return demand(request, self.right)


class SessionWith(APIKeyCookie):
    """The session that the browser has. 401 without one, 403 without the right."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, right: Right) -> None:
        super().__init__(csrf=True)
        self.right = right

    def _get_key(self, request: HttpRequest) -> str | None:
        try:
            return super()._get_key(request)
        except HttpError as error:
            raise HttpError(error.status_code, NO_CSRF) from error

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return demand(request, self.right) if request.user.is_authenticated else None


def callers_with(right: Right) -> list[TokenWith | SessionWith]:
    return [TokenWith(right), SessionWith(right)]


def demand(request: HttpRequest, right: Right) -> Any:
    """The caller; 403 with a sentence when they, or their token, lack the right."""
    if right in getattr(request, "rights", ()):
        return request.user
    limited = getattr(request, "bearer", None) is not None
    whose = "your roles and the scopes of this token do not give" if limited else "your roles on this fleet do not hold"
    raise HttpError(403, f"This needs the right “{right.label}”, which {whose}.")
