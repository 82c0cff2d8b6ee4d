"""One log line per kind of error and ten seconds, however often it happens."""

import logging
import time
from collections import Counter
from threading import Lock

logger = logging.getLogger("novaops.workload")
QUIET_SECONDS = 10.0


class Complaints:
    """For any number of threads."""

    def __init__(self) -> None:
        self._silent_until: dict[str, float] = {}
        self._unsaid: Counter[str] = Counter()
        self._lock = Lock()

    def say(self, kind: str, sentence: str) -> None:
        now = time.monotonic()
        with self._lock:
            if self._silent_until.get(kind, 0.0) > now:
                self._unsaid[kind] += 1
                return
            self._silent_until[kind] = now + QUIET_SECONDS
            unsaid = self._unsaid.pop(kind, 0)
        logger.warning("%s%s", sentence, f" ({unsaid} more like it since)" if unsaid else "")
