"""Making fleets, and what is set for each of them."""

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django_tenants.utils import schema_context

from novaops.fleets.models import LEAST_MONTHS, Fleet, Person, slug_shape
from novaops.fleets.ownership import as_owner
from novaops.fleets.problems import FleetProblem
from novaops.fleets.signals import setting_changed

MOST_MONTHS = 1200


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


def keep_change_log(fleet: Fleet, months: int, by: Person | None = None) -> bool:
    """For how long records of the change log are kept, at least; False when it was so already. FleetProblem for less
    than LEAST_MONTHS."""
    if not LEAST_MONTHS <= months <= MOST_MONTHS:
        raise FleetProblem(f"The change log is kept for {LEAST_MONTHS} to {MOST_MONTHS} months, not for {months}.")
    with schema_context("public"), transaction.atomic():
        current = Fleet.objects.select_for_update().get(pk=fleet.pk)
        before, current.change_log_months = current.change_log_months, months
        if before != months:
            current.save(update_fields=["change_log_months"])
            _tell_of_retention(current, before, by)
    fleet.change_log_months = months
    return before != months


def _tell_of_retention(fleet: Fleet, before: int, by: Person | None) -> None:
    setting_changed.send(
        sender=Fleet,
        fleet=fleet,
        name="change-log-retention",
        before={"months": before},
        after={"months": fleet.change_log_months},
        outcome=f"Records are kept for at least {fleet.change_log_months} months, no longer {before}.",
        by=by,
    )


def fleet_named(slug: str) -> Fleet:
    """The fleet; FleetProblem names those that there are when there is none of that slug."""
    fleet = Fleet.objects.filter(slug=slug).first()
    if fleet is None:
        known = ", ".join(Fleet.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise FleetProblem(f"There is no fleet {slug!r}. Fleets: {known}.")
    return fleet
