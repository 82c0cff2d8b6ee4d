"""Which entries a tenant has in each family that can be loaded again, and asking for each of them once."""

from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

from caching.library.families import AGGREGATIONS
from caching.warm import statements
from caching.warm.reading import Warming

Ask = Callable[[], object]


def asks(application: Warming, tenant: str, family: str) -> Iterator[Ask]:
    """One call per entry; what is cached already costs the database nothing."""
    return _FAMILIES[family](application, tenant)


def _vms(application: Warming, tenant: str) -> Iterator[Ask]:
    for vm in _every(application, tenant, statements.VMS):
        yield lambda vm=vm: application.vm_details(tenant, vm)  # type: ignore[misc]


def _permissions(application: Warming, tenant: str) -> Iterator[Ask]:
    for user in _every(application, tenant, statements.USERS):
        yield lambda user=user: application.permissions(tenant, user)  # type: ignore[misc]


def _pages(application: Warming, tenant: str) -> Iterator[Ask]:
    """The first page of each state that a VM of the tenant is in."""
    for state in application.states(tenant):
        yield lambda state=state: application.vm_page(tenant, state)  # type: ignore[misc]


def _totals(application: Warming, tenant: str) -> Iterator[Ask]:
    for name in AGGREGATIONS:
        yield lambda name=name: application.total(tenant, name)  # type: ignore[misc]


def _overview(application: Warming, tenant: str) -> Iterator[Ask]:
    yield lambda: application.overview(tenant)


def _every(application: Warming, tenant: str, statement: bytes) -> Iterator[UUID]:
    after: UUID | None = None
    while found := application.ids(tenant, statement, after):
        yield from found
        after = found[-1]
        if len(found) < statements.PAGE:
            return


_FAMILIES: Mapping[str, Callable[[Warming, str], Iterator[Ask]]] = {
    "vm": _vms,
    "perm": _permissions,
    "qr": _pages,
    "agg": _totals,
    "api": _overview,
}
WARMABLE = tuple(_FAMILIES)
