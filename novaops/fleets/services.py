"""Making fleets."""

from django.core.exceptions import ValidationError
from django.db import connection

from novaops.fleets.models import Fleet, slug_shape
from novaops.fleets.ownership import as_owner
from novaops.fleets.problems import FleetProblem


def create_fleet(slug: str, name: str) -> tuple[Fleet, bool]:
    """The fleet of that slug, made with its schema when it did not exist; True when it was made."""
    try:
        slug_shape(slug)
    except ValidationError as error:
        raise FleetProblem(f"{slug!r} cannot be a fleet's slug. {error.messages[0]}") from error
    connection.set_schema_to_public()  # type: ignore[attr-defined]
    existing = Fleet.objects.filter(slug=slug).first()
    if existing:
        return existing, False
    fleet = Fleet(slug=slug, name=name or slug, schema_name=f"fleet_{slug}")
    with as_owner():
        fleet.save(verbosity=0)
    return fleet, True


def fleet_named(slug: str) -> Fleet:
    """The fleet; FleetProblem names those that there are when there is none of that slug."""
    fleet = Fleet.objects.filter(slug=slug).first()
    if fleet is None:
        known = ", ".join(Fleet.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise FleetProblem(f"There is no fleet {slug!r}. Fleets: {known}.")
    return fleet
