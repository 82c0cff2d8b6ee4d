"""What NATS' monitor says of the server and of JetStream, as types."""

from datetime import datetime

from caching.clients.reply import Reply


class Consumer(Reply):
    """`pending` messages wait to be delivered; `unacknowledged` were delivered and not yet acknowledged."""

    name: str
    pending: int = 0
    unacknowledged: int = 0
    redelivered: int = 0
    delivered_sequence: int = 0


class Stream(Reply):
    name: str
    subjects: tuple[str, ...] = ()
    messages: int = 0
    bytes: int = 0
    first_sequence: int = 0
    last_sequence: int = 0
    last_at: datetime | None = None
    consumers: tuple[Consumer, ...] = ()

    @property
    def pending(self) -> int:
        return max((consumer.pending for consumer in self.consumers), default=0)


class NatsServer(Reply):
    """GET /varz and /jsz."""

    version: str
    name: str = ""
    started_at: datetime | None = None
    connections: int = 0
    slow_consumers: int = 0
    memory_bytes: int = 0
    messages_in_total: int = 0
    messages_out_total: int = 0
    bytes_in_total: int = 0
    bytes_out_total: int = 0
    jetstream: bool = False
    store_bytes: int = 0
    store_limit_bytes: int = 0
    streams: tuple[Stream, ...] = ()

    @property
    def messages(self) -> int:
        return sum(stream.messages for stream in self.streams)
