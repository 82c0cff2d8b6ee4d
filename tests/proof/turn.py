"""One worker process: it takes one turn at one operation, and comes to grief as planned.

The processes are forked from a server that has loaded all of NovaOps once, so that each begins in a moment."""

import multiprocessing
import os
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess

import django

django.setup()

from django_tenants.utils import tenant_context  # noqa: E402

from novaops.fleets.models import Fleet  # noqa: E402
from novaops.operations.runner import execute  # noqa: E402
from tests.proof import faults, kinds  # noqa: E402

LOG = "NOVAOPS_PROOF_LOG"
"""The environment variable with the file that workers write to instead of the terminal."""
CONTEXT = multiprocessing.get_context("forkserver")


def prepare(environment: Mapping[str, str]) -> None:
    """Starts the server that workers are forked from; they all get this environment."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        CONTEXT.set_forkserver_preload([__name__])
        forkserver.ensure_running()
    finally:
        os.environ.clear()
        os.environ.update(before)


def start(fleet: str, operation_id: int, plan: tuple[faults.Fault, ...] = ()) -> ForkServerProcess:
    worker = CONTEXT.Process(target=take, args=(fleet, operation_id, faults.dumped(plan)), daemon=True)
    worker.start()
    return worker


def take(fleet: str, operation_id: int, plan: str) -> None:
    _write_to(os.environ.get(LOG, ""))
    kinds.register()
    faults.install(faults.loaded(plan))
    with tenant_context(Fleet.objects.get(slug=fleet)):
        execute(operation_id)


def _write_to(log: str) -> None:
    if log:
        opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, 1)
        os.dup2(opened, 2)
