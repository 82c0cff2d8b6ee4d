"""Changes of Patroni's configuration: each refusal is a sentence with name, value and what is allowed."""

from typing import Any

import pytest

from novaops.operations.contract import Plan
from novaops.operations.planning import parameters_of
from novaops.operations.problems import Invalid
from shards.replication.maintenance.configure import PatroniConfigure, plan_configure
from shards.replication.maintenance.configure_facts import ConfigureFacts
from shards.replication.maintenance.settings import Setting, equal
from tests.replication.maintenance.clusters import cluster, reasons, refusals

WORK_MEM = Setting(name="work_mem", value="8192", unit="kB", context="user", type="integer", least="64", most="2147483")
SETTINGS = {
    one.name: one
    for one in (
        WORK_MEM,
        Setting(name="max_connections", value="100", context="postmaster", type="integer", least="1", most="262143"),
        Setting(name="wal_level", value="logical", context="postmaster", type="enum",
                words=("minimal", "replica", "logical")),
        Setting(name="jit", value="on", context="user", type="bool"),
        Setting(name="block_size", value="8192", context="internal", type="integer", least="8192", most="8192"),
        Setting(name="checkpoint_timeout", value="300", unit="s", context="sighup", type="integer",
                least="30", most="86400"),
    )
}  # fmt: skip


def plan(changes: dict[str, Any]) -> Plan:
    return plan_configure(changes, ConfigureFacts(cluster=cluster(), settings=SETTINGS))


def parameters(**values: Any) -> dict[str, Any]:
    return {"postgresql": {"parameters": values}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ttl": 29}, "it has to be 30 at least: loop_wait (10) + 2 * retry_timeout (10)"),
        ({"loop_wait": 11}, "ttl is 30; it has to be 31 at least"),
        ({"ttl": "forty"}, "ttl is a whole number, not 'forty'"),
        ({"loop_wait": 0}, "loop_wait is 0; it has to be 1 at least"),
        ({"tttl": 40}, "Patroni knows no setting tttl"),
        ({"pause": True}, "Pause automatic failover"),
        ({"synchronous_mode": False}, "Set synchronous mode"),
        ({"slots": {"mine": None}}, "Remove a permanent slot"),
        ({"standby_cluster": {"host": "x"}}, "standby of another cluster"),
        ({"failsafe_mode": "yes"}, "true or false"),
        ({"postgresql": {"listen": "0.0.0.0"}}, "each member's own file"),
        ({"postgresql": {"use_slot": True}}, "knows no setting postgresql use_slot"),
        ({"postgresql": {"pg_hba": "local all all trust"}}, "a list of lines"),
        (parameters(work_mem="16XB"), "work_mem cannot be '16XB': it is 64 to 2147483 in units of kB"),
        (parameters(work_mem="32kB"), "work_mem cannot be '32kB'"),
        (parameters(wal_level="logic"), "one of minimal, replica, logical"),
        (parameters(jit="perhaps"), "jit cannot be 'perhaps': it is on or off"),
        (parameters(work_men="8MB"), "PostgreSQL knows no setting work_men"),
        (parameters(port=5433), "port is ruled by Patroni itself: it is made from postgresql.listen"),
        (parameters(primary_conninfo="host=x"), "primary_conninfo is ruled by Patroni itself"),
        (parameters(recovery_target_time="now"), "belongs into postgresql recovery_conf"),
        (parameters(max_connections=10), "Patroni takes 25 at least"),
        (parameters(block_size=4096), "block_size cannot be set"),
    ],
)
def test_what_cannot_stand_is_refused(changes: dict[str, Any], says: str) -> None:
    assert says in refusals(plan(changes))


def test_a_reload_is_told_from_a_restart() -> None:
    reloaded = plan(parameters(work_mem="16MB"))
    assert reloaded.runnable and "Nothing of it needs a restart" in reasons(reloaded)
    assert "work_mem: 8MB -> 16MB" in reasons(reloaded)
    restarted = plan(parameters(max_connections=200))
    assert restarted.runnable and "Pending then on a, b, c" in reasons(restarted)
    assert restarted.steps[0].arguments["back"] == parameters(max_connections=100)
    assert "myapp.tenant: no extension" in reasons(plan(parameters(**{"myapp.tenant": "x"})))


def test_the_inverse_is_the_exact_value_of_before() -> None:
    changes = {"ttl": 40, **parameters(work_mem="16MB", jit="off")}
    kind, back = PatroniConfigure().inverse(
        PatroniConfigure.parameters(shard="shard-1", changes=changes), plan(changes)
    ) or ("", {})
    assert kind == "patroni-configure"
    assert back["changes"] == {"ttl": 30, **parameters(work_mem="8MB", jit=None)}


def test_what_is_so_already_leaves_nothing_to_do() -> None:
    assert not plan({"ttl": 30, **parameters(work_mem="8MB")}).steps


def test_a_configuration_that_changed_makes_another_plan() -> None:
    other = plan_configure({"ttl": 40}, ConfigureFacts(cluster=cluster(loop_wait=5), settings=SETTINGS))
    assert other.fingerprint != plan({"ttl": 40}).fingerprint


def test_a_form_takes_yaml_and_json_and_says_when_it_is_neither() -> None:
    kind = PatroniConfigure()
    for text in ('{"ttl": 40}', "ttl: 40"):
        assert parameters_of(kind, {"shard": "s", "changes": text}).model_dump()["changes"] == {"ttl": 40}
    for text in ("ttl", "{", "[]"):
        with pytest.raises(Invalid):
            parameters_of(kind, {"shard": "s", "changes": text})


def test_a_value_is_found_again_in_the_units_that_postgresql_shows() -> None:
    timeout = SETTINGS["checkpoint_timeout"]
    assert equal("16MB", WORK_MEM, "16384") and not equal("16MB", WORK_MEM, "8192")
    assert equal("5min", timeout, "300") and equal(300, timeout, "300")
    assert equal(False, SETTINGS["jit"], "off") and equal("REPLICA", SETTINGS["wal_level"], "replica")
