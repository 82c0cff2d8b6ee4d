"""Numbers that are part of every L2 key: raising a tenant's makes all that was cached for the tenant invisible, raising
a family's all that was cached in the family."""

import time

from caching.backends import L1

# A process may read a family's number this long after it was raised: it changes too seldom to be asked for each read.
FAMILY_SECONDS = 1.0


class Generations:
    """Kept in L1. A number that L1 evicted begins anew at the present microsecond, which no earlier one can equal."""

    def __init__(self, l1: L1) -> None:
        self._l1 = l1
        self._families: dict[str, tuple[float, int]] = {}

    def current(self, tenant_id: str, *families: str) -> int:
        """The tenant's number plus the families': each only grows, so no sum comes twice.
        Raises `Unavailable` when L1 cannot say: then nothing of L2 may be used."""
        return self._l1.number(self.key(tenant_id), _now()) + sum(map(self._of_family, families))

    def bump(self, tenant_id: str) -> int:
        return self._l1.raise_number(self.key(tenant_id), _now())

    def bump_family(self, name: str, whose: str) -> int:
        """Every process knows it FAMILY_SECONDS later. Asked again by the same `whose`, it is not raised again."""
        self._families.pop(name, None)
        return self._l1.raise_number_once(self.family_key(name), _now(), whose)

    def _of_family(self, name: str) -> int:
        asked_at, number = self._families.get(name, (float("-inf"), 0))
        now = time.monotonic()
        if now - asked_at > FAMILY_SECONDS:
            number = self._l1.number(self.family_key(name), _now())
            self._families[name] = (now, number)
        return number

    @staticmethod
    def family_key(name: str) -> str:
        return f"gen-family:{name}"

    @staticmethod
    def key(tenant_id: str) -> str:
        return f"gen:{tenant_id}"


def _now() -> int:
    return time.time_ns() // 1000
