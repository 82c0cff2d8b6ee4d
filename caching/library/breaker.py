"""Leaves a server alone that failed: others are served on, and one caller a second tries it again."""

import time

REST = 1.0  # seconds
SLOW = 3  # answers in a row that did not come in time


class Breaker:
    """Asked before each command. It opens at once when nobody listens, and after several answers that did not come; for
    each rest that is over, one caller finds it closed. Two threads may count one failure twice: it is no ledger."""

    def __init__(self) -> None:
        self._failures, self._rest_until = 0, 0.0

    @property
    def closed(self) -> bool:
        """True when the server may be asked; the first to hear so after a rest is the only one."""
        if not self._rest_until:
            return True
        now = time.monotonic()
        if now < self._rest_until:
            return False
        self._rest_until = now + REST
        return True

    def succeeded(self) -> None:
        if self._failures:
            self._failures, self._rest_until = 0, 0.0

    def failed(self, slowly: bool) -> None:
        self._failures += 1 if slowly else SLOW
        if self._failures >= SLOW:
            self._rest_until = time.monotonic() + REST
