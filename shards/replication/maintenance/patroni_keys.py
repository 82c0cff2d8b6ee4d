"""What Patroni knows in its dynamic configuration: types, ranges, and how its times have to fit together. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from shards.replication.maintenance.merge import Difference

# The smallest value; Patroni's own validator refuses less.
NUMBERS = {
    "ttl": 20,
    "loop_wait": 1,
    "retry_timeout": 3,
    "maximum_lag_on_failover": 0,
    "maximum_lag_on_syncnode": -1,
    "max_timelines_history": 0,
    "primary_start_timeout": 0,
    "primary_stop_timeout": 0,
    "master_start_timeout": 0,
    "master_stop_timeout": 0,
    "member_slots_ttl": 0,
    "primary_race_backoff": 0,
}
SWITCHES = frozenset({"check_timeline", "failsafe_mode"})
OTHERS = frozenset({"ignore_slots", "citus"})
ELSEWHERE = {
    "pause": "“Pause automatic failover”, which has an owner and an end",
    "slots": "“Add a permanent slot” and “Remove a permanent slot”",
    "synchronous_mode": "“Set synchronous mode”",
    "synchronous_mode_strict": "“Set synchronous mode”",
    "synchronous_node_count": "“Set synchronous mode”",
}
FORBIDDEN = {"standby_cluster": "it would make the leader a standby of another cluster"}
POSTGRESQL = frozenset(
    {
        "use_slots",
        "use_pg_rewind",
        "parameters",
        "pg_hba",
        "pg_ident",
        "recovery_conf",
        "remove_data_directory_on_rewind_failure",
        "remove_data_directory_on_diverged_timelines",
        "use_unix_socket",
        "use_unix_socket_repl",
        "callbacks",
        "create_replica_methods",
        "basebackup",
        "before_stop",
        "pg_ctl_timeout",
    }
)
# Patroni takes them from each member's own file only, and passes over them here.
LOCAL = frozenset(
    {"connect_address", "proxy_address", "listen", "config_dir", "data_dir", "pgpass", "authentication", "bin_dir"}
)


def problems(after: Mapping[str, Any], changed: list[Difference]) -> Iterator[str]:
    """A sentence for each value that cannot stand."""
    for one in changed:
        top = one.path[0]
        if top == "postgresql" and len(one.path) > 1:
            yield from _of_postgresql(one)
        elif top in ELSEWHERE:
            yield f"{one.name} is changed by {ELSEWHERE[top]}."
        elif top in FORBIDDEN:
            yield f"{top} is not changed here: {FORBIDDEN[top]}."
        elif top in NUMBERS:
            yield from _number(one, NUMBERS[top])
        elif top in SWITCHES:
            if not isinstance(one.new, bool | None):
                yield f"{top} is true or false, not {one.new!r}."
        elif top not in OTHERS:
            known = ", ".join(sorted({*NUMBERS, *SWITCHES, *OTHERS, "postgresql"}))
            yield f"Patroni knows no setting {top}. It knows: {known}."
    yield from _times(after)


def _of_postgresql(one: Difference) -> Iterator[str]:
    key = one.path[1]
    if key in LOCAL:
        yield f"postgresql {key} is taken from each member's own file only; Patroni passes over it here."
    elif key not in POSTGRESQL:
        yield f"Patroni knows no setting postgresql {key}. It knows: {', '.join(sorted(POSTGRESQL))}."
    elif key.startswith("use_") and not isinstance(one.new, bool | None):
        yield f"postgresql {key} is true or false, not {one.new!r}."
    elif key in ("pg_hba", "pg_ident") and one.new is not None and not _lines(one.new):
        yield f"postgresql {key} is a list of lines."


def _lines(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _number(one: Difference, least: int) -> Iterator[str]:
    if one.new is None:
        return
    if isinstance(one.new, bool) or not isinstance(one.new, int):
        yield f"{one.name} is a whole number, not {one.new!r}."
    elif one.new < least:
        yield f"{one.name} is {one.new}; it has to be {least} at least."


def _times(after: Mapping[str, Any]) -> Iterator[str]:
    """A leader whose DCS is slow for two retries must not lose its key meanwhile."""
    values = [after.get(name, default) for name, default in (("ttl", 30), ("loop_wait", 10), ("retry_timeout", 10))]
    if not all(isinstance(value, int) for value in values):
        return
    ttl, loop_wait, retry_timeout = values
    least = loop_wait + 2 * retry_timeout
    if ttl < least:
        yield (
            f"ttl is {ttl}; it has to be {least} at least: "
            f"loop_wait ({loop_wait}) + 2 * retry_timeout ({retry_timeout})."
        )
