"""What a real PostgreSQL and a real PgBouncer say of their sessions."""

from dataclasses import replace

from django_tenants.utils import tenant_context

from novaops.fleets.models import Fleet
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import application_login, targets
from shards.clients.pgbouncer import PgBouncer
from shards.clients.postgres import connect, sessions
from shards.partitions.leader import find
from shards.replication.server_report import server_report, settings_report


def test_sessions_are_told_with_their_beginning_and_without_what_was_typed(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        leader = find("shard-1")
    with connect(leader, 5, "novacron") as session:
        session.execute("BEGIN")
        session.execute("SELECT 'a secret', 4711")
        pid = session.info.backend_pid
        facts = server_report(leader, 5)
        session.execute("ROLLBACK")
    (found,) = [one for one in facts.backends if one.pid == pid]
    assert (found.state, found.query) == ("idle in transaction", "SELECT '…', ?")
    assert found.started and found.started.endswith("Z") and found.transaction_seconds is not None
    assert facts.may_see and facts.archiver and facts.archiver.mode == "off"
    assert "secret" not in facts.model_dump_json()


def test_a_role_outside_pg_monitor_sees_less_and_gets_no_error(live_fleet: Fleet) -> None:
    """As applications sign in."""
    with tenant_context(live_fleet):
        leader = replace(find("shard-1"), login=application_login("shard-1"))
    facts = server_report(leader, 5)
    assert (facts.may_see, facts.seen_as, facts.data_directory) == (False, leader.login.username, "")
    assert facts.version_number and facts.written and all(one.started is None for one in facts.backends if not one.user)
    assert settings_report(leader, 5).settings
    sessions.close_all()


def test_settings_hold_no_password(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        told = settings_report(find("shard-1"), 5)
    names = {one.name for one in told.settings}
    assert "max_connections" in names and not names & {"primary_conninfo", "archive_command"}
    sessions.close_all()


def test_a_pool_lists_its_connections_unless_they_are_too_many(live_fleet: Fleet) -> None:
    with tenant_context(live_fleet):
        (pool, *_) = [one for one in targets() if one.kind == ServerKind.PGBOUNCER]
    every = PgBouncer(pool).connections(3000)
    assert every.asked and every.clients_total == len(every.clients)
    counted = PgBouncer(pool).connections(0)
    assert not counted.asked and counted.clients == () and counted.clients_total > 0, "its own console is one"
