"""The steps that put the console in front of the servers."""

from collections.abc import Callable

from novaops.sandbox import manage, people, servers_up
from novaops.sandbox.fleet_file import SLUG
from novaops.sandbox.layout import HOST
from novaops.sandbox.servers import django
from novaops.sandbox.site import Site
from novaops.sandbox.steps import Step
from novaops.sandbox.supervisor import Supervisor

MIGRATE, IMPORT, PEOPLE, SCHEMA, SEED = "migrations", "fleet import", "people", "data plane", "data"
CHANGE_STREAM = ("reader", "invalidator", "rollups")


def steps(site: Site, supervisor: Supervisor, workload: bool) -> list[Step]:
    """Migrations begin as soon as the control database answers; the rest follows the servers."""
    found = [
        Step(MIGRATE, _command(site, "migrate_schemas"), needs=(servers_up.CONTROL,)),
        Step(
            IMPORT, _command(site, "fleet", "import", str(site.layout.fleet_file)), (MIGRATE, *servers_up.names(site))
        ),
        Step(PEOPLE, lambda: people.create(site), needs=(IMPORT,)),
        Step(SCHEMA, _command(site, "dataplane", "migrate", "--fleet", SLUG), needs=(IMPORT,)),
        Step(SEED, _command(site, "dataplane", "seed", "--fleet", SLUG), needs=(SCHEMA,)),
        Step("console", lambda: supervisor.launch(django.console(site)), needs=(MIGRATE,)),
        Step("worker", lambda: supervisor.launch(django.worker(site)), needs=(MIGRATE, servers_up.BROKER)),
        Step("deliverer", lambda: supervisor.launch(django.deliverer(site)), needs=(MIGRATE, servers_up.BROKER)),
        Step("beat", lambda: supervisor.launch(django.beat(site)), needs=(MIGRATE, servers_up.BROKER)),
        Step("collector", lambda: supervisor.launch(django.collector(site)), needs=(IMPORT,)),
    ]
    found.append(Step("ways-back", lambda: supervisor.launch(django.ways_back(site)), needs=(IMPORT,)))
    found.append(Step("pool-guards", lambda: supervisor.launch(django.pool_guards(site)), needs=(IMPORT,)))
    found += [_change_stream(site, supervisor, part) for part in CHANGE_STREAM]
    if workload:
        found.append(Step("workload", lambda: supervisor.launch(django.workload(site)), needs=(SEED,)))
    return found


def _change_stream(site: Site, supervisor: Supervisor, part: str) -> Step:
    return Step(part, lambda: supervisor.launch(django.change_stream(site, part)), needs=(SCHEMA,))


def address(site: Site) -> str:
    return f"http://{HOST}:{site.layout.console}/"


def farewell(site: Site, seconds: float, servers_only: bool) -> str:
    """What is printed when everything stands."""
    if servers_only:
        files = f"{site.layout.env_file} and {site.layout.fleet_file}"
        return f"The servers are up after {seconds:.1f} s; {files} describe them."
    return f"NovaOps is up after {seconds:.1f} s: {address(site)}\n{people.logins(site.layout)}"


def _command(site: Site, *words: str) -> Callable[[], str]:
    return lambda: manage.run(site, *words)
