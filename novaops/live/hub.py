"""One listening connection per process, and a queue per open page."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator

import psycopg
from psycopg import sql

from novaops.live.listening import parameters
from novaops.live.messages import CHANNEL, Message

logger = logging.getLogger(__name__)

LONGEST_QUEUE = 200
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class Subscription:
    """What one page hears: messages of its fleet, then None when it has to come again."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.ended = False
        self._queue: asyncio.Queue[Message | None] = asyncio.Queue()

    async def next(self, seconds: float) -> Message | None:
        """The next message; None at the end. TimeoutError when none came in time."""
        return await asyncio.wait_for(self._queue.get(), max(seconds, 0.01))

    def hear(self, message: Message) -> None:
        """A page that does not keep up is ended; it comes again and reads everything anew."""
        if message.schema != self.schema or self.ended:
            return
        if self._queue.qsize() >= LONGEST_QUEUE:
            self.end()
        else:
            self._queue.put_nowait(message)

    def end(self) -> None:
        self.ended = True
        self._queue.put_nowait(None)


class Hub:
    """Listens while somebody subscribes. When its connection broke and stands again, every page that was open is ended:
    pages come again by themselves and read everything anew, so nothing published in between is missed."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @contextlib.contextmanager
    def subscribed(self, schema: str) -> Iterator[Subscription]:
        """A subscription to the events of one fleet's schema, inside a running event loop."""
        subscription = Subscription(schema)
        if self._closed:
            subscription.end()
        self._subscriptions.add(subscription)
        if self._task is None or self._task.done():
            self._listening = asyncio.Event()
            self._task = asyncio.get_running_loop().create_task(self._listen())
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
            if not self._subscriptions:
                self._stop()

    async def listening(self) -> None:
        """Returns once events are heard."""
        await self._listening.wait()

    def close(self) -> None:
        """Ends every stream, now and later: the server is shutting down."""
        self._closed = True
        self._listening.set()
        self._end_all()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _end_all(self) -> None:
        for subscription in tuple(self._subscriptions):
            subscription.end()

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**parameters(), autocommit=True) as session:
                    await session.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    if failures:
                        logger.warning("Live events: the control database answers again.")
                        self._end_all()
                    failures = 0
                    self._listening.set()
                    async for notification in session.notifies():
                        self._fan_out(notification.payload)
            except (psycopg.Error, OSError) as error:
                if not failures:
                    logger.warning("Live events: no connection to the control database (%s); trying again.", error)
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1

    def _fan_out(self, payload: str) -> None:
        message = Message.from_text(payload)
        if message is not None:
            for subscription in tuple(self._subscriptions):
                subscription.hear(message)


hub = Hub()
