"""A fleet's events as a stream to one page, for as long as its person may hear them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from novaops.live.hub import Hub

HEARTBEAT = 15.0
# Said once the page is subscribed: what happens from now on is heard.
FIRST = b"retry: 1000\nevent: listening\ndata: {}\n\n"
ALIVE = b": alive\n\n"


async def stream(
    hub: Hub, schema: str, may_stay: Callable[[], Awaitable[bool]], heartbeat: float = HEARTBEAT
) -> AsyncIterator[bytes]:
    """Events as they come; at each heartbeat a comment, and the question whether the person may still hear them."""
    clock = asyncio.get_running_loop().time
    with hub.subscribed(schema) as subscription:
        await hub.listening()
        yield FIRST
        beat_at = clock() + heartbeat
        while True:
            try:
                message = await subscription.next(beat_at - clock())
            except TimeoutError:
                message = None
                if subscription.ended:
                    return
            else:
                if message is None:
                    return
                yield message.to_stream()
            if clock() >= beat_at:
                if not await may_stay():
                    return
                beat_at = clock() + heartbeat
                yield ALIVE
