"""Who may act for an operation: a lease that runs out, and a fencing token that grows with each holder.

Everything a worker writes goes through `fenced`, so a worker that lost its lease writes nothing more.
Times are the control database's own, never a worker's clock."""

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Now

from novaops.operations.choices import Status
from novaops.operations.models import Operation
from novaops.operations.problems import LeaseLost

LEASE_SECONDS: float = settings.OPERATION_LEASE_SECONDS


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's hold on one operation: its `turn`-th. The token is higher than that of every turn before it, at any
    operation of the fleet."""

    operation_id: int
    owner: str
    token: int
    turn: int


def worker_name() -> str:
    """Tells this worker from every other one, on this host and elsewhere."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def acquire(operation_id: int, owner: str) -> Lease | None:
    """Takes a queued operation, or a running one whose lease ran out; None when there is nothing to take.
    Call it inside a transaction: the row stays locked until its end."""
    free = Q(status=Status.QUEUED) | Q(status=Status.RUNNING, lease_until__lt=Now())
    taken = Operation.objects.filter(free, pk=operation_id).update(
        status=Status.RUNNING,
        lease_owner=owner,
        lease_until=Now() + timedelta(seconds=LEASE_SECONDS),
        turns=F("turns") + 1,
        fencing_token=Func(Value("operations_fencing"), function="nextval"),
        started_at=Coalesce("started_at", Now()),
    )
    if not taken:
        return None
    token, turn = Operation.objects.values_list("fencing_token", "turns").get(pk=operation_id)
    return Lease(operation_id, owner, token, turn)


def renew(lease: Lease) -> bool:
    """Prolongs the lease; False when it is another's now, or the operation is over."""
    return held(lease).update(lease_until=Now() + timedelta(seconds=LEASE_SECONDS)) == 1


def held(lease: Lease) -> QuerySet[Operation]:
    """The operation's row as long as this lease holds it; empty otherwise."""
    return Operation.objects.filter(pk=lease.operation_id, status=Status.RUNNING, fencing_token=lease.token)


@contextmanager
def fenced(lease: Lease) -> Iterator[Operation]:
    """A transaction that is only entered while the lease holds, and that nobody can take it from meanwhile."""
    with transaction.atomic():
        operation = held(lease).select_for_update().first()
        if operation is None:
            raise LeaseLost(f"operation {lease.operation_id} is no longer this worker's")
        yield operation
