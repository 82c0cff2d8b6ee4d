"""A real Celery worker that knows the test kind and comes to grief as planned: `python -m tests.proof.celery_worker`.

It is `celery -A novaops worker`; what it does besides comes from the environment."""

import os
import sys

import django

django.setup()

from celery.bin.celery import celery  # noqa: E402

from tests.proof import faults, kinds, messages  # noqa: E402

ARGUMENTS = ["worker", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]

if __name__ == "__main__":
    kinds.register()
    faults.install(faults.loaded(os.environ.get(faults.PLAN, "")))
    messages.install()
    sys.argv = ["celery", "-A", "novaops", *ARGUMENTS, *sys.argv[1:]]
    celery()
