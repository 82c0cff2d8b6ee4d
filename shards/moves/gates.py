"""The gate of a tenant on one shard: whether its writes are taken there. docs/moves.md says what moves it."""

from dataclasses import dataclass
from enum import StrEnum

from psycopg.types.json import Jsonb

from novaops.operations.contract import PermanentProblem
from shards.clients.postgres import Session


class State(StrEnum):
    OPEN = "open"
    ARRIVING = "arriving"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Gate:
    """`moved_to` is the shard where a tenant that is away has gone."""

    state: State
    epoch: int
    moved_to: str = ""

    def away_at(self, shard: str, epoch: int) -> bool:
        return self == Gate(State.AWAY, epoch, shard)


# Nobody enters: whoever bears the epoch that a gate has been given for its arrival may.
CLOSED = "(tenants.gate = 'away' OR tenants.gate = 'arriving' AND tenants.epoch = 0)"
GATE = "SELECT gate, epoch, coalesce(moved_to, '') AS moved_to FROM public.tenants WHERE tenant_id = %s"
TENANT = "SELECT to_jsonb(tenants) - '{gate,moved_to}'::text[] AS row FROM public.tenants WHERE tenant_id = %s"
# Nobody bears the epoch 0. A row that stayed from an earlier time here becomes that of the arrival.
ARRIVE = f"""
    INSERT INTO public.tenants
    SELECT * FROM jsonb_populate_record(NULL::public.tenants, %s || '{{"gate": "arriving", "epoch": 0}}')
    ON CONFLICT (tenant_id) DO UPDATE SET gate = 'arriving', moved_to = NULL, epoch = 0
        WHERE {CLOSED}
"""  # noqa: S608 (the condition is ours)
# Alone: whoever writes for the tenant has ended, and whoever comes waits.
BULK_ALONE = "SELECT pg_advisory_xact_lock(novaops_schema.bulk_key())"
ALONE = "SELECT pg_advisory_xact_lock(novaops_schema.gate_key(%s))"
OPEN = "UPDATE public.tenants SET gate = 'open' WHERE tenant_id = %s AND gate = 'arriving' AND epoch = %s"
CLOSE = "UPDATE public.tenants SET gate = 'away', moved_to = %s, epoch = %s WHERE tenant_id = %s AND gate = 'open'"
AS_BEFORE = """
    UPDATE public.tenants SET gate = %s, moved_to = %s, epoch = %s
    WHERE tenant_id = %s AND gate = 'arriving' AND epoch = %s
"""
# Transactions that have written for the tenant and have not ended, oldest first.
# Locks are looked up before sessions are: the transaction of one may have ended in between. Who holds the lock outside
# of a transaction is waited for like others.
INSIDE = """
    SELECT pid, coalesce(usename, '') AS user, coalesce(application_name, '') AS application,
        coalesce(extract(epoch FROM clock_timestamp() - coalesce(xact_start, state_change)), 0)::float AS seconds
    FROM pg_locks
    JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32 | objid::bigint) = novaops_schema.gate_key(%s)
    ORDER BY seconds DESC
"""


def gate_of(session: Session, tenant_id: str) -> Gate | None:
    """None where the shard does not know the tenant."""
    row = session.execute(GATE, (tenant_id,)).fetchone()
    return Gate(State(row["gate"]), row["epoch"], row["moved_to"]) if row else None


def announce(sender: Session, receiver: Session, tenant_id: str) -> None:
    """Inside a fenced transaction of the receiver: it knows of the tenant, whose gate there is `arriving`. Doing it
    again changes nothing. PermanentProblem when the tenant is open there."""
    row = sender.execute(TENANT, (tenant_id,)).fetchone()
    if row is None:
        raise PermanentProblem(f"The shard that {tenant_id} is to leave does not know it.")
    if receiver.execute(ARRIVE, (Jsonb(row["row"]),)).rowcount != 1:
        raise PermanentProblem(f"{tenant_id} is open on the shard where it is to arrive: it cannot be on two.")


@dataclass(frozen=True, slots=True)
class Inside:
    """A transaction of the tenant that has written and not ended."""

    pid: int
    user: str
    application: str
    seconds: float

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} ({self.application or 'no name'}), for {self.seconds:.1f} s"


def inside(session: Session, tenant_id: str) -> tuple[Inside, ...]:
    """Whom a cutover would have to wait for, the oldest first."""
    return tuple(Inside(**row) for row in session.execute(INSIDE, (tenant_id,)))
