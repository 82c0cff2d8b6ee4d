"""JetStream: a plain, blocking face for threads over nats-py, which runs in one thread of its own.

A connection that breaks is not mended behind the caller's back: what was being published fails as a whole and is
published again in the same order by the caller. So the server has always stored a beginning of what was sent."""

import asyncio
import json
import threading
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from caching.clients.jetstream_pull import Pull
from caching.exceptions import Full, NoAnswer, Refused
from novaops.inventory.targets import Target

CONNECT_SECONDS = 2
ANSWER_SECONDS = 5.0
DUPLICATES_SECONDS = 300.0
ACK_SECONDS = 10.0
MOST_UNACKNOWLEDGED = 2_000
# A cluster of three or more keeps each message on so many: it goes on without one of them. Two could not agree.
REPLICAS = 3
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


class JetStream:
    """One connection to whichever server answers; for any number of threads. Several are one cluster. Raises NoAnswer
    and Refused."""

    def __init__(self, servers: Sequence[Target]) -> None:
        self._servers = tuple(servers)
        self._replicas = REPLICAS if len(self._servers) >= REPLICAS else 1
        self._client: Client | None = None
        self._pulls: dict[tuple[str, str], Pull] = {}
        self._loop = asyncio.new_event_loop()
        self._lock = asyncio.Lock()
        threading.Thread(target=self._loop.run_forever, name="jetstream", daemon=True).start()

    def ensure(self, stream: str, subject: str, consumers: Mapping[str, str], most: int) -> str:
        """The stream with its durable consumers (subject by name); returns what tells these from any made later.

        A message stays until every consumer acknowledged it. A stream that has so many (`most`) refuses new ones rather
        than drop old. One that was made when there were fewer servers gets its replicas now."""
        return self._run(self._ensure(stream, subject, consumers, most), 4 * ANSWER_SECONDS)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """Returns when all are stored, in this order. Full when not all could be: published again, none is stored
        twice."""
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

    def overlooks(self, stream: str, consumer: str, sequence: int) -> bool:
        """Whether a consumer has not been given a message that is kept, while its leader says that nothing waits: that
        is a server of a cluster that fell behind. Then another server leads the consumer."""

        async def ask() -> bool:
            said = await (await self._stream_api()).consumer_info(stream, consumer)
            given = said.delivered.stream_seq if said.delivered else 0
            if said.cluster is None or said.num_pending or given >= sequence or self._client is None:
                return False
            await self._client.request(f"$JS.API.CONSUMER.LEADER.STEPDOWN.{stream}.{consumer}", b"", ANSWER_SECONDS)
            return True

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
            return self._client.jetstream(timeout=ANSWER_SECONDS)

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

    async def _ensure(self, stream: str, subject: str, consumers: Mapping[str, str], most: int) -> str:
        api = await self._stream_api()
        wanted = _stream_config(stream, subject, most, self._replicas)
        try:
            made = await api.stream_info(stream)
        except NotFoundError:
            made = await api.add_stream(wanted)
        if changed := _changed(made.config, wanted):
            made = await api.update_stream(made.config.evolve(**changed))
        born = [made.config.description or ""]
        for name, its in consumers.items():
            try:
                found = await api.consumer_info(stream, name)
            except NotFoundError:
                found = await api.add_consumer(stream, _consumer_config(name, its))
            born.append(found.config.description or "")
        return "/".join(born)

    async def _publish(self, messages: Sequence[Outgoing]) -> None:
        """Not by the library's own way: it never tells of a message that the server refused."""
        await self._stream_api()
        client = self._client
        if client is None:
            raise NatsError("the connection was lost")
        inbox = client.new_inbox()
        answers = await client.subscribe(f"{inbox}.*")
        for number, one in enumerate(messages):
            await client.publish(one.subject, one.data, f"{inbox}.{number}", headers={"Nats-Msg-Id": one.id})
        refused = [_refusal(await answers.next_msg(ANSWER_SECONDS)) for _ in messages]
        await answers.unsubscribe()
        if problem := next(filter(None, refused), None):
            raise problem

    async def _fetch(self, stream: str, consumer: str, most: int, wait: float) -> list[Delivery]:
        pull = await self._pull(stream, consumer)
        found = await pull.take(most, wait)
        return [_delivery(message) for message in found]

    async def _pull(self, stream: str, consumer: str) -> Pull:
        api, key = await self._stream_api(), (stream, consumer)
        if key not in self._pulls:
            await api.consumer_info(stream, consumer)
            client = self._client
            if client is None:
                raise NatsError("the connection was lost")
            inbox = client.new_inbox()
            asked = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
            self._pulls[key] = Pull(client, await client.subscribe(inbox), inbox, asked)
        return self._pulls[key]

    async def _say(self, several: Sequence[Delivery], word: bytes) -> None:
        """On the present connection, whichever it was delivered on."""
        await self._stream_api()
        if client := self._client:
            for one in several:
                await client.publish(one.reply, word)
            await client.flush()


def _refusal(answer: Msg) -> Full | NatsError | None:
    """None when the message is stored, now or before."""
    if answer.headers and answer.headers.get("Status"):
        return NatsError("nobody keeps the stream now")
    error = json.loads(answer.data).get("error")
    if error is None:
        return None
    said = str(error.get("description"))
    return Full(f"The stream in JetStream is full: {said}.") if "maximum" in said else NatsError(said)


def _delivery(message: Msg) -> Delivery:
    about = message.metadata
    return Delivery(message.subject, message.data, about.sequence.stream, about.num_delivered or 1, message.reply)


def _stream_config(name: str, subject: str, most: int, replicas: int) -> StreamConfig:
    """Its limit is a number of messages: at one of bytes, some servers drop old messages for new ones after all, as
    they do not count what they write around a message."""
    return StreamConfig(
        name=name,
        description=_description(),
        subjects=[subject],
        retention=RetentionPolicy.INTEREST,
        discard=DiscardPolicy.NEW,
        max_msgs=most,
        max_bytes=-1,
        storage=StorageType.FILE,
        num_replicas=replicas,
        duplicate_window=DUPLICATES_SECONDS,
    )


def _changed(present: StreamConfig, wanted: StreamConfig) -> dict[str, int]:
    """What is to be another than it is. Replicas only become more: all servers may not be known here."""
    limits = {name: getattr(wanted, name) for name in ("max_msgs", "max_bytes")}
    changed = {name: value for name, value in limits.items() if getattr(present, name) != value}
    more = (wanted.num_replicas or 1) > (present.num_replicas or 1)
    return changed | ({"num_replicas": wanted.num_replicas or 1} if more else {})


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
