"""How a switchover is carried out: checkpoint, switch over, settle. Each step asks the live cluster what is true."""

from collections.abc import Mapping

from novaops.operations.contract import Step
from shards.replication.switchover.checkpointing import CHECKPOINT_SECONDS, checkpoint
from shards.replication.switchover.handing_over import SWITCH_SECONDS, leads_already, switch_over
from shards.replication.switchover.kept_slots import COPY_SECONDS
from shards.replication.switchover.plan import CHECKPOINT, SETTLE, SWITCH
from shards.replication.switchover.settling import SETTLE_SECONDS, settle

STEPS: Mapping[str, Step] = {
    CHECKPOINT: Step(run=checkpoint, timeout_seconds=COPY_SECONDS + CHECKPOINT_SECONDS + 10, attempts=1),
    SWITCH: Step(
        run=switch_over,
        done=leads_already,
        timeout_seconds=SWITCH_SECONDS + 60,
        attempts=1,
        cancellable=False,
    ),
    # It looks first, and does nothing where all is well: its outcome says how long writes had waited.
    SETTLE: Step(run=settle, timeout_seconds=SETTLE_SECONDS + 30, attempts=1, cancellable=False),
}
