"""NovaOps' own processes: console, worker, deliverer, beat, collector, the change stream's three, what keeps ways back,
what guards paused pools, and the workload that makes the fleet live."""

import sys

from novaops.sandbox import environment, probe
from novaops.sandbox.fleet_file import SLUG
from novaops.sandbox.layout import CHECKOUT, HOST
from novaops.sandbox.site import Site
from novaops.sandbox.spec import Spec, Stage

CELERY = ("-m", "celery", "-A", "novaops")


def console(site: Site) -> Spec:
    port = site.layout.console
    argv = (
        *("-m", "uvicorn", "novaops.asgi:application", "--host", HOST, "--port", str(port)),
        *("--timeout-graceful-shutdown", "2", "--no-access-log", "--lifespan", "off"),
    )
    return _spec(site, "console", argv, port=port, ready=probe.web(port, "/healthz"))


def worker(site: Site) -> Spec:
    argv = (
        *CELERY,
        "worker",
        "--concurrency",
        "2",
        "--loglevel",
        "INFO",
        "--without-gossip",
        "--without-mingle",
    )
    return _spec(site, "worker", argv, grace=20.0, ready=probe.says(site.layout.log("worker"), "ready."))


def deliverer(site: Site) -> Spec:
    """Of what hooks are told; one process, its threads wait for receivers."""
    argv = (
        *CELERY,
        "worker",
        *("--queues", "hooks", "--pool", "threads", "--concurrency", "8", "--hostname", "hooks@%h"),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    )
    return _spec(site, "deliverer", argv, grace=12.0, ready=probe.says(site.layout.log("deliverer"), "ready."))


def beat(site: Site) -> Spec:
    argv = (*CELERY, "beat", "--loglevel", "INFO", "--pidfile=")
    return _spec(site, "beat", argv, ready=probe.says(site.layout.log("beat"), "beat: Starting"))


def collector(site: Site) -> Spec:
    said = probe.says(site.layout.log("collector"), "asks from now on")
    return _spec(site, "collector", ("manage.py", "collect"), ready=said)


def change_stream(site: Site, part: str) -> Spec:
    """One of its three parts: reader, invalidator, rollups."""
    said = probe.says(site.layout.log(part), "works from now on")
    return _spec(site, part, ("manage.py", "change_stream", part), ready=said)


def ways_back(site: Site) -> Spec:
    """Keeps the old shards of moved tenants current."""
    said = probe.says(site.layout.log("ways-back"), "works from now on")
    return _spec(site, "ways-back", ("manage.py", "ways_back"), ready=said)


def pool_guards(site: Site) -> Spec:
    """Resumes paused pools at the end of their pause."""
    said = probe.says(site.layout.log("pool-guards"), "guards the pauses of pools from now on")
    return _spec(site, "pool-guards", ("manage.py", "pool_guards"), ready=said)


def workload(site: Site) -> Spec:
    return _spec(site, "workload", ("manage.py", "workload", "--fleet", SLUG))


def _spec(
    site: Site,
    name: str,
    argv: tuple[str, ...],
    port: int | None = None,
    ready: probe.Question = probe.always,
    grace: float = 8.0,
) -> Spec:
    return Spec(
        name=name,
        argv=(sys.executable, *argv),
        cwd=CHECKOUT,
        stage=Stage.CONSOLE,
        port=port,
        ready=ready,
        env=environment.variables(site) | {"PYTHONUNBUFFERED": "1"},
        as_server=False,
        restart_after=1.0,
        patient=True,
        grace=grace,
    )
