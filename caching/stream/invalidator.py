"""What notices are for: both tiers forget what a change made old. A notice is done with when that is sure to last."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from caching.library.exceptions import Unavailable
from caching.library.generations import FAMILY_SECONDS
from caching.library.tiers import Tiers
from caching.stream.consuming import Arrived
from caching.stream.echoes import merged
from caching.stream.notices import Notice

# With more VMs at once, one bump for the whole tenant is cheaper than one for each.
VMS_ONE_BY_ONE = 8


@dataclass
class Invalidator:
    """Brings together what one batch tells of a tenant; a tenant that fails keeps no other one waiting."""

    tiers: Tiers
    cause: str = ""
    numbers: dict[str, float] = field(default_factory=lambda: {"invalidations_total": 0.0, "delay_seconds": 0.0})

    def take(self, several: Sequence[Arrived]) -> Sequence[Arrived]:
        """In order per tenant: of one that fails, nothing is done with."""
        together: dict[tuple[str, str], list[Arrived]] = {}
        done = [one for one in several if one.notice is None]
        for one in several:
            if one.notice is not None:
                together.setdefault((one.notice.shard, one.notice.tenant), []).append(one)
        for group in together.values():
            if self._forget(group):
                done += group
        return done

    def _forget(self, group: Sequence[Arrived]) -> bool:
        notices = [one.notice for one in group if one.notice is not None and not one.notice.crowd]
        if not notices:
            return True
        whole = notices[0]
        for notice in notices[1:]:
            whole = merged(whole, notice)
        try:
            self._invalidate(whole)
        except Unavailable as problem:
            self.cause = f"{whole.tenant} of {whole.shard} cannot be made old: {problem}"
            return False
        if not whole.of_shard and not whole.again:
            self.numbers["delay_seconds"] = max(0.0, time.time() - whole.committed_at.timestamp())
        return True

    def _invalidate(self, notice: Notice) -> None:
        if notice.of_shard:
            self.tiers.invalidate_shard(notice.shard, f"notice:{notice.id}")
            time.sleep(FAMILY_SECONDS)  # then every process knows
        elif notice.whole or not notice.vms or len(notice.vms) > VMS_ONE_BY_ONE:
            self.tiers.invalidate_tenant(notice.tenant)
        else:
            for vm in notice.vms:
                self.tiers.invalidate_vm(notice.tenant, vm)
        self.numbers["invalidations_total"] += max(1, len(notice.vms))
