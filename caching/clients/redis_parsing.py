"""From Redis' texts to typed replies: pure."""

from typing import Any

from caching.clients.redis_replies import (
    ClusterNode,
    CommandStat,
    LatencyEvent,
    MovingSlot,
    RedisInfo,
    ReplicaLink,
    SlotRange,
)

COMMAND, PERCENTILES = "cmdstat_", "latency_percentiles_usec_"


def parse_info(said: dict[str, Any]) -> RedisInfo:
    """`said` is INFO as a mapping; Redis 6 to 8 and Valkey, which calls itself a Redis 7.2, name these fields alike."""
    keyspace = said.get("db0") or {}
    replica = said.get("role") == "slave"
    return RedisInfo(
        version=f"Valkey {valkey}" if (valkey := said.get("valkey_version")) else str(said["redis_version"]),
        role="replica" if replica else "master",
        uptime_seconds=said.get("uptime_in_seconds", 0),
        memory_bytes=said.get("used_memory", 0),
        memory_peak_bytes=said.get("used_memory_peak", 0),
        memory_rss_bytes=said.get("used_memory_rss", 0),
        memory_limit_bytes=said.get("maxmemory", 0),
        fragmentation=said.get("mem_fragmentation_ratio", 0.0),
        policy=said.get("maxmemory_policy", ""),
        keys=keyspace.get("keys", 0),
        keys_with_expiry=keyspace.get("expires", 0),
        hits_total=said.get("keyspace_hits", 0),
        misses_total=said.get("keyspace_misses", 0),
        evicted_total=said.get("evicted_keys", 0),
        expired_total=said.get("expired_keys", 0),
        commands_total=said.get("total_commands_processed", 0),
        ops_per_second=said.get("instantaneous_ops_per_sec", 0),
        clients=said.get("connected_clients", 0),
        max_clients=said.get("maxclients", 0),
        blocked_clients=said.get("blocked_clients", 0),
        rejected_connections_total=said.get("rejected_connections", 0),
        replication_offset=said.get("slave_repl_offset" if replica else "master_repl_offset", 0),
        bytes_in_total=said.get("total_net_input_bytes", 0),
        bytes_out_total=said.get("total_net_output_bytes", 0),
        replicas=_replicas(said),
        master_address=f"{said['master_host']}:{said['master_port']}" if replica else "",
        master_link_up=not replica or said.get("master_link_status") == "up",
        master_seconds_since_io=said.get("master_last_io_seconds_ago") if replica else None,
        syncing=bool(said.get("master_sync_in_progress")),
        loading=bool(said.get("loading")),
        aof_enabled=bool(said.get("aof_enabled")),
        aof_last_write_ok=said.get("aof_last_write_status", "ok") == "ok",
        rdb_last_save_ok=said.get("rdb_last_bgsave_status", "ok") == "ok",
        rdb_changes_since_save=said.get("rdb_changes_since_last_save", 0),
    )


def _replicas(said: dict[str, Any]) -> tuple[ReplicaLink, ...]:
    rows = [said[f"slave{number}"] for number in range(said.get("connected_slaves", 0)) if f"slave{number}" in said]
    return tuple(
        ReplicaLink(
            address=f"{row['ip']}:{row['port']}",
            state=row.get("state", ""),
            offset=row.get("offset", 0),
            lag_seconds=row.get("lag"),
        )
        for row in rows
    )


def parse_commands(said: dict[str, Any]) -> tuple[CommandStat, ...]:
    """INFO's sections commandstats and, from 7.0 on, latencystats; those that took most time first."""
    names = [name.removeprefix(COMMAND) for name in said if name.startswith(COMMAND)]
    found = (_command(name, said[COMMAND + name], said.get(PERCENTILES + name) or {}) for name in names)
    return tuple(sorted(found, key=lambda one: (-one.microseconds_total, one.name)))


def _command(name: str, counts: dict[str, Any], percentiles: dict[str, Any]) -> CommandStat:
    return CommandStat(
        name=name.replace("|", " "),
        calls_total=counts.get("calls", 0),
        microseconds_total=counts.get("usec", 0),
        failed_total=counts.get("failed_calls", 0),
        rejected_total=counts.get("rejected_calls", 0),
        p50=percentiles.get("p50"),
        p99=percentiles.get("p99"),
    )


def parse_events(said: list[Any]) -> tuple[LatencyEvent, ...]:
    """LATENCY LATEST: name, Unix time, last and longest milliseconds; later versions say more."""
    return tuple(LatencyEvent(name=_name(row[0]), at=row[1], last_ms=row[2], longest_ms=row[3]) for row in said)


def _name(said: Any) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def parse_nodes(text: str) -> tuple[ClusterNode, ...]:
    """CLUSTER NODES: `id host:port@busport[,name] flags master ping pong epoch link slots...`."""
    return tuple(_node(line.split()) for line in text.splitlines() if line.strip())


def _node(words: list[str]) -> ClusterNode:
    host, _, port = words[1].split("@")[0].split(",")[0].rpartition(":")
    return ClusterNode(
        id=words[0],
        host=host,
        port=int(port or 0),
        flags=tuple(words[2].split(",")),
        master_id="" if words[3] == "-" else words[3],
        connected=words[7] == "connected",
        slots=tuple(_range(word) for word in words[8:] if not word.startswith("[")),
        moving=tuple(_moving(word.strip("[]")) for word in words[8:] if word.startswith("[")),
    )


def _moving(word: str) -> MovingSlot:
    """`93->-NODE` is migrating there, `93-<-NODE` importing from there."""
    importing = "-<-" in word
    slot, _, other = word.partition("-<-" if importing else "->-")
    return MovingSlot(slot=int(slot), importing=importing, other=other)


def _range(word: str) -> SlotRange:
    """`0-5460`, or `5461` alone; words in brackets are slots on the move, which their owner still lists."""
    first, _, last = word.partition("-")
    return SlotRange(first=int(first), last=int(last or first))
