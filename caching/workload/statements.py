"""The application's SQL. The tenant is not in the conditions: row-level security, or the search path, has chosen it."""

DETAILS = b"""
    SELECT hot.id, hot.name, vm_states.name AS state, host(hot.ip_address) AS ip_address, hot.last_state_change,
        vms_cold.config, vms_cold.metadata, compute_nodes.name AS node
    FROM vms_hot AS hot
    JOIN vm_states ON vm_states.id = hot.state_id
    LEFT JOIN compute_nodes ON compute_nodes.id = hot.node_id
    LEFT JOIN vms_cold ON vms_cold.tenant_id = hot.tenant_id AND vms_cold.id = hot.id
    WHERE hot.id = %(vm)s
"""
PAGE = b"""
    SELECT id, name, state_id, node_id, owner_id, created_at
    FROM vms
    WHERE state_id = %(state)s AND deleted_at IS NULL
    ORDER BY created_at DESC
    LIMIT 20
"""
TOTALS = {
    "vm_count": b"SELECT count(*) AS vms, count(*) FILTER (WHERE state_id = 3) AS running FROM vms_hot",
    "resource_usage": b"""
        SELECT sum(cpu_cores) AS cpu_cores, sum(memory_mb::bigint) AS memory_mb, sum(disk_gb) AS disk_gb
        FROM vms
        JOIN resource_profiles ON resource_profiles.id = resource_profile_id
        WHERE deleted_at IS NULL
    """,
    "cost": b"""
        SELECT round(sum(cpu_cores * 0.012 + memory_mb / 1024.0 * 0.004 + disk_gb * 0.0001), 2)::float AS per_hour
        FROM vms
        JOIN resource_profiles ON resource_profiles.id = resource_profile_id
        WHERE deleted_at IS NULL AND state_id = 3
    """,
}
OVERVIEW = b"""
    SELECT vm_states.name AS state, count(*) AS vms
    FROM vms_hot
    JOIN vm_states ON vm_states.id = state_id
    GROUP BY vm_states.name
"""
PERMISSIONS = b"SELECT role FROM users WHERE id = %(user)s"
LAST_HOUR = b"""
    SELECT time, cpu_usage_percent, memory_usage_mb
    FROM vm_metrics
    WHERE vm_id = %(vm)s AND time > now() - interval '1 hour'
    ORDER BY time
"""
KNOWN = b"""
    SELECT id, owner_id, node_id, created_at
    FROM vms
    WHERE deleted_at IS NULL
    ORDER BY created_at DESC
    LIMIT 16
"""

_AUDIT = b"""
    INSERT INTO vm_audit (tenant_id, id, vm_id, at, actor_id, action)
    VALUES (%(tenant)s, %(audit)s, %(vm)s, %(at)s, %(actor)s, """
_ONCE = b") ON CONFLICT DO NOTHING"

MEASURE = b"""
    INSERT INTO vm_metrics (time, tenant_id, vm_id, cpu_usage_percent, memory_usage_mb, disk_io_bytes, network_bytes)
    VALUES (%(time)s, %(tenant)s, %(vm)s, %(cpu)s, %(memory)s, %(disk)s, %(network)s)
    ON CONFLICT DO NOTHING
"""
CHANGE_STATE = (
    b"UPDATE vms_hot SET state_id = %(state)s, last_state_change = %(at)s WHERE id = %(vm)s",
    b"UPDATE vms SET state_id = %(state)s, updated_at = %(at)s WHERE id = %(vm)s AND created_at = %(created_at)s",
    _AUDIT + b"'state changed'" + _ONCE,
)
CREATE = (
    b"""
    INSERT INTO vms (tenant_id, id, name, state_id, node_id, owner_id, resource_profile_id, created_at)
    VALUES (%(tenant)s, %(vm)s, %(name)s, 3, %(node)s, %(actor)s, %(profile)s, %(at)s)
    ON CONFLICT DO NOTHING
    """,
    b"""
    INSERT INTO vms_hot (tenant_id, id, name, state_id, node_id)
    VALUES (%(tenant)s, %(vm)s, %(name)s, 3, %(node)s)
    ON CONFLICT DO NOTHING
    """,
    b"INSERT INTO vms_cold (tenant_id, id, created_by) VALUES (%(tenant)s, %(vm)s, %(actor)s) ON CONFLICT DO NOTHING",
    _AUDIT + b"'created'" + _ONCE,
)
REMOVE = (
    b"UPDATE vms_hot SET state_id = 8, last_state_change = %(at)s WHERE id = %(vm)s",
    b"""
    UPDATE vms SET state_id = 8, updated_at = %(at)s, deleted_at = %(at)s
    WHERE id = %(vm)s AND created_at = %(created_at)s
    """,
    _AUDIT + b"'deleted'" + _ONCE,
)
