"""Who asks for what: tenants by their size, a few VMs of each most of the time, many reads for each write."""

from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from threading import Lock
from typing import Any

from caching.library.families import AGGREGATIONS
from caching.workload.application import Application

# Requests and how often each comes, in parts of a thousand.
MIX = {
    "vm_details": 250,
    "session": 120,
    "permissions": 110,
    "vm_page": 140,
    "total": 120,
    "overview": 60,
    "last_minute": 90,
    "measure": 80,
    "last_hour": 12,
    "change_state": 12,
    "create": 4,
    "remove": 2,
}
JOBS = {"change_state", "create", "remove"}
STATES = (3, 3, 3, 5, 4)
LIVE = {"measure", "last_minute", "last_hour"}
LIVE_TENANTS = 12  # those whose VMs report measurements the whole time


@dataclass(frozen=True, slots=True)
class Customers:
    """Tenants, the largest first, with the share of requests that each makes."""

    tenants: tuple[str, ...]
    shares: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        weights = [1 / (rank + 1) ** 1.9 for rank in range(len(self.tenants))]
        object.__setattr__(self, "shares", tuple(accumulate(weights)))

    def choose(self, random: Random, kind: str) -> str:
        """People of large tenants ask most; jobs that change VMs run for all alike; a few report measurements."""
        if kind in JOBS:
            return random.choice(self.tenants)
        among = LIVE_TENANTS if kind in LIVE else None
        return random.choices(self.tenants[:among], cum_weights=self.shares[:among])[0]


class Users:
    """Makes requests; each thread brings its own random numbers."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._vms: dict[str, list[dict[str, Any]]] = {}
        self._lock = Lock()

    def request(self, customers: Customers, random: Random) -> str:
        """One request; returns what it was. Without VMs, a tenant first gets to know its own."""
        kind = random.choices(tuple(MIX), tuple(MIX.values()))[0]
        tenant = customers.choose(random, kind)
        vms = self._known(tenant)
        if vms:
            vm = _favourite(vms[:3] if kind in LIVE else vms, random)
            getattr(self, f"_{kind}")(tenant, vm, random)
        return kind

    def _known(self, tenant: str) -> list[dict[str, Any]]:
        with self._lock:
            known = self._vms.get(tenant)
        if known is None:
            known = self.application.known_vms(tenant)
            with self._lock:
                self._vms[tenant] = known
        return known

    def _vm_details(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.vm_details(tenant, vm["id"])

    def _session(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.session(tenant, vm["owner_id"])

    def _permissions(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.permissions(tenant, vm["owner_id"])

    def _vm_page(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.vm_page(tenant, random.choice(STATES))

    def _total(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.total(tenant, random.choice(AGGREGATIONS))

    def _overview(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.overview(tenant)

    def _last_minute(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.last_minute(tenant, vm["id"])

    def _last_hour(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.last_hour(tenant, vm["id"])

    def _measure(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        load = random.random()
        self.application.measure(
            tenant,
            vm["id"],
            cpu=round(5 + 80 * load, 1),
            memory=int(900 + 1800 * load),
            disk=int(9e7 * load),
            network=int(6e7 * load),
        )

    def _change_state(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        self.application.change_state(tenant, vm["id"], vm["created_at"], random.choice(STATES), vm["owner_id"])

    def _create(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        name = f"job-{random.getrandbits(32):08x}"
        self.application.create(tenant, name, vm["node_id"], vm["owner_id"], random.randint(1, 9))

    def _remove(self, tenant: str, vm: dict[str, Any], random: Random) -> None:
        """The one that is asked for least; the tenant then looks again which it has."""
        for old in self._known(tenant)[-1:]:
            self.application.remove(tenant, old["id"], old["created_at"], old["owner_id"])
        with self._lock:
            self._vms.pop(tenant, None)


def _favourite(vms: list[dict[str, Any]], random: Random) -> dict[str, Any]:
    """The first most often."""
    return vms[min(int(random.expovariate(0.5)), len(vms) - 1)]
