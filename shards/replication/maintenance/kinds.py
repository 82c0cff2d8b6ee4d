"""All kinds of this room, to be registered."""

from typing import Any

from novaops.operations.contract import Kind
from shards.replication.maintenance.configure import PatroniConfigure
from shards.replication.maintenance.failover import Failover, FailoverForced
from shards.replication.maintenance.pause import FailoverPauseKind, FailoverResume
from shards.replication.maintenance.permanent_slots import PermanentSlotAdd, PermanentSlotRemove
from shards.replication.maintenance.reinitialise import MemberReinitialise
from shards.replication.maintenance.reload import MemberReload
from shards.replication.maintenance.restart import MemberRestart
from shards.replication.maintenance.rolling import ShardRestart
from shards.replication.maintenance.synchronous import SynchronousMode

KINDS: tuple[Kind[Any], ...] = (
    Failover(),
    FailoverForced(),
    MemberRestart(),
    ShardRestart(),
    MemberReload(),
    MemberReinitialise(),
    FailoverPauseKind(),
    FailoverResume(),
    PatroniConfigure(),
    SynchronousMode(),
    PermanentSlotAdd(),
    PermanentSlotRemove(),
)
