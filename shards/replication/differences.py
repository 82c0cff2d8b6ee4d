"""Settings that differ between the members of a shard, which a failover would change under the application. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from metrics.contract import Snapshot
from shards.replication.facts import PostgresSettingsFacts

DEFAULT = "default"
# What has to be another on every member, or follows from its role.
OWN = frozenset(
    {
        "port",
        "listen_addresses",
        "data_directory",
        "config_file",
        "hba_file",
        "ident_file",
        "external_pid_file",
        "unix_socket_directories",
        "primary_slot_name",
        "synchronous_standby_names",
        "synchronized_standby_slots",
        "transaction_read_only",
        "in_hot_standby",
        "log_directory",
        "log_filename",
        # Patroni writes them for standbys alone.
        "recovery_target",
        "recovery_target_lsn",
        "recovery_target_name",
        "recovery_target_time",
        "recovery_target_timeline",
        "recovery_target_xid",
    }
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting, with its value on every member that told."""

    name: str
    values: Mapping[str, str]


def differences(snapshot: Snapshot, shard: str) -> tuple[Difference, ...]:
    told = {
        seen.server.name: {one.name: one.value for one in facts.settings}
        for seen, facts in snapshot.facts(PostgresSettingsFacts, shard)
    }
    names = sorted(set().union(*told.values()) - OWN) if len(told) > 1 else []
    rows = [Difference(name, {member: of.get(name, DEFAULT) for member, of in sorted(told.items())}) for name in names]
    return tuple(row for row in rows if len(set(row.values.values())) > 1)
