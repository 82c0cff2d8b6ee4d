"""Which tenants a shard holds and how large they are, as the shard's leader says."""

from pathlib import Path

from metrics.contract import Answer, Probe
from novaops.inventory.models import ServerKind
from novaops.inventory.targets import Target
from shards.asking import asking
from shards.clients.postgres import Session, sessions
from shards.placement.facts import TenantOnShard, TenantsFacts

TENANTS = (Path(__file__).parent / "sql" / "tenants.sql").read_text()
EVERY, TIMEOUT = 60.0, 20.0
WHERE = b"""SELECT pg_is_in_recovery() AS standby, pg_database_size(current_database()) AS bytes,
    to_regclass('public.tenants') IS NOT NULL AND to_regclass('public.vms_hot') IS NOT NULL AS installed"""


@asking
def ask_tenants(target: Target) -> Answer:
    """A standby is not asked for its rows: `installed` stays False, and there are no values."""
    with sessions.open(target, TIMEOUT) as session:
        here = session.execute(WHERE).fetchone() or {}
        if here["standby"] or not here["installed"]:
            return Answer(TenantsFacts(database_bytes=here["bytes"], leads=not here["standby"]))
        facts = TenantsFacts(installed=True, leads=True, tenants=tenants_on(session), database_bytes=here["bytes"])
    return Answer(facts, {"tenants": len(facts.living), "vms": facts.vms, "database_bytes": facts.database_bytes})


def tenants_on(session: Session) -> tuple[TenantOnShard, ...]:
    """Empty where the shard has no table of tenants."""
    here = session.execute(WHERE).fetchone() or {}
    if not here["installed"]:
        return ()
    return tuple(TenantOnShard.model_validate(row) for row in session.execute(TENANTS.encode()))


PROBES = (Probe("tenants", ServerKind.POSTGRES, TenantsFacts, ask_tenants, every=EVERY, timeout=TIMEOUT),)
