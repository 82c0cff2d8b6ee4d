"""Which Memcached servers are left out for now. Applications do not read the console's database, so it stands in L1."""

import json
import time
from collections.abc import Iterable

from caching.library.exceptions import Unavailable
from caching.library.generations import FAMILY_SECONDS
from caching.library.keys import LEFT_OUT
from caching.library.l1 import L1


class LeftOut:
    """The addresses, such as 127.0.0.1:11211, as known for at most FAMILY_SECONDS; what was known last while L1 cannot
    answer. `first` counts as long as nothing stands in L1."""

    def __init__(self, l1: L1, first: Iterable[str] = ()) -> None:
        self._l1 = l1
        self._first = self._known = frozenset(first)
        self._until = 0.0

    def __call__(self) -> frozenset[str]:
        now = time.monotonic()
        if now >= self._until:
            self._until = now + FAMILY_SECONDS
            try:
                self._known = self._read()
            except (Unavailable, ValueError):
                return self._known
        return self._known

    def tell(self, addresses: Iterable[str]) -> None:
        """Every process goes by it FAMILY_SECONDS later. Raises `Unavailable` when that is not certain to last."""
        self._l1.keep(LEFT_OUT, json.dumps(sorted(addresses)).encode())
        self._until = 0.0

    def _read(self) -> frozenset[str]:
        [said] = self._l1.read((LEFT_OUT,))
        return self._first if said is None else frozenset(map(str, json.loads(said)))
