"""`python -m benchmarks.worker`: a real Celery worker, `celery -A novaops worker`, which also knows the kind with empty
steps, and a bare task that answers through the broker."""

import os
import sys
from functools import cache

import django

django.setup()

import redis  # noqa: E402
from celery.bin.celery import celery  # noqa: E402

from benchmarks import empty_steps  # noqa: E402
from novaops.celery import app  # noqa: E402

TASK, ANSWERS = "benchmarks.bare", "benchmark-answers"
ARGUMENTS = ["worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]


@app.task(name=TASK)
def bare(number: int) -> None:
    answers().rpush(ANSWERS, number)


@cache
def answers() -> redis.Redis:
    return redis.Redis.from_url(os.environ["NOVAOPS_BROKER_URL"])


if __name__ == "__main__":
    empty_steps.register()
    sys.argv = ["celery", "-A", "novaops", *ARGUMENTS]
    celery()
