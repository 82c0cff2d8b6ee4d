"""The first statement of each transaction: everything that it needs, in one round trip, gone with the transaction."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from shards.placement.places import READABLE, WRITABLE, Place
from shards.placement.problems import ReplicaBehind, ShardClosed

# Whoever may write waits here while a cutover has the tenant's lock, before it holds anything that others wait for.
ENTER = b"""
    SELECT novaops_schema.enter(%(tenant)s, %(epoch)s, %(writes)s), set_config('search_path', %(path)s, true),
        set_config('statement_timeout', %(timeout)s, true)"""
READ_ONLY = b", set_config('transaction_read_only', 'on', true), novaops_schema.replay_lag()"
MOVED = "NV001"


def statement(readonly: bool) -> bytes:
    return ENTER + READ_ONLY if readonly else ENTER


def values(place: Place, readonly: bool, timeout_seconds: float) -> dict[str, Any]:
    """The tenant's schema comes first on the path, then the tables that all share."""
    path = sql.SQL(", ").join([sql.Identifier(name) for name in (place.schema_name, "public") if name])
    return {
        "tenant": place.tenant_id,
        "epoch": place.epoch,
        "writes": not readonly,
        "path": path.as_string(),
        "timeout": f"{timeout_seconds}s",
    }


def refuse_closed(place: Place, readonly: bool) -> None:
    if place.shard_state not in (READABLE if readonly else WRITABLE):
        what = "read" if readonly else "written"
        raise ShardClosed(f"{place.shard} is {place.shard_state}, so {place.tenant_id} cannot be {what} now.")


def refuse_old(row: Sequence[Any] | None, most_seconds: float | None) -> None:
    """ReplicaBehind by what the first statement of a transaction that only reads has answered."""
    if most_seconds is not None and row and row[-1] > most_seconds:
        raise ReplicaBehind(f"The replica is {row[-1]:.1f} s behind, more than the {most_seconds:g} s allowed.")


def new_place(error: psycopg.Error) -> tuple[str, int] | None:
    """The shard and epoch to which a shard that refuses a tenant sends on; None when it does not know them."""
    try:
        told = json.loads(error.diag.message_detail or "null")
        return str(told["shard"]), int(told["epoch"])
    except (ValueError, TypeError, KeyError):
        return None


def pool_options(parameters: Mapping[str, str], most: int, wait_seconds: float, name: str) -> dict[str, Any]:
    """Of the connections that a router keeps to a pool in transaction mode: nothing is prepared."""
    return {
        "kwargs": {"connect_timeout": 3, "prepare_threshold": None, "application_name": "novacron", **parameters},
        "min_size": 0,
        "max_size": most,
        "max_idle": 60,
        "timeout": wait_seconds,
        "reconnect_timeout": 5,
        "num_workers": 1,
        "name": name,
    }
