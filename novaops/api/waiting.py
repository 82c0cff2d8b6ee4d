"""Waiting for an operation to change: an answer that is streamed, so that no thread and no connection is held."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django_tenants.utils import tenant_context

from novaops.api.shown import seen
from novaops.fleets.models import Fleet
from novaops.fleets.requests import FleetRequest
from novaops.live.hub import Subscription, hub

LONGEST = 30.0
JSON = "application/json; charset=utf-8"


def can_wait(request: HttpRequest) -> bool:
    """Behind WSGI nobody can, without a thread for each who waits."""
    return isinstance(request, ASGIRequest)


def answer_when_changed(request: FleetRequest, pk: int, known: str, seconds: float) -> StreamingHttpResponse:
    """The operation as soon as its version is not `known`, or when the time is over."""
    return StreamingHttpResponse(_changed(request.fleet, pk, known, seconds), content_type=JSON)


async def _changed(fleet: Fleet, pk: int, known: str, seconds: float) -> AsyncIterator[bytes]:
    """Looks again at each event of the operation. Listening begins before the first look, so that none is missed."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    with hub.subscribed(fleet.schema_name) as subscription:
        await hub.listening()
        version, body = await sync_to_async(_seen)(fleet, pk)
        while version == known and await _told(subscription, f"operation-{pk}", deadline - clock()):
            version, body = await sync_to_async(_seen)(fleet, pk)
    yield body


async def _told(subscription: Subscription, event: str, seconds: float) -> bool:
    """True at the event; False when the time is over, or the server ends its streams."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(seconds, 0)):
            while message := await subscription.next(seconds):
                if message.event == event:
                    return True
    return False


def _seen(fleet: Fleet, pk: int) -> tuple[str, bytes]:
    try:
        with tenant_context(fleet):
            now = seen(pk)
        return now.version, now.model_dump_json().encode()
    finally:
        connection.close()
