"""Hits in each tier and in the process, beside the clients that one would use without the library, in the same run.

One thread asks one thing again and again; rounds of all alternate, so that what else the machine does meets all alike,
and the medians count. Every reader gets the same document of about 300 bytes: opened from JSON by the library and by
django-redis, as bytes by the raw clients, which also know nothing of generations. Throughput: processes that read a
thousand VMs of ten tenants at random, over the network, in batches of a hundred, and with the in-process tier."""

import random
import statistics
import time
from collections.abc import Callable

import orjson

from benchmarks import cache_clients as clients
from benchmarks.cache_clients import TENANT, VALUE
from benchmarks.environment import Environment
from benchmarks.writers import Work, per_second

ROUNDS, CALLS, NEAR_CALLS = 15, 400, 8_000
BATCH = [str(number) for number in range(100)]
RAW = f"raw{{{TENANT}}}"
TENANTS, VMS = 10, 100
PROCESSES, SECONDS = 4, 4.0


def main(environment: Environment) -> dict[str, object]:
    return {**_latencies(), **_throughput()}


def _latencies() -> dict[str, object]:
    tiers, near, cluster = clients.tiers(), clients.tiers(near=True), clients.cluster()
    node, django, memcached = clients.node(RAW), clients.django_redis(RAW), clients.memcached()
    document = orjson.dumps(VALUE)
    for key in BATCH:
        tiers.set("vm", TENANT, key, VALUE)
        cluster.set(f"{RAW}:{key}", document, ex=600)
    tiers.set("agg", TENANT, "cost", VALUE)
    cluster.set(RAW, document, ex=600)
    django.set(RAW, VALUE, 600)
    memcached.set("raw", document, expire=600)
    assert [near.get("vm", TENANT, "0") for _ in range(4)] == [VALUE] * 4
    assert len(tiers.get_many("vm", TENANT, BATCH)) == len(BATCH) and django.get(RAW) == VALUE

    def pipeline() -> None:
        pipe = cluster.pipeline()
        for key in BATCH:
            pipe.get(f"{RAW}:{key}")
        pipe.execute()

    us = _medians(
        {
            "l1": lambda: tiers.get("vm", TENANT, "0"),
            "cluster_get": lambda: cluster.get(RAW),
            "redis_get": lambda: node.get(RAW),
            "django_redis": lambda: django.get(RAW),
            "l2": lambda: tiers.get("agg", TENANT, "cost"),
            "pymemcache": lambda: memcached.get("raw"),
            "near": lambda: near.get("vm", TENANT, "0"),
            "get_many": lambda: tiers.get_many("vm", TENANT, BATCH),
            "pipeline": pipeline,
        }
    )
    near.close()
    return {
        "l1_ratio": round(us["l1"] / us["cluster_get"], 2),
        "l2_ratio": round(us["l2"] / us["pymemcache"], 2),
        "django_redis_ratio": round(us["l1"] / us["django_redis"], 2),
        "near_speedup": round(us["l1"] / us["near"], 1),
        "get_many_ratio": round(us["get_many"] / us["pipeline"], 2),
        **{f"{name}_us": round(one, 1) for name, one in us.items()},
    }


def _medians(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds a call."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, call in work.items():
            calls = NEAR_CALLS if name == "near" else CALLS // 10 if name in {"get_many", "pipeline"} else CALLS
            began = time.perf_counter()
            for _ in range(calls):
                call()
            found[name].append((time.perf_counter() - began) / calls * 1e6)
    return {name: statistics.median(one) for name, one in found.items()}


def _throughput() -> dict[str, object]:
    tiers = clients.tiers()
    for tenant in range(TENANTS):
        for vm in range(VMS):
            tiers.set("vm", f"{TENANT}-{tenant}", str(vm), VALUE)
    batches = per_second(many, PROCESSES, SECONDS)
    return {
        "reads_per_s": round(per_second(single, PROCESSES, SECONDS)),
        "get_many_reads_per_s": round(batches * len(BATCH)),
        "near_reads_per_s": round(per_second(close_by, PROCESSES, SECONDS)),
        "raw_cluster_reads_per_s": round(per_second(raw, PROCESSES, SECONDS)),
        "processes": PROCESSES,
    }


def single() -> Work:
    """Over the network."""
    tiers = clients.tiers()
    return lambda: tiers.get("vm", *_any())


def many() -> Work:
    tiers = clients.tiers()
    return lambda: tiers.get_many("vm", _any()[0], BATCH)


def close_by() -> Work:
    tiers = clients.tiers(near=True)
    for tenant in range(TENANTS):
        for vm in range(VMS * 3):
            tiers.get("vm", f"{TENANT}-{tenant}", str(vm % VMS))
    return lambda: tiers.get("vm", *_any())


def raw() -> Work:
    cluster = clients.cluster()
    cluster.set(RAW, orjson.dumps(VALUE), ex=600)
    return lambda: cluster.get(RAW)


def _any() -> tuple[str, str]:
    chosen = random.randrange(TENANTS * VMS)  # noqa: S311
    return f"{TENANT}-{chosen % TENANTS}", str(chosen // TENANTS)
