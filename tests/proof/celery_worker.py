"""A real Celery worker that knows the test kind and comes to grief as planned: `python -m tests.proof.celery_worker`.

It is `celery -A novaops worker`; what it does besides comes from the environment."""

import os
import sys

import django

django.setup()

from celery.bin.celery import celery  # noqa: E402
from celery.signals import worker_process_init  # noqa: E402

from tests.ending import tie  # noqa: E402
from tests.proof import faults, kinds, messages  # noqa: E402

ARGUMENTS = ["worker", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]


def end_with_the_worker(**_: object) -> None:
    tie()


if __name__ == "__main__":
    worker_process_init.connect(end_with_the_worker)
    kinds.register()
    faults.install(faults.loaded(os.environ.get(faults.PLAN, "")))
    messages.install()
    sys.argv = ["celery", "-A", "novaops", *ARGUMENTS, *sys.argv[1:]]
    celery()
