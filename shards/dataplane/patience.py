"""Trying a transaction again when it lost a lock to somebody who only reads, such as a probe that measures tables."""

import time
from collections.abc import Callable
from typing import TypeVar

from psycopg import errors

T = TypeVar("T")
ATTEMPTS = 8
PAUSE_SECONDS = 0.5


def patiently(transaction: Callable[[], T]) -> T:
    """What `transaction` returns. After a deadlock or a lock timeout everything it did was rolled back, so it is tried
    again, with growing pauses; the last error comes out as it is."""
    for attempt in range(1, ATTEMPTS):
        try:
            return transaction()
        except (errors.DeadlockDetected, errors.LockNotAvailable):
            time.sleep(PAUSE_SECONDS * attempt)
    return transaction()
