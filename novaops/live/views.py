"""The fleet's events as server-sent events."""

from collections.abc import Callable
from functools import partial

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from novaops.fleets.guards import right_required
from novaops.fleets.requests import FleetRequest
from novaops.fleets.rights import Right
from novaops.fleets.selectors import access
from novaops.live.hub import hub
from novaops.live.stream import stream


@require_GET
@right_required(Right.VIEW)
async def live(request: FleetRequest) -> StreamingHttpResponse:
    """Holds no database connection while it streams. Whose request is no session's brings `may_stay` with it."""
    asks = getattr(request, "may_stay", None) or partial(
        may_hear, request.session.session_key or "", request.fleet.slug
    )

    async def may_stay() -> bool:
        return await sync_to_async(still_welcome)(asks)

    await sync_to_async(_let_go)()
    return StreamingHttpResponse(
        stream(hub, request.fleet.schema_name, may_stay),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _let_go() -> None:
    """The connection of the thread that ran the middleware; each thread has its own."""
    connection.close()


def still_welcome(may: Callable[[], bool]) -> bool:
    """Asked at each heartbeat. A control database that does not answer ends nothing: no event comes from it either."""
    try:
        return may()
    except OperationalError:
        return True
    finally:
        connection.close()


def may_hear(session_key: str, slug: str) -> bool:
    """Is that session still signed in, and its person still allowed to see the fleet?"""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    held = access(get_user(request), slug)
    return held is not None and Right.VIEW in held.rights
