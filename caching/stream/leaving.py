"""What the caches do in the pause of a cutover: the entries of the tenant become old, in some milliseconds."""

from typing import Any

from django.db import connection

from caching.console_tiers import tiers_of
from caching.library.tiers import Tiers
from caching.stream.following import forget_now
from caching.stream.problems import StreamProblem
from novaops.fleets.models import Fleet
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets
from novaops.operations.contract import TransientProblem

WITHIN_SECONDS = 1.0


class Leaving:
    """Its connections are open before the pause."""

    def __init__(self, tiers: Tiers, tenant_id: str) -> None:
        self._tiers, self._tenant = tiers, tenant_id
        forget_now(tiers, tenant_id)

    def forget(self) -> None:
        forget_now(self._tiers, self._tenant, WITHIN_SECONDS)

    def close(self) -> None:
        self._tiers.close()


def leave(sender: object, tenant_id: str, **more: Any) -> Leaving | None:
    """Receives `tenant_leaving`, on the fleet's schema. TransientProblem when the caches do not answer now; None for a
    fleet without caches."""
    if not targets(ServerKind.REDIS):
        return None
    fleet = Fleet.objects.get(schema_name=connection.schema_name)  # type: ignore[attr-defined]
    tiers = tiers_of(fleet)
    try:
        return Leaving(tiers, tenant_id)
    except StreamProblem as problem:
        tiers.close()
        raise TransientProblem(
            f"No tenant changes its shard while its entries cannot be made old. {problem}"
        ) from problem
