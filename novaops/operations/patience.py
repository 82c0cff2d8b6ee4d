"""Asking the live fleet for a limited time, however many servers take a question and do not answer it."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection
from django_tenants.utils import tenant_context

Value = TypeVar("Value")


class Askers:
    """Some threads that ask. A fleet that hangs takes no more threads, and connections to the control database, than
    these: who comes then waits for one, within the same time."""

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._begin()
        # A fork has none of the threads, and a pool that believes it has them: whatever it is asked would wait in vain.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=self._most, thread_name_prefix=self._name)

    def within(self, seconds: float, work: Callable[[], Value]) -> Value:
        """In the current fleet. Raises TimeoutError; what was asked then ends by the timeouts of its clients, and
        nobody hears of it. Inside a transaction it is done at once, as no other connection sees what that one does."""
        if connection.in_atomic_block:
            return work()
        fleet = connection.tenant  # type: ignore[attr-defined]
        connection.close()  # whoever waits holds none: the pool may have no more than all that wait
        asked = self._pool.submit(_in_fleet, fleet, work)
        try:
            return asked.result(timeout=seconds)
        finally:
            asked.cancel()


def _in_fleet(fleet: Any, work: Callable[[], Value]) -> Value:
    """In a thread, with a connection of its own."""
    try:
        with tenant_context(fleet):
            return work()
    finally:
        connection.close()
