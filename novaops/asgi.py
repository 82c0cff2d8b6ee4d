"""The console as an ASGI application."""

import os
import warnings
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "novaops.settings")
# Each request runs in a thread of its own; they share connections to the control database.
os.environ.setdefault("NOVAOPS_POOL", "20")
# WhiteNoise reads files synchronously; they are small.
warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous iterators")
django_application: Any = get_asgi_application()

from novaops.live.shutdown import watch_for_shutdown  # noqa: E402  (needs the settings)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Django, with streams that end when the server stops. Django knows no lifespan messages, and needs none."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    watch_for_shutdown()
    await django_application(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
