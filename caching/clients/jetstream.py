"""JetStream: a plain, blocking face for threads over nats-py, which runs in one thread of its own.

A connection that breaks is not mended behind the caller's back: what was being published fails as a whole and is
published again in the same order by the caller. So the server has always stored a beginning of what was sent."""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from caching.exceptions import NoAnswer, Refused
from novaops.inventory.targets import Target

CONNECT_SECONDS = 2
ANSWER_SECONDS = 5.0
DUPLICATES_SECONDS = 300.0
ACK_SECONDS = 10.0
MOST_UNACKNOWLEDGED = 2_000
FETCH_AT_ONCE = 500
SOON_SECONDS = 0.1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outgoing:
    subject: str
    id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it was delivered; `tries` counts how often. It is acknowledged by a word to `reply`."""

    subject: str
    data: bytes
    sequence: int
    tries: int
    reply: str


class _Pull:
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


class JetStream:
    """One connection to whichever server answers; for any number of threads. Raises NoAnswer and Refused."""

    def __init__(self, servers: Sequence[Target]) -> None:
        self._servers = tuple(servers)
        self._client: Client | None = None
        self._pulls: dict[tuple[str, str], _Pull] = {}
        self._loop = asyncio.new_event_loop()
        self._lock = asyncio.Lock()
        threading.Thread(target=self._loop.run_forever, name="jetstream", daemon=True).start()

    def ensure(self, stream: str, subject: str, consumers: Mapping[str, str], most_bytes: int) -> str:
        """The stream with its durable consumers (subject by name); returns what tells these from any made later.

        A message stays until every consumer acknowledged it. A full stream refuses new ones rather than drop old."""
        return self._run(self._ensure(stream, subject, consumers, most_bytes), 4 * ANSWER_SECONDS)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Returns when all are stored, in this order."""
        self._run(self._publish(messages), ANSWER_SECONDS)

    def fetch(self, stream: str, consumer: str, most: int, wait: float) -> list[Delivery]:
        """At most so many that wait to be delivered; empty when none came for so many seconds."""
        return self._run(self._fetch(stream, consumer, most, wait), wait + ANSWER_SECONDS)

    def acknowledge(self, several: Sequence[Delivery]) -> None:
        self._run(self._say(several, b"+ACK"), ANSWER_SECONDS)

    def still_working(self, several: Sequence[Delivery]) -> None:
        """They are not delivered anew for another while."""
        self._run(self._say(several, b"+WPI"), ANSWER_SECONDS)

    def last_sequence(self, stream: str, subject: str) -> int:
        """Of the newest message of these subjects that is still kept; 0 when none is. It is asked of the store itself:
        the numbers that consumers tell follow a moment later."""

        async def ask() -> int:
            try:
                return (await (await self._stream_api()).get_last_msg(stream, subject)).seq or 0
            except NotFoundError:
                return 0

        return self._run(ask(), ANSWER_SECONDS)

    def born(self, stream: str) -> str:
        """What tells the stream from one that was made later under its name."""

        async def ask() -> str:
            return (await (await self._stream_api()).stream_info(stream)).config.description or ""

        return self._run(ask(), ANSWER_SECONDS)

    def acknowledged(self, stream: str, consumer: str) -> int:
        """Up to which sequence all is acknowledged."""

        async def ask() -> int:
            said = await (await self._stream_api()).consumer_info(stream, consumer)
            return said.ack_floor.stream_seq if said.ack_floor else 0

        return self._run(ask(), ANSWER_SECONDS)

    def delete(self, stream: str) -> None:
        async def drop() -> None:
            await (await self._stream_api()).delete_stream(stream)

        self._run(drop(), ANSWER_SECONDS)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(ANSWER_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        return asyncio.run_coroutine_threadsafe(self._asked(work, seconds), self._loop).result()

    async def _asked(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        try:
            return await asyncio.wait_for(work, seconds)
        except (TimeoutError, NatsTimeout) as problem:
            await self._drop()
            raise NoAnswer(f"NATS did not answer within {seconds:g} s.") from problem
        except (OSError, EOFError) as problem:
            await self._drop()
            raise NoAnswer(f"NATS cannot be reached: {problem or type(problem).__name__}") from problem
        except NotFoundError as problem:
            raise Refused(f"JetStream has no such thing: {problem.description}") from problem
        except NatsError as problem:
            await self._drop()
            raise NoAnswer(f"NATS: {problem}") from problem

    async def _stream_api(self) -> JetStreamContext:
        async with self._lock:
            if self._client is None or not self._client.is_connected:
                await self._drop()
                self._client = await self._connect()
            return self._client.jetstream(timeout=ANSWER_SECONDS, publish_async_max_pending=10_000)

    async def _connect(self) -> Client:
        if not self._servers:
            raise NatsError("The fleet has no NATS server.")
        login = self._servers[0].login
        signed = {"user": login.username, "password": login.password} if login.username else {}
        return await nats.connect(
            [f"nats://{server.address}" for server in self._servers],
            connect_timeout=CONNECT_SECONDS,
            allow_reconnect=False,
            max_reconnect_attempts=1,
            name="novaops change stream",
            error_cb=_ignored,
            **signed,
        )

    async def _drop(self) -> None:
        client, self._client = self._client, None
        self._pulls.clear()
        if client is not None:
            try:
                await asyncio.wait_for(client.close(), 1.0)
            except (TimeoutError, NatsError, OSError):
                return

    async def _ensure(self, stream: str, subject: str, consumers: Mapping[str, str], most_bytes: int) -> str:
        api = await self._stream_api()
        try:
            made = await api.stream_info(stream)
        except NotFoundError:
            made = await api.add_stream(_stream_config(stream, subject, most_bytes))
        born = [made.config.description or ""]
        for name, wanted in consumers.items():
            try:
                found = await api.consumer_info(stream, name)
            except NotFoundError:
                found = await api.add_consumer(stream, _consumer_config(name, wanted))
            born.append(found.config.description or "")
        return "/".join(born)

    async def _publish(self, messages: Sequence[Outgoing]) -> None:
        api = await self._stream_api()
        waiting = [await api.publish_async(one.subject, one.data, headers={"Nats-Msg-Id": one.id}) for one in messages]
        await asyncio.gather(*waiting)

    async def _fetch(self, stream: str, consumer: str, most: int, wait: float) -> list[Delivery]:
        pull = await self._pull(stream, consumer)
        found = await pull.take(most, wait)
        return [_delivery(message) for message in found]

    async def _pull(self, stream: str, consumer: str) -> "_Pull":
        api, key = await self._stream_api(), (stream, consumer)
        if key not in self._pulls:
            await api.consumer_info(stream, consumer)
            client = self._client
            if client is None:
                raise NatsError("the connection was lost")
            inbox = client.new_inbox()
            asked = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
            self._pulls[key] = _Pull(client, await client.subscribe(inbox), inbox, asked)
        return self._pulls[key]

    async def _say(self, several: Sequence[Delivery], word: bytes) -> None:
        """On the present connection, whichever it was delivered on."""
        await self._stream_api()
        if client := self._client:
            for one in several:
                await client.publish(one.reply, word)
            await client.flush()


def _delivery(message: Msg) -> Delivery:
    about = message.metadata
    return Delivery(message.subject, message.data, about.sequence.stream, about.num_delivered or 1, message.reply)


def _stream_config(name: str, subject: str, most_bytes: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        description=_description(),
        subjects=[subject],
        retention=RetentionPolicy.INTEREST,
        discard=DiscardPolicy.NEW,
        max_bytes=most_bytes,
        storage=StorageType.FILE,
        duplicate_window=DUPLICATES_SECONDS,
    )


def _consumer_config(name: str, subject: str) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=name,
        description=_description(),
        filter_subject=subject,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_SECONDS,
        max_ack_pending=MOST_UNACKNOWLEDGED,
    )


def _description() -> str:
    """Never the same twice. The time of making does not tell: some servers say another one after a restart."""
    return f"The change stream of NovaOps {uuid.uuid4().hex[:12]}"


async def _ignored(problem: Exception) -> None:
    """The caller hears of it by the call that fails."""
