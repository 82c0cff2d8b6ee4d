"""What follows a cutover: the placement says what is so already, and whoever keeps something by it forgets."""

from novaops.operations.contract import StepContext
from shards.moves.cutover.opening import open_to_all
from shards.moves.sessions import receiving
from shards.moves.streams import Stream
from shards.placement import services
from shards.placement.signals import tenant_changed

SESSION_SECONDS = 60.0


def place(context: StepContext, stream: Stream, epoch: int, reason: str) -> None:
    """`epoch` is the new one. Doing it again changes nothing, but tells once more: what was kept may be wrong."""
    with receiving(stream, SESSION_SECONDS) as receiver:
        open_to_all(receiver, context, stream, epoch)
    services.change(stream.tenant_id, stream.receiver, epoch, reason)
    tenant_changed.send(sender=None, tenant_id=stream.tenant_id, shard=stream.receiver, epoch=epoch)
