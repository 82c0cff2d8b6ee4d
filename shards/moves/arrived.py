"""What follows a cutover: the placement says what is so already, whoever keeps something by it forgets, and the stream
that brought the rows ends."""

from novaops.operations.contract import StepContext
from shards.moves import slots
from shards.moves.sessions import receiving, sending
from shards.moves.streams import Stream
from shards.placement import services
from shards.placement.signals import tenant_changed

SESSION_SECONDS = 120.0


def place(stream: Stream, epoch: int, reason: str) -> None:
    """`epoch` is the new one. Doing it again changes nothing, but tells once more: what was kept may be wrong."""
    services.change(stream.tenant_id, stream.receiver, epoch, reason)
    tenant_changed.send(sender=None, tenant_id=stream.tenant_id, shard=stream.receiver, epoch=epoch)


def end_stream(context: StepContext, stream: Stream) -> None:
    """Its slot, publication and bookkeeping."""
    with sending(stream, SESSION_SECONDS) as sender:
        slots.drop(context, stream, sender)
    with receiving(stream, SESSION_SECONDS) as receiver:
        slots.forget(context, stream, receiver)
