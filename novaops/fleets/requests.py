"""What a request under /fleets/<slug>/ carries, for views that are typed."""

from django.http import HttpRequest

from novaops.fleets.models import Fleet, Person
from novaops.fleets.rights import Right, Role


class FleetRequest(HttpRequest):
    """A request that FleetMiddleware has let in: its fleet, and what its person may do there."""

    user: Person
    fleet: Fleet
    roles: tuple[Role, ...]
    rights: frozenset[Right]
