"""What the application does for its users: each function is one request."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from caching.library.tiers import MISS, Tiers
from caching.workload import statements
from shards.placement.router import Router

Result = TypeVar("Result")
RETRY_SECONDS = 3.0
REPLICA_SECONDS = 10.0  # what a replica answers may be so old; a value in a cache is, too


class Application:
    """For any number of threads. Errors of the database come out as psycopg raises them, after some tries."""

    def __init__(self, router: Router, tiers: Tiers) -> None:
        self.router, self.tiers = router, tiers

    def vm_details(self, tenant: str, vm: UUID) -> Any:
        return self.tiers.get_or_compute(
            "vm", tenant, str(vm), lambda: self._one(tenant, statements.DETAILS, {"vm": vm})
        )

    def vm_page(self, tenant: str, state: int) -> Any:
        """The newest twenty VMs in a state."""
        return self.tiers.get_or_compute(
            "qr", tenant, f"list:{state}", lambda: self._all(tenant, statements.PAGE, {"state": state})
        )

    def total(self, tenant: str, name: str) -> Any:
        """`name` is one of caching.library.families.AGGREGATIONS. Sums are computed on the primary."""
        return self.tiers.get_or_compute(
            "agg", tenant, name, lambda: self._one(tenant, statements.TOTALS[name], {}, replica=False)
        )

    def overview(self, tenant: str) -> Any:
        """A whole answer of the API."""
        return self.tiers.get_or_compute("api", tenant, "overview", lambda: self._all(tenant, statements.OVERVIEW, {}))

    def session(self, tenant: str, user: UUID) -> Any:
        """The user's session; signing in makes one."""
        found = self.tiers.get("session", tenant, str(user))
        if found is MISS:
            found = {"tenant": tenant, "user": str(user), "since": datetime.now(UTC).isoformat()}
            self.tiers.set("session", tenant, str(user), found)
        return found

    def permissions(self, tenant: str, user: UUID) -> Any:
        return self.tiers.get_or_compute(
            "perm", tenant, str(user), lambda: self._one(tenant, statements.PERMISSIONS, {"user": user})
        )

    def last_minute(self, tenant: str, vm: UUID) -> int:
        return len(self.tiers.points(tenant, str(vm)))

    def last_hour(self, tenant: str, vm: UUID) -> Any:
        return self._all(tenant, statements.LAST_HOUR, {"vm": vm})

    def measure(self, tenant: str, vm: UUID, cpu: float, memory: int, disk: int, network: int) -> None:
        values = {"vm": vm, "time": datetime.now(UTC), "cpu": cpu, "memory": memory, "disk": disk, "network": network}
        self._write(tenant, (statements.MEASURE,), values)
        self.tiers.add_point(tenant, str(vm), {"cpu": cpu, "memory": memory, "disk": disk, "network": network})

    def change_state(self, tenant: str, vm: UUID, created_at: datetime, state: int, actor: UUID) -> None:
        values = {"vm": vm, "created_at": created_at, "state": state, "actor": actor, "audit": uuid4()}
        self._write(tenant, statements.CHANGE_STATE, {**values, "at": datetime.now(UTC)})
        self.tiers.forget_vm(tenant, str(vm))

    def create(self, tenant: str, name: str, node: UUID, owner: UUID, profile: int) -> UUID:
        vm = uuid4()
        values = {"vm": vm, "name": name, "node": node, "actor": owner, "profile": profile, "audit": uuid4()}
        self._write(tenant, statements.CREATE, {**values, "at": datetime.now(UTC)})
        self.tiers.forget_vm(tenant, str(vm))
        return vm

    def remove(self, tenant: str, vm: UUID, created_at: datetime, actor: UUID) -> None:
        """Soft: the rows stay, marked deleted."""
        values = {"vm": vm, "created_at": created_at, "actor": actor, "audit": uuid4(), "at": datetime.now(UTC)}
        self._write(tenant, statements.REMOVE, values)
        self.tiers.forget_vm(tenant, str(vm))

    def known_vms(self, tenant: str) -> list[dict[str, Any]]:
        """Some VMs of the tenant with their owners, the same ones each time."""
        return self._all(tenant, statements.KNOWN, {})

    def _all(self, tenant: str, statement: bytes, values: dict[str, Any]) -> list[dict[str, Any]]:
        def ask(connection: psycopg.Connection) -> list[dict[str, Any]]:
            return connection.cursor(row_factory=dict_row).execute(statement, values).fetchall()

        return self._read(tenant, ask)

    def _one(
        self, tenant: str, statement: bytes, values: dict[str, Any], replica: bool = True
    ) -> dict[str, Any] | None:
        def ask(connection: psycopg.Connection) -> dict[str, Any] | None:
            return connection.cursor(row_factory=dict_row).execute(statement, values).fetchone()

        return self._read(tenant, ask, replica)

    def _read(self, tenant: str, ask: Callable[[psycopg.Connection], Result], replica: bool = True) -> Result:
        return self.router.run(
            tenant,
            ask,
            readonly=True,
            within=RETRY_SECONDS,
            max_lag_seconds=REPLICA_SECONDS,
            primary=not replica,
        )

    def _write(self, tenant: str, commands: tuple[bytes, ...], values: dict[str, Any]) -> None:
        """All in one transaction; every command is safe to repeat."""

        def write(connection: psycopg.Connection) -> None:
            for command in commands:
                connection.execute(command, {**values, "tenant": tenant})

        self.router.run(tenant, write, within=RETRY_SECONDS)
