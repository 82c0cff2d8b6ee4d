"""Processes that only compute, as a baseline for what a busy machine alone does to those who share it."""

import os
import subprocess
import sys
import time

from caching.clients.redis import RedisNode
from novaops.inventory.models import ServerKind
from novaops.inventory.selectors import targets

STRETCH = 0.00015
"""Seconds of computing at a time: as long as a slice of a flush is meant to be."""
BURNER = """\
import sys, time
stretch, rest = map(float, sys.argv[1:])
while True:
    until = time.perf_counter() + stretch
    while time.perf_counter() < until:
        pass
    time.sleep(rest)
"""


def processor_seconds() -> float:
    """Of this process and of all nodes of the Redis Cluster, replicas included, so far."""
    told = (RedisNode(target).link.info("cpu") for target in targets(ServerKind.REDIS))
    return time.process_time() + sum(float(one["used_cpu_user"] + one["used_cpu_sys"]) for one in told)


def burn(cores: float, seconds: float) -> None:
    """As much computing as `cores` cores do, spread over all, in short stretches."""
    share = min(cores / len(os.sched_getaffinity(0)), 0.99)
    words = [sys.executable, "-c", BURNER, str(STRETCH), str(STRETCH * (1 / share - 1))]
    running = [subprocess.Popen(words) for _ in os.sched_getaffinity(0)]
    try:
        time.sleep(seconds)
    finally:
        for one in running:
            one.kill()
            one.wait()
