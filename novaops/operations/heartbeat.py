"""Keeps a lease alive while a step works, from a thread of its own with a connection of its own."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, connection
from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.operations.leases import LEASE_SECONDS, Lease, renew

logger = logging.getLogger(__name__)


class Heartbeat(threading.Thread):
    """`lost` is set when the lease is another's, or could not be renewed for as long as it lasts."""

    def __init__(self, lease: Lease, fleet: Fleet) -> None:
        super().__init__(name=f"heartbeat-{lease.operation_id}", daemon=True)
        self.lease, self.fleet = lease, fleet
        self.lost, self._over = threading.Event(), threading.Event()
        self._until = time.monotonic() + LEASE_SECONDS

    def run(self) -> None:
        while not self._over.wait(LEASE_SECONDS / 6) and not self.lost.is_set():
            self._beat()
        connection.close()

    def end(self) -> None:
        self._over.set()
        self.join(timeout=LEASE_SECONDS)

    def _beat(self) -> None:
        began = time.monotonic()
        try:
            with tenant_context(self.fleet):
                if renew(self.lease):
                    self._until = began + LEASE_SECONDS
                else:
                    self.lost.set()
        except (DatabaseError, InterfaceError) as problem:
            logger.warning("The lease on operation %s was not renewed: %s", self.lease.operation_id, problem)
            connection.close()
            if time.monotonic() > self._until:
                self.lost.set()


@contextmanager
def beating(lease: Lease) -> Iterator[Heartbeat]:
    beat = Heartbeat(lease, connection.tenant)  # type: ignore[attr-defined]
    beat.start()
    try:
        yield beat
    finally:
        beat.end()
