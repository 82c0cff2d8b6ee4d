"""A process that reads beside a flush: `python -m benchmarks.other_clients '[[host, port, password, key], ...]'`.

Says “ready”; reads until told “end”, and then says its p99 in ms before and after it was told “now”, as JSON."""

import json
import sys
import time
from threading import Thread

import redis

EVERY_SECONDS = 0.001


def main() -> None:
    asked = [(redis.Redis(host, port, password=password), key) for host, port, password, key in json.loads(sys.argv[1])]
    told: list[str] = []
    Thread(target=_listen, args=(told,), daemon=True).start()
    print("ready", flush=True)
    quiet, busy = _read(asked, told)
    print(json.dumps([_p99(quiet), _p99(busy)]), flush=True)


def _listen(told: list[str]) -> None:
    for line in sys.stdin:
        told.append(line.strip())


def _read(asked: list[tuple[redis.Redis, str]], told: list[str]) -> tuple[list[float], list[float]]:
    quiet: list[float] = []
    busy: list[float] = []
    while "end" not in told:
        for node, key in asked:
            began = time.perf_counter()
            node.get(key)
            (busy if told else quiet).append((time.perf_counter() - began) * 1000)
            time.sleep(EVERY_SECONDS)
    return quiet, busy


def _p99(found: list[float]) -> float:
    return sorted(found)[int(len(found) * 0.99)]


if __name__ == "__main__":
    main()
