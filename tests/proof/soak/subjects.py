"""The kinds that are put to the proof, the test kind first."""

from tests.proof.cases import (
    appointments,
    backend,
    failover,
    fleet_drain,
    flush,
    hide,
    leaders,
    leftover,
    maintenance,
    members,
    move,
    nodes,
    partitions,
    pools,
    slot,
    slots,
    switchover,
    ten_steps,
    warm,
)
from tests.proof.cases.case import Subject

SUBJECTS: dict[str, Subject] = {
    subject.kind: subject
    for subject in (
        ten_steps.SUBJECT,
        partitions.SUBJECT,
        leftover.SUBJECT,
        flush.SUBJECT,
        hide.SUBJECT,
        warm.SUBJECT,
        members.OUT,
        members.IN,
        slots.SUBJECT,
        failover.SUBJECT,
        nodes.ADD,
        nodes.REMOVE,
        pools.KILL,
        pools.PAUSE,
        pools.RESIZE,
        backend.SUBJECT,
        slot.SUBJECT,
        move.SUBJECT,
        fleet_drain.SUBJECT,
        switchover.SUBJECT,
        *maintenance.ALL,
        *appointments.ALL,
        *leaders.ALL,
    )
}
