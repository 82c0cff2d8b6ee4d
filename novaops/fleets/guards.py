"""The one way in which a view says what it needs: `@right_required(Right.VIEW)`. Of several rights, one is enough."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from novaops.fleets.rights import Right
from novaops.fleets.signals import change_refused

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
View = TypeVar("View", bound=Callable[..., HttpResponseBase | Awaitable[HttpResponseBase]])


def right_required(right: Right, *others: Right) -> Callable[[View], View]:
    """Refuses (403) whoever lacks the right on the request's fleet, and sends the anonymous to sign in.
    The view carries the right as `required_right`, so that a test can find views without one."""
    enough = (right, *others)

    def decorate(view: View) -> View:
        guarded = _asynchronous(view, enough) if iscoroutinefunction(view) else _synchronous(view, enough)
        guarded.required_right = right  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def refusal(request: HttpRequest, *enough: Right) -> HttpResponseBase | None:
    """The answer for those who are not signed in; PermissionDenied for those who may not."""
    if not hasattr(request, "fleet"):
        return redirect_to_login(request.get_full_path())
    if not any(right in getattr(request, "rights", ()) for right in enough):
        wanted = " or ".join(f"“{right.label}”" for right in enough)
        reason = f"This needs the right {wanted}, which your roles on this fleet do not hold."
        _tell(request, reason)
        raise PermissionDenied(reason)
    return None


def _tell(request: HttpRequest, reason: str) -> None:
    """Of tries to change something alone: looking at a page that is not shown changes nothing."""
    if request.method not in SAFE:
        what = request.resolver_match.url_name if request.resolver_match else request.path
        change_refused.send(sender=Right, person=request.user, what=what or request.path, reason=reason)


def _synchronous(view: Callable[..., Any], enough: tuple[Right, ...]) -> Callable[..., Any]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return refusal(request, *enough) or view(request, *args, **kwargs)

    return guarded


def _asynchronous(view: Callable[..., Any], enough: tuple[Right, ...]) -> Callable[..., Any]:
    @wraps(view)
    async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return refusal(request, *enough) or await view(request, *args, **kwargs)

    return markcoroutinefunction(guarded)
