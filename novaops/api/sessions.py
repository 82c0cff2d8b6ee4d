"""Who may call: whoever is signed in and holds the right on the fleet. What changes something needs the CSRF token."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import APIKeyCookie

from novaops.fleets.rights import Right


class SessionWith(APIKeyCookie):
    """The session that the browser has. 401 without one, 403 without the right."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, right: Right) -> None:
        super().__init__(csrf=True)
        self.right = right

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        if not request.user.is_authenticated:
            return None
        if self.right not in getattr(request, "rights", ()):
            raise HttpError(
                403, f"This needs the right “{self.right.label}”, which your roles on this fleet do not hold."
            )
        return request.user
