"""What a consumer of JetStream is given: asked for in portions."""

import json
import time

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import TimeoutError as NatsTimeout

FETCH_AT_ONCE = 500
SOON_SECONDS = 0.1


class Pull:
    """One consumer's deliveries. A request stays with the server until it is filled or runs out: what it still brings
    is taken by the next call, so that nothing waits unseen for its acknowledgement to be overdue."""

    def __init__(self, client: Client, subscription: Subscription, inbox: str, asked: str) -> None:
        self._client, self._subscription, self._inbox, self._asked = client, subscription, inbox, asked
        self._open, self._until = 0, 0.0

    async def take(self, most: int, wait: float) -> list[Msg]:
        """What there is; at least one within so many seconds, if one comes."""
        found: list[Msg] = []
        deadline = time.monotonic() + wait
        while len(found) < most:
            left = deadline - time.monotonic()
            if self._subscription.pending_msgs == 0:
                if found or left <= 0:
                    break
                await self._ask(left)
            try:
                message = await self._subscription.next_msg(max(left, SOON_SECONDS))
            except NatsTimeout:
                break
            if self._counts(message):
                found.append(message)
        return found

    async def _ask(self, seconds: float) -> None:
        if self._open > 0 and time.monotonic() < self._until:
            return
        self._open, self._until = FETCH_AT_ONCE, time.monotonic() + seconds
        request = {"batch": FETCH_AT_ONCE, "expires": int(seconds * 1e9)}
        await self._client.publish(self._asked, json.dumps(request).encode(), self._inbox)

    def _counts(self, message: Msg) -> bool:
        """False for the server's word that the request is over."""
        if message.headers and message.headers.get("Status") and not message.data:
            self._open = 0
            return False
        self._open -= 1
        return True
